"""What happened while a chart's values were recorded: deployments, restarts, phases and T0."""

from enum import StrEnum
from typing import NamedTuple

from mmcockpit.core.model.production_change import ProductionChangeKind
from mmcockpit.core.state.session import Session


class MarkKind(StrEnum):
    """What a mark on a chart means; the most important first."""

    DEPLOY = "deploy"
    RESTART = "restart"
    T0 = "T0"
    PHASE = "phase"


class ChartMark(NamedTuple):
    """A mark on a chart: what happened, and when (Unix seconds); `title` is the phase that opened."""

    kind: MarkKind
    wall: float
    title: str = ""


def chart_marks(session: Session, start: float, end: float) -> list[ChartMark]:
    """Return what happened between two times (Unix seconds), in order."""
    kinds = {ProductionChangeKind.DEPLOY: MarkKind.DEPLOY, ProductionChangeKind.RESTART: MarkKind.RESTART}
    marks = [ChartMark(kinds[one.kind], one.stamp.wall) for one in session.changes if one.kind in kinds]
    phases = session.cockpit.checklist.phases
    # The first phase opens with the session.
    marks += [
        ChartMark(MarkKind.PHASE, stamp.wall, phase.title)
        for phase, stamp in list(zip(phases, session.opened_at, strict=False))[1:]
    ]
    if session.t0 is not None:
        marks.append(ChartMark(MarkKind.T0, session.t0))
    return sorted((mark for mark in marks if start <= mark.wall <= end), key=lambda mark: mark.wall)
