"""The step of a procedure that runs or waits, where NEXT is about something else."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.next_action import Next
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.open_procedures import open_runs, working
from mmcockpit.core.state.session import Session
from mmcockpit.ui.render.step_details import clock
from mmcockpit.ui.render.text import Role, Span, plain


def running_step(session: Session, now: Stamp, given: Next) -> tuple[Span, ...]:
    """Return the step that runs, waits, failed or has an unknown outcome; nothing if NEXT names it."""
    runs = list(open_runs(session))
    one = working(session) or next((run.current for run in reversed(runs) if run.current is not None), None)
    if one is None or (given.step and one.step.id == given.step):
        return ()
    title = plain(one.step.title, 24)
    badges: dict[StepState, tuple[str, Role]] = {
        StepState.RUNNING: (f"[~] {title} {clock(one.started, now)}", "accent"),
        StepState.FAILED: (f"[!] {title} failed", "fail"),
        StepState.UNKNOWN: (f"[?] {title} outcome unknown", "unknown"),
        StepState.READY: (f"[*] {title} next", "accent"),
    }
    return (badges[one.state],) if one.state in badges else ()
