"""Revisions: the number of the last fact that changed what a command decides about, such as the poll or a step."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.state.session import Session

POLL, VOTES, ADVICE, GATE, HOLD, CONTROLS = "poll", "votes", "advice", "gate", "hold", "controls"
"""Subjects that a session has once; the others are an item, a procedure, a step or the vote of a role."""


def item_subject(item: str) -> str:
    """Return the subject of an item's marks."""
    return f"item {item}"


def procedure_subject(procedure: str) -> str:
    """Return the subject of a procedure: whether it is open, and which steps are to be repeated."""
    return f"procedure {procedure}"


def step_subject(procedure: str, step: str) -> str:
    """Return the subject of a step."""
    return f"step {procedure} {step}"


def vote_subject(role: str) -> str:
    """Return the subject of a role's vote."""
    return f"vote {role}"


def revise(session: Session, event: Event) -> None:
    """Note the number of a fact for everything that it changed."""
    find = _SUBJECTS.get(type(event.body))
    if find is not None:
        for subject in find(session, event.body):
            session.revisions[subject] = event.seq


def _marked(session: Session, body: facts.ItemMarked) -> tuple[str, ...]:
    return (GATE, item_subject(body.item)) if body.item in session.items else ()


def _procedure(session: Session, body: Any) -> tuple[str, ...]:
    return (GATE, procedure_subject(body.procedure)) if body.procedure in session.procedures else ()


def _step(session: Session, body: facts.StepChanged) -> tuple[str, ...]:
    run = session.procedures.get(body.procedure)
    return (step_subject(body.procedure, body.step),) if run is not None and body.step in run.steps else ()


def _voted(session: Session, body: facts.Voted) -> tuple[str, ...]:
    known = session.opened is not None and body.role in session.cockpit.poll
    return (VOTES, vote_subject(body.role)) if known else ()


def _always(*subjects: str) -> Callable[[Session, Any], tuple[str, ...]]:
    return lambda session, body: subjects


_SUBJECTS: dict[type[facts.Body], Callable[[Session, Any], tuple[str, ...]]] = {
    facts.ItemMarked: _marked,
    facts.ItemChanged: _always(GATE),
    facts.MarkExpired: _always(GATE),
    facts.SignalChanged: _always(GATE),
    facts.BaselineRecorded: _always(GATE),
    facts.PhaseChanged: _always(GATE),
    facts.Held: _always(GATE, HOLD),
    facts.PollOpened: _always(POLL),
    facts.PollClosed: _always(POLL),
    facts.Voted: _voted,
    facts.Decided: _always(ADVICE),
    facts.ProcedureOpened: _procedure,
    facts.ProcedureClosed: _procedure,
    facts.StepsRepeated: _procedure,
    facts.StepChanged: _step,
    facts.ControlsGranted: _always(CONTROLS),
    facts.DriverChanged: _always(CONTROLS),
}
"""Kind of fact to the subjects that it changes; only of items, procedures and roles that the session has."""
