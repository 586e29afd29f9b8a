"""The part of the desk that is about the session as shown; the screen and the plain text mode share it."""

from abc import abstractmethod
from collections.abc import Callable
from typing import ParamSpec

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.feed import Commander
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.seat import Sharing
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.keys import Keys
from mmcockpit.ui.desk import READ_ONLY
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import Role
from mmcockpit.ui.session_view import Seen, Sight

P = ParamSpec("P")

LEAVE_S = 3.0
"""The longest wait, in seconds, for the end of a session to be recorded before the screen closes."""


class SightDesk:
    """Implements the part of `Desk` that reads the session as shown, and submits commands that were decided on it."""

    sight: Sight
    _decided_on: int | None = None

    @property
    @abstractmethod
    def commander(self) -> Commander | None:
        """Where commands go; None in a read-only session."""

    @abstractmethod
    def say(self, text: str, role: Role = "text") -> None:
        """Show a message."""

    @abstractmethod
    def toggle_freeze(self) -> None:
        """Freeze the display, or show what was queued meanwhile."""

    @property
    def session(self) -> Session:
        """The session as shown."""
        return self.sight.session

    @property
    def now(self) -> Stamp:
        """The moment that is shown."""
        return self.sight.now

    @property
    def seen(self) -> Seen:
        """The phase, the advice and its reasons when the open prompt or dialog was opened."""
        return self.sight.seen

    @property
    def operator(self) -> str:
        """The operator's name; empty in a read-only session."""
        return self.commander.operator if self.commander is not None else ""

    def first_lens(self, keys: Keys, layout: str, replay: bool) -> Lens:
        """Return the lens of a session that is not shown yet; who only looks at a live one is a viewer."""
        return Lens(keys=keys, operator=self.operator, layout=layout, viewer=not self.operator and not replay)

    @property
    def sharing(self) -> Sharing | None:
        """How this seat takes part in a shared session; None in one that is not shared."""
        return self.sight.sharing

    @property
    def shown(self) -> int:
        """The number of the last fact that is shown."""
        return self.session.seq

    def remember(self) -> None:
        """Keep in `seen` what is shown now."""
        self.sight.remember()

    def submit(self, make: Callable[[str], AnyCommand]) -> None:
        """Submit a command of this operator to the engine; its result comes back as facts."""
        if self.commander is None:
            self.say(READ_ONLY, "warn")
            return
        saw = self.shown if self._decided_on is None else self._decided_on
        if self.sight.frozen_at is not None:
            self.toggle_freeze()
        self.commander.submit(make(self.operator), saw)

    def _as_shown(self, done: Callable[P, None]) -> Callable[P, None]:
        """Return an answer whose commands are decided on what is shown now, not on what comes until it is given."""
        number = self.shown

        def answered(*args: P.args, **named: P.kwargs) -> None:
            before, self._decided_on = self._decided_on, number
            try:
                done(*args, **named)
            finally:
                self._decided_on = before

        return answered
