"""A day of series in few words, as OpenMetrics for a real Prometheus."""

from pathlib import Path

DAY_S, STEP_S = 90_000, 120
FINE_S, FINE_STEP_S = 900, 10
AHEAD_S = 1200
"""It continues this far after now: nothing has to be scraped while a test runs, which ends within 15 minutes."""


def openmetrics(file: Path, now: float) -> str:
    """Return the samples that a file of series describes; see broken.prom for its form."""
    series = [_series(line) for line in file.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    early = range(-DAY_S, -FINE_S, STEP_S)
    late = range(-FINE_S, AHEAD_S, FINE_STEP_S)
    samples = [
        f"{name} {_at(start, rates, at):g} {now + at:.3f}" for name, start, rates in series for at in (*early, *late)
    ]
    return "\n".join([*samples, "# EOF", ""])


def _series(line: str) -> tuple[str, float, list[tuple[float, float]]]:
    name, _, numbers = line.partition("} ")
    start, *rates = numbers.split()
    pairs = [rate.partition("@") for rate in rates]
    return f"{name}}}", float(start), [(float(rate), float(since or DAY_S)) for rate, _, since in pairs]


def _at(start: float, rates: list[tuple[float, float]], at: float) -> float:
    """Each rate holds from so many seconds ago until the next one begins."""
    value = start
    for number, (rate, since) in enumerate(rates):
        until = -rates[number + 1][1] if number + 1 < len(rates) else float(AHEAD_S)
        value += rate * max(0.0, min(float(at), until) + since)
    return round(value, 3)
