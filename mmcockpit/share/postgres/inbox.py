"""Decides what seats elsewhere request: each command at most once, and acknowledged only with its facts."""

from mmcockpit.core.driver import Driver
from mmcockpit.share.postgres.identity import seat_of
from mmcockpit.share.postgres.records import Fenced, InboxCommand, Term
from mmcockpit.share.postgres.store import SharedStore
from mmcockpit.share.requests import UnreadableRequest, decode

LONGEST_WAIT_S = 60.0
"""Seconds after which a command is not carried out any more: its sender saw another situation."""


class Inbox:
    """The inbox of a session in the store.

    A command is marked as decided in the commit that contains its facts, never before: a driver that dies in between
    leaves it to the next one, which finds its id in the facts or decides it for the first time.
    """

    def __init__(self, store: SharedStore, id: str, driver: Driver) -> None:
        self._store, self._id, self._driver = store, id, driver
        self._decided: dict[str, int] = {}

    async def decide(self, term: Term, last: int) -> Fenced | None:
        """Decide the commands that wait; `last` is the last fact that the store has."""
        for command in await self._store.undecided(self._id):
            if command.id not in self._decided:
                answer, seq = self._answer(command)
                if answer or seq <= last:
                    # No fact will acknowledge it.
                    if (fenced := await self._store.decide(self._id, term, command.id, seq, answer)) is not None:
                        return fenced
                else:
                    self._decided[command.id] = seq
        return None

    def decided(self, last: int) -> dict[str, int]:
        """Return the commands that the facts up to `last` decide, with the number of the fact."""
        return {id: seq for id, seq in self._decided.items() if seq <= last}

    def forget(self, ids: dict[str, int]) -> None:
        """Forget commands that are marked as decided."""
        for id in ids:
            self._decided.pop(id, None)

    def _answer(self, command: InboxCommand) -> tuple[str, int]:
        """Return why a command is not decided (empty if it is), and the number of the last fact after it."""
        session = self._driver.session
        known = session.command_ids.get(command.id)
        if known is None and command.waits_s > LONGEST_WAIT_S:
            return "no driver decided it within a minute: give it again", session.seq
        if known is not None and not command.command:
            # The store empties texts that wait for long; this one was decided before.
            return "", known.seq
        try:
            request = decode(command.command.encode())
        except UnreadableRequest as error:
            return str(error), session.seq
        if request.id != command.id:
            return "its id is not that of its row in the inbox", session.seq
        receipt = self._driver.receive(
            request, seat_of(command.who, command.right, command.seat, session.cockpit.people)
        )
        return "", receipt.seq
