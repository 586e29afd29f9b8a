"""Message templates: filled from the session, sent once per change."""

import re
from collections.abc import Callable

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Message
from mmcockpit.core.rules.messages.updates import update
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import clock, offset
from mmcockpit.core.words.updates import Update, activity_text, joined, time_text, update_text
from mmcockpit.core.words.verdicts import advice_word

_REFERENCE = re.compile(r"\$\{([a-z0-9_]+)\}")

STAKEHOLDERS = Message("stakeholders", "To the stakeholders", "${update}")
"""The message that every session has, unless the cockpit file or its checklist defines one with this id."""


def messages(session: Session) -> tuple[Message, ...]:
    """Return the messages of a session."""
    own = session.cockpit.messages
    return own if any(one.id == STAKEHOLDERS.id for one in own) else (STAKEHOLDERS, *own)


def filled(text: str, session: Session, now: Stamp, next_update: float | None = None) -> str:
    """Return a message's text with `${update}`, `${impact}` and the like filled in; unknown names stay unchanged.

    `next_update` is in Unix seconds, in half an hour unless given.
    """
    current = update(session, now, next_update)
    return _REFERENCE.sub(lambda match: WORDS[match[1]](session, now, current) if match[1] in WORDS else match[0], text)


def names_next_update(text: str) -> bool:
    """Return whether a template tells when the next update comes."""
    return bool({"update", "next_update"} & set(_REFERENCE.findall(text)))


def change(session: Session) -> str:
    """Return a key of the present situation: the phase, the advice, the open procedures and their steps."""
    phases = session.cockpit.checklist.phases
    advice = session.advised.advice if session.advised else ""
    steps = [f"{run.procedure.id}#{run.number}/{_step(run.current)}" for run in open_runs(session)]
    phase = phases[session.phase].id if phases else ""
    return " ".join(part for part in (phase, str(advice), *steps) if part)


def _step(current: object) -> str:
    return str(getattr(getattr(current, "step", None), "id", "done"))


def _impact(session: Session, now: Stamp, told: Update) -> str:
    if told.impacts:
        return joined(told.impacts)
    return "no effect on users is known" if told.measured else "the effect on users is not known"


def _procedures(session: Session, now: Stamp, told: Update) -> str:
    return joined(told.procedures) if told.procedures else "none"


def _count(session: Session, now: Stamp, told: Update) -> str:
    count = session.count(now)
    return "" if count is None else offset(count)


WORDS: dict[str, Callable[[Session, Stamp, Update], str]] = {
    "update": lambda session, now, told: update_text(told),
    "situation": lambda session, now, told: str(told.situation),
    "impact": _impact,
    "since": lambda session, now, told: "" if told.since is None else time_text(told.since, told.at),
    "activity": lambda session, now, told: activity_text(told),
    "next_update": lambda session, now, told: time_text(told.next_update, told.at),
    "reasons": _impact,
    "advice": lambda session, now, told: advice_word(session.advised.advice) if session.advised else "no advice yet",
    "environment": lambda session, now, told: told.environment,
    "target": lambda session, now, told: told.target,
    "name": lambda session, now, told: session.cockpit.name,
    "phase": lambda session, now, told: told.phase,
    "procedure": _procedures,
    "count": _count,
    "clock": lambda session, now, told: f"{clock(now.wall % 86_400)}Z",
    "operator": lambda session, now, told: ", ".join(session.operators),
}
"""Names that a message may refer to, and the function that returns the text of each."""
