"""The driver of a rehearsal: submits the commands that follow by themselves, until every procedure is over."""

from collections.abc import Callable

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.rehearsal import all_rehearsed, next_in_rehearsal, summary
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.core.words.rehearsals import NOT_ALLOWED
from mmcockpit.engine.driver import refusal_of
from mmcockpit.engine.step_control import Obey

PATIENCE_S = 30.0
"""Longest wait, in seconds of the session, for the first result of every signal: a value is chosen by them."""

MOST_COMMANDS = 100
"""Most commands in one call."""


class Rehearsal:
    """Drives every procedure of a session once; `finished` runs at the end, with the session."""

    def __init__(self, by: str, finished: Callable[[Session], None]) -> None:
        self._by = by
        self._finished = finished
        self._refused: dict[tuple[str, str], str] = {}
        self._noted: set[str] = set()
        self._over = False

    def advance(self, session: Session, now: Stamp, obey: Obey) -> None:
        """Submit the commands that are due."""
        if self._over or not _polled(session, now):
            return
        if not session.cockpit.allow.procedures:
            self._over = True
            if session.cockpit.checklist.procedures:
                obey(commands.AddNote(self._by, NOT_ALLOWED))
            return
        for _ in range(MOST_COMMANDS):
            command = next_in_rehearsal(session, self._by, now, self._refused)
            self._note(session, obey)
            if command is None or not self._submit(command, obey):
                break
        if all_rehearsed(session) and not self._over:
            self._over = True
            self._finished(session)

    def _submit(self, command: commands.AnyCommand, obey: Obey) -> bool:
        """Submit a command; return whether the rehearsal continues."""
        refusal = refusal_of(obey(command))
        if refusal is None:
            return True
        if isinstance(command, commands.RunStep | commands.AnswerStep):
            self._refused[command.procedure, command.step] = refusal_words(refusal)
            return True
        self._over = True
        obey(commands.AddNote(self._by, f"the rehearsal ended: {refusal_words(refusal)}"))
        return False

    def _note(self, session: Session, obey: Obey) -> None:
        for name, run in session.procedures.items():
            if run.closed is not None and name not in self._noted:
                self._noted.add(name)
                obey(commands.AddNote(self._by, summary(run)))


def _polled(session: Session, now: Stamp) -> bool:
    """Return whether the first result of every signal is there, or was waited for long enough."""
    polled = (state for state in session.signals.values() if not state.signal.active and not state.signal.group)
    return now.at > PATIENCE_S or all(state.asked_at is not None for state in polled)
