"""How a shift began and ended, as text."""

from mmcockpit.core.facts import event as facts
from mmcockpit.core.words.durations import age


def _on(host: str) -> str:
    return f" on {host}" if host else ""


def _why(reason: str) -> str:
    return f": {reason}" if reason else ""


def started_text(host: str) -> str:
    """Return that a shift began with the session."""
    return f"started the session{_on(host)}"


def resumed_text(host: str) -> str:
    """Return that a shift began when the session was resumed."""
    return f"resumed the session{_on(host)}"


def driver_text(body: facts.DriverChanged) -> str:
    """Return that a shift began by a takeover."""
    silent = f" after {age(body.silent_s)} without a driver" if body.silent_s else ""
    return f"took over{_on(body.host)}{silent}{_why(body.reason)}"


def granted_text(body: facts.ControlsGranted) -> str:
    """Return that a shift began with the controls."""
    if body.to == body.by:
        return f"took the controls{_why(body.reason)}"
    return f"controls from {body.by}{_why(body.reason)}"


def freed_text(body: facts.ControlsGranted) -> str:
    """Return that a shift ended because the controls are free."""
    return f"the controls are free{_why(body.reason)}"


def acknowledged_text(by: str, witnessed: bool) -> str:
    """Return that a shift began with the acknowledgement of a handover."""
    return f"handover from {by}" + (", witnessed at the same terminal" if witnessed else "")


def handover_text(who: str) -> str:
    """Return that a shift ended because another person has the controls."""
    return f"{who} took over"


def left_text(who: str) -> str:
    """Return that a shift ended because its person left."""
    return f"{who} left"
