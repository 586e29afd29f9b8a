"""The work of a report: who did each planned item, how long it took, and who was late."""

from typing import NamedTuple

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.rules.plans.work_plan import work_plan
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.plans.work_plan import work_name
from mmcockpit.report.past import Past
from mmcockpit.report.phases import NONE


class WorkRow(NamedTuple):
    """The row of one item: who it is assigned to, planned and actual time, and by how much it was late."""

    title: str
    assignee: str
    planned: str
    actual: str
    late: str


def work_rows(past: Past) -> list[WorkRow]:
    """Return a row for every item with an assignee or an estimate; none without a work plan."""
    session, last = past.session, past.last
    if session.opened is None or last is None:
        return []
    plan = work_plan(session, Stamp(last.at, last.wall))
    return [
        WorkRow(
            work_name(work),
            work.assignee or NONE,
            duration(work.estimate_s + work.settle_s) if work.estimate_s else NONE,
            "open" if not work.done else duration(work.took_s) if work.took_s is not None else "done",
            duration(work.late_s) if work.late_s >= 1 else NONE,
        )
        for work in plan.works
        if work.assignee or work.estimate_s
    ]
