"""The targets of repeated phases as text."""

from collections.abc import Iterable

from mmcockpit.core.model.work_plan import WaveProgress, WaveTarget
from mmcockpit.core.words.amounts import counted


def ahead_text(signal: str) -> str:
    """Return that a signal of the next target fails before its phase opens; `signal` is its result in one line."""
    return f"fails already for the next target: {signal}"


def target_text(row: WaveTarget) -> str:
    """Return where a target is: `open: Deployment, 1/2`, `finished, regressed: 1 failing item, 1/2`."""
    return target_texts(row)[0]


def target_texts(row: WaveTarget) -> tuple[str, ...]:
    """Return where a target is, from the longest text to the shortest; each names its problem, and whether it is open.

    The shortest one is `open, 2 failing`, `no data` or `1/2`.
    """
    items, signals = counted(len(row.failing), "failing item"), counted(len(row.signals), "failing signal")
    failing = " and ".join(text for text, some in ((items, row.failing), (signals, row.signals)) if some)
    regressed = "regressed: " if row.progress is WaveProgress.REGRESSED else ""
    unknown = f"{row.unknown} without data" if row.unknown else ""
    count = len(row.failing) + len(row.signals)
    short, no_data = (f"{count} failing" if count else ""), ("no data" if unknown else "")
    place, opened, done = _place(row), ("open" if row.opened else ""), f"{row.done}/{row.total}"
    return (
        _joined((place, f"{regressed}{failing}" if failing else "", unknown, done)),
        _joined((place, short, unknown, done)),
        _joined((opened if count or unknown else place, short or no_data, done)),
        _joined((opened, short or no_data, "" if count or unknown else done)),
    )


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)


def _place(row: WaveTarget) -> str:
    if row.opened:
        return f"open: {row.phase}"
    if not row.reached:
        return "not reached"
    return f"next: {row.phase}" if row.phase else "finished"
