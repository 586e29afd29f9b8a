"""The targets of repeated phases in a report, sorted by severity."""

from collections.abc import Iterator
from typing import NamedTuple

from mmcockpit.core.model.work_plan import WaveTarget
from mmcockpit.core.rules.plans.waves import wave_targets
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.plans.waves import target_text
from mmcockpit.core.words.times import utc
from mmcockpit.report.past import Past
from mmcockpit.report.phases import NONE


class TargetRow(NamedTuple):
    """The row of one target: where it is at the end, when its first phase opened, how long its phases were open, and
    its failing items and signals."""

    target: str
    state: str
    opened: str
    time: str
    failing: str


def target_rows(past: Past) -> list[TargetRow]:
    """Return a row for every target; none without a repeated phase."""
    if past.session.opened is None:
        return []
    return [_row(past, row) for row in wave_targets(past.session)]


def _row(past: Past, row: WaveTarget) -> TargetRow:
    spans = list(_spans(past, row.target))
    return TargetRow(
        row.target,
        target_text(row),
        f"{utc(spans[0][0])}Z" if spans else "not reached",
        duration(sum(seconds for _, seconds in spans)) if spans else NONE,
        ", ".join(_failing(past, row)) or NONE,
    )


def _spans(past: Past, target: str) -> Iterator[tuple[float, float]]:
    """Yield when each phase of a target opened (Unix seconds), and how many seconds it was open."""
    session = past.session
    end = past.last.at if past.last is not None else 0.0
    for n, stamp in enumerate(session.opened_at):
        if session.cockpit.checklist.phases[n].target == target:
            closed = session.opened_at[n + 1].at if n + 1 < len(session.opened_at) else end
            yield stamp.wall, max(closed - stamp.at, 0.0)


def _failing(past: Past, row: WaveTarget) -> Iterator[str]:
    yield from (past.session.items[one].item.title for one in row.failing)
    yield from (past.session.signals[one].signal.title for one in row.signals)
