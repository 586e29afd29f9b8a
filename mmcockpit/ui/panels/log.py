"""What changed: one line for every change that a person has to notice, the latest at the bottom."""

from collections.abc import Hashable
from typing import ClassVar

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event, State
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import LOG, Session, Topic
from mmcockpit.core.words.changes import Change, change_text, what_changed
from mmcockpit.core.words.describe import describe_event
from mmcockpit.core.words.keys import Keys, key_or_command
from mmcockpit.core.words.naming import Wording
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import STATE_ROLE, Line, Role, plain
from mmcockpit.ui.widgets.panel import Panel

LogLine = tuple[str, Role, str]
"""A kind in one word, its role, and the text."""

KIND = 9
"""Cells of the kind of a line."""


_MARKS: dict[facts.Mark, Role] = {
    facts.Mark.DONE: "pass",
    facts.Mark.VERIFY: "pass",
    facts.Mark.CLAIM: "accent",
    facts.Mark.BLOCK: "fail",
}
"""The roles of marks; the others warn."""

_ROLES: dict[type[facts.Body], Role] = {
    facts.Opened: "strong",
    facts.OperatorLeft: "warn",
    facts.Resumed: "warn",
    facts.Gap: "fail",
    facts.T0Changed: "accent",
    facts.Noted: "accent",
    facts.Refused: "warn",
    facts.Trouble: "fail",
    facts.Closed: "strong",
    facts.Unread: "warn",
    facts.PhaseChanged: "strong",
    facts.Held: "warn",
    facts.PollOpened: "accent",
    facts.Voted: "accent",
    facts.PollClosed: "strong",
    facts.Advised: "strong",
    facts.Decided: "strong",
    facts.BaselineRecorded: "accent",
    facts.MarkExpired: "warn",
    facts.IdentityDiffered: "fail",
    facts.IdentityAccepted: "strong",
    facts.FailedOver: "warn",
    facts.Paused: "unknown",
    facts.ClockJumped: "warn",
    facts.VerificationChanged: "warn",
    facts.NotAnchored: "warn",
}
"""The roles of facts; the others are text."""


def _role(body: facts.AnyBody) -> Role:
    match body:
        case facts.ItemMarked(mark=mark):
            return _MARKS.get(mark, "warn")
        case facts.ItemChanged(now=state):
            return STATE_ROLE[state] if state is not State.OPEN else "muted"
        case facts.SignalChanged(now=level):
            return str(level)
    return _ROLES.get(type(body), "text")


def event_line(event: Event, session: Session, keys: Keys) -> LogLine:
    """Return the kind of an event in one word, the word's role, and the text; `keys` are those that it may mention."""
    word, words = describe_event(event, Wording(SessionNames(session), keys, full=False))
    return word, _role(event.body), plain(words)


def change_line(change: Change, session: Session, keys: Keys) -> LogLine:
    """Return the kind of a line in one word, the word's role, and the text."""
    word, words = change_text(change, Wording(SessionNames(session), keys, full=False))
    return word, _role(change.events[-1].body), plain(words)


class LogPanel(Panel):
    """Follows the latest change unless the cursor was moved away from it."""

    title = "What changed"
    ages = False
    follows: ClassVar[bool] = True

    @property
    def watches(self) -> frozenset[Topic]:
        """Every fact except readings."""
        return frozenset({LOG})

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return one row for every change in memory."""
        changes = what_changed(session.log)
        if not changes:
            return Rows.of([("none", ((" nothing changed yet", "muted"),))])

        def draw(n: int) -> Line:
            change = changes[n]
            kind, role, words = change_line(change, session, self.lens.keys)
            recorded = change.recorded
            unrecorded: Line = () if recorded else ((" unrecorded ", "fail-badge"), (" ", "text"))
            when = self.lens.time(change.first.stamp.wall)
            return (
                (f"{when}  ", "muted"),
                (kind, role),
                (" " * (KIND + 1 - len(kind)), "text"),
                *unrecorded,
                (words, "text"),
            )

        return Rows([change.first.seq for change in changes], draw)

    def summary(self, session: Session, now: Stamp) -> Line:
        """The number of the last fact; with a hint if the panel does not follow it."""
        number: Line = ((f"#{session.log[-1].seq if session.log else 0}", "muted"),)
        if self._key is None:
            return number
        bottom = key_or_command(self.lens.keys, "bottom")
        return ((f"{bottom}: follow ", "warn"), *number)

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the first event of a row, by its number."""
        return RowSubject("event", str(key)) if isinstance(key, int) else None


PANEL = LogPanel
