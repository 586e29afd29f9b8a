"""The phases of a report: planned and actual time, holds, and satisfied items."""

from dataclasses import dataclass

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.time_plan import PhaseTime
from mmcockpit.core.rules.plans.time_plan import time_plan
from mmcockpit.core.words.durations import duration
from mmcockpit.report.past import Past

NONE = "–"


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """The row of one phase: planned and actual time, by how much it was late, holds in it, and satisfied items."""

    title: str
    planned: str
    actual: str
    over: str
    held: str
    items: str
    late: bool


def phase_rows(past: Past) -> list[PhaseRow]:
    """Return a row for every phase; none if the session's opening fact is missing."""
    session, last = past.session, past.last
    if session.opened is None or last is None:
        return []
    plan = time_plan(session, Stamp(last.at, last.wall))
    opened = [at.at for at in session.opened_at]
    spans = list(zip(opened, [*opened[1:], last.at], strict=True))
    spans += [(0.0, 0.0)] * (len(plan.phases) - len(spans))
    return [_row(past, one, span, last.at) for one, span in zip(plan.phases, spans, strict=False)]


def _row(past: Past, phase: PhaseTime, span: tuple[float, float], end: float) -> PhaseRow:
    held = sum(
        max(min(one.end.at if one.end is not None else end, span[1]) - max(one.start.at, span[0]), 0.0)
        for one in past.holds
    )
    return PhaseRow(
        phase.title,
        duration(phase.planned_s) if phase.planned_s is not None else NONE,
        duration(phase.actual_s) if phase.actual_s is not None else "not reached",
        duration(phase.over_s) if phase.over_s >= 1 else NONE,
        duration(held) if held >= 1 else NONE,
        f"{phase.done} of {phase.total}",
        late=phase.over_s >= 1,
    )
