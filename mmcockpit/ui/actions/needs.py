"""The keys that lead to what needs an operator: a step of a procedure, the items of the checklist, the gate."""

from mmcockpit.core.model.next_action import Viewpoint
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.words.next_actions import next_text
from mmcockpit.ui.desk import Desk


def next_match(desk: Desk) -> None:
    """Move to the next match of the filter; without one to the next thing that needs an operator."""
    _move(desk, 1)


def previous_match(desk: Desk) -> None:
    """Move to the previous match of the filter; without one to the previous thing that needs an operator."""
    _move(desk, -1)


def _move(desk: Desk, step: int) -> None:
    if desk.pane.filter:
        desk.pane.match(step)
        return
    failing = _failing_signal(desk)
    if step > 0 and failing and desk.show_signal(failing):
        return
    kind = desk.pane.kind
    if kind == "checklist" and desk.show_need(step, from_end=False):
        return
    # Beyond the checklist's last need comes the open procedure, then the first need again.
    waits = _step_waits(desk)
    if waits and kind != "procedures" and (kind == "checklist" or step > 0):
        desk.open_panel("procedures")
        return
    if not desk.show_need(step, from_end=True) and not (waits and desk.open_panel("procedures")):
        seat, lens = Viewpoint(desk.operator, desk.lens.view), desk.lens
        desk.say(next_text(next_action(desk.session, desk.now, seat), lens.keys, lens.view))


def _failing_signal(desk: Desk) -> str:
    """Return the signal that NEXT is about, which the checklist has no row for; empty if it is about something else."""
    following = desk.following
    if following is None or following.action != "details" or following.subject not in desk.session.signals:
        return ""
    return following.subject


def _step_waits(desk: Desk) -> bool:
    """Return whether the current step of an open procedure waits for an operator."""
    run = next(open_runs(desk.session), None)
    return run is not None and (run.current is None or run.current.state is not StepState.RUNNING)
