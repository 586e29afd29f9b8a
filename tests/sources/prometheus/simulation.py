"""Simulated canaries: how often `compare` reports a difference, with one and without.

`python -m tests.sources.prometheus.simulation` writes the tables into docs/slo-and-canary.md.
"""

import random
import re
from math import exp, sqrt
from pathlib import Path

from mmcockpit.sources.prometheus.compare.probe import EFFECT, SMALLEST_SHARE
from mmcockpit.sources.prometheus.compare.statistics import LEAST_INDEPENDENT, compare_counts, compare_samples

GUIDE = Path(__file__).parents[3] / "docs" / "slo-and-canary.md"
PLACE = re.compile(r"(<!-- simulated -->\n).*?(<!-- end -->)", re.DOTALL)
CHANGE = 0.05
SIZES = (30, 60, 120)
NOISES = (0.1, 0.25, 0.5)
PAIRS = 200


def series(source: random.Random, size: int, noise: float, repeats: float = 0.0) -> list[float]:
    """Return samples around 1 with this coefficient of variation and correlation of neighbours (AR(1), log-normal)."""
    state = source.gauss(0, 1)
    samples = []
    for _ in range(size):
        state = repeats * state + sqrt(1 - repeats**2) * source.gauss(0, 1)
        samples.append(exp(noise * state))
    return samples


def is_worse(baseline: list[float], candidate: list[float]) -> bool:
    """Return whether a signal with the default arguments fails."""
    compared = compare_samples(baseline, candidate, "higher")
    return compared.independent >= LEAST_INDEPENDENT and compared.is_worse("higher", EFFECT, CHANGE)


def failures(pairs: int, size: int, noise: float, factor: float = 1.0, repeats: float = 0.0, seed: int = 1) -> float:
    """Return the share of simulated pairs in which the candidate, higher by a factor, is reported as worse."""
    source = random.Random(f"{seed} {size} {noise} {factor} {repeats}")
    found = 0
    for _ in range(pairs):
        baseline = series(source, size, noise, repeats)
        found += is_worse(baseline, [factor * one for one in series(source, size, noise, repeats)])
    return found / pairs


def count_failures(pairs: int, total: int, share: float, other: float, seed: int = 1) -> float:
    """Return the share of simulated pairs of counts in which the share of errors is reported as higher."""
    source = random.Random(f"{seed} {total} {share} {other}")
    found = 0
    for _ in range(pairs):
        errors = [sum(source.random() < one for _ in range(total)) for one in (share, other)]
        compared = compare_counts((errors[0], total), (errors[1], total), "higher")
        found += compared.is_worse("higher", SMALLEST_SHARE, CHANGE)
    return found / pairs


def tables() -> str:
    """Return the tables of the guide."""
    heads = " | ".join(f"{size} samples" for size in SIZES)
    lines = [f"| noise of the samples | {heads} |", "|---|" + "---|" * len(SIZES)]
    for noise in NOISES:
        found = " | ".join(f"{failures(PAIRS, size, noise, 1.2):.0%}" for size in SIZES)
        lines.append(f"| {noise:.0%} | {found} |")
    for repeats in (0.3, 0.5):
        found = " | ".join(f"{failures(PAIRS, size, 0.25, 1.2, repeats):.0%}" for size in SIZES)
        lines.append(f"| 25%, neighbours correlated by {repeats} | {found} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the tables."""
    text = GUIDE.read_text(encoding="utf-8")
    GUIDE.write_text(PLACE.sub(lambda place: f"{place[1]}{tables()}{place[2]}", text), encoding="utf-8")


if __name__ == "__main__":
    main()
