"""The names of items, signals and phases as operators know them."""

from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.state.session import Session
from mmcockpit.core.text import plain
from mmcockpit.core.words.naming import Names

LONGEST = 80


class SessionNames(Names):
    """Names by the cockpit of a session: number and title of an item, titles of signals and phases."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def item(self, item: str) -> str:
        """Return the number and title of an item; its id if the checklist does not have it."""
        state = self._session.items.get(item)
        return f"{state.item.number} {plain(state.item.title, LONGEST)}" if state else plain(item, LONGEST)

    def signal(self, signal: str) -> str:
        """Return the title of a signal; its name if the cockpit does not have it."""
        state = self._session.signals.get(signal)
        return plain(state.signal.title if state else signal, LONGEST)

    def phase(self, phase: str) -> str:
        """Return the title of a phase; its id if the checklist does not have it."""
        phases = self._session.cockpit.checklist.phases if self._session.opened else ()
        return next((one.title for one in phases if one.id == phase), phase)

    def procedure(self, procedure: str) -> str:
        """Return the title of a procedure; its id if the checklist does not have it."""
        known = self._procedure(procedure)
        return plain(known.title if known else procedure, LONGEST)

    def step(self, procedure: str, step: str) -> tuple[str, str]:
        """Return the number of a step in its procedure, and its title."""
        known = self._procedure(procedure)
        for n, one in enumerate(known.steps if known else (), 1):
            if one.id == step:
                return f"step {n}", plain(one.title, LONGEST)
        return "step", plain(step, LONGEST)

    def _procedure(self, procedure: str) -> Procedure | None:
        procedures = self._session.cockpit.checklist.procedures if self._session.opened else ()
        return next((one for one in procedures if one.id == procedure), None)

    def definition(self, signal: str) -> Signal | None:
        """Return the definition of a signal."""
        state = self._session.signals.get(signal)
        return state.signal if state else None
