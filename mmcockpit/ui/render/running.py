"""The procedures in the header: those called for, and the running step; visible whichever panel is shown."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.open_procedures import open_runs, queue, working
from mmcockpit.core.state.session import Session
from mmcockpit.ui.render.step_details import clock
from mmcockpit.ui.render.text import Line, Role, pad, plain

ROOMY = 110


def calls(session: Session, now: Stamp, width: int) -> Line:
    """Return the queue and the step that runs, waits, failed or is unknown, as far as they fit."""
    running = _step(session, now, 24 if width >= ROOMY else 0)
    called = queue(session)
    if not called:
        return running
    room = width - 56 if width < ROOMY else 40
    title = plain(called[0][0].title, 80)
    shown = "" if running and width < ROOMY else f": {title if len(title) <= room else pad(title, room)}"
    return (*running, (f" E: {len(called)} queued{shown} ", "warn-badge"))


def _step(session: Session, now: Stamp, room: int) -> Line:
    """Return the status of the open procedures: a running timer, or that a step waits for its engineer."""
    runs = list(open_runs(session))
    one = working(session) or next((run.current for run in reversed(runs) if run.current is not None), None)
    if one is None:
        return ()
    name = f" {plain(one.step.title, 80)[:room].rstrip()}" if room else ""
    badges: dict[StepState, tuple[str, Role]] = {
        StepState.RUNNING: (f" [~]{name} {clock(one.started, now)} ", "badge"),
        StepState.FAILED: (f" [!]{name} FAILED ", "fail-badge"),
        StepState.UNKNOWN: (f" [?]{name} UNKNOWN ", "unknown-badge"),
        StepState.READY: (f" [*]{name or ' step'} next ", "accent"),
    }
    return (badges[one.state],) if one.state in badges else ()
