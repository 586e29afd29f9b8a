"""Message templates: filled from the session, sent once per change."""

import re
from collections.abc import Callable

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import clock, offset
from mmcockpit.core.words.reasons import reason_text

_REFERENCE = re.compile(r"\$\{([a-z0-9_]+)\}")


def filled(text: str, session: Session, now: Stamp) -> str:
    """Return a message's text with `${advice}`, `${reasons}` and the like filled in; unknown names stay unchanged."""
    return _REFERENCE.sub(lambda match: WORDS[match[1]](session, now) if match[1] in WORDS else match[0], text)


def change(session: Session) -> str:
    """Return a key of the present situation: the phase, the advice, the open procedures and their steps."""
    phases = session.cockpit.checklist.phases
    advice = session.advised.advice if session.advised else ""
    steps = [f"{run.procedure.id}#{run.number}/{_step(run.current)}" for run in open_runs(session)]
    phase = phases[session.phase].id if phases else ""
    return " ".join(part for part in (phase, str(advice), *steps) if part)


def _step(current: object) -> str:
    return str(getattr(getattr(current, "step", None), "id", "done"))


def _reasons(session: Session, now: Stamp) -> str:
    return "; ".join(map(reason_text, session.advised.reasons[:3])) if session.advised else ""


def _procedure(session: Session, now: Stamp) -> str:
    steps = [
        f"{run.procedure.title}: {run.current.step.title}" for run in open_runs(session) if run.current is not None
    ]
    return "; ".join(steps) or "none"


def _count(session: Session, now: Stamp) -> str:
    count = session.count(now)
    return "" if count is None else offset(count)


def _clock(session: Session, now: Stamp) -> str:
    return f"{clock(now.wall % 86_400)}Z"


def _phase(session: Session, now: Stamp) -> str:
    phases = session.cockpit.checklist.phases
    return phases[session.phase].title if phases else ""


WORDS: dict[str, Callable[[Session, Stamp], str]] = {
    "advice": lambda session, now: str(session.advised.advice) if session.advised else "no advice yet",
    "reasons": _reasons,
    "environment": lambda session, now: session.cockpit.environment,
    "target": lambda session, now: session.cockpit.target,
    "name": lambda session, now: session.cockpit.name,
    "phase": _phase,
    "procedure": _procedure,
    "count": _count,
    "clock": _clock,
    "operator": lambda session, now: ", ".join(session.operators),
}
"""Names that a message may refer to, and the function that returns the text of each."""
