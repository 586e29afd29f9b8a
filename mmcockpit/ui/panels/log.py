"""The log: one line for every fact except readings, the latest at the bottom."""

from collections.abc import Callable, Hashable
from typing import Any, ClassVar

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event, State
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import LOG, Session, Topic
from mmcockpit.core.words.describe import describe_event
from mmcockpit.core.words.keys import Keys
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import STATE_ROLE, Line, Role, age, pad, plain
from mmcockpit.ui.widgets.panel import Panel

Said = tuple[str, Role, str]
"""A kind in one word, its role, and the text."""


_MARKS: dict[facts.Mark, tuple[str, Role]] = {
    facts.Mark.DONE: ("tick", "pass"),
    facts.Mark.VERIFY: ("verify", "pass"),
    facts.Mark.CLAIM: ("claim", "accent"),
    facts.Mark.UNDO: ("undo", "warn"),
    facts.Mark.OVERRIDE: ("override", "warn"),
    facts.Mark.NOT_APPLICABLE: ("not appl", "warn"),
    facts.Mark.DEFER: ("defer", "warn"),
    facts.Mark.BLOCK: ("blocked", "fail"),
}
"""The word of each mark, at most eight letters, and its role."""

_ROLES: dict[type[facts.Body], Role] = {
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
}
"""The roles of facts whose text comes from `describe`."""


def _title(session: Session, item: str) -> str:
    state = session.items.get(item)
    return f"{state.item.number} {plain(state.item.title, 80)}" if state else plain(item, 80)


def _marked(body: facts.ItemMarked, session: Session) -> Said:
    word, role = _MARKS.get(body.mark, ("mark", "text"))
    why = f": {plain(body.reason)}" if body.reason else ""
    witnessed = " (witnessed, same terminal)" if body.witnessed else ""
    return word, role, f"{plain(body.by, 20)} {body.mark}: {_title(session, body.item)}{why}{witnessed}"


def _changed(body: facts.ItemChanged, session: Session) -> Said:
    moved = f"[{body.was.value}]→[{body.now.value}] {_title(session, body.item)}"
    role = STATE_ROLE[body.now] if body.now is not State.OPEN else "muted"
    return "sensed", role, f"{moved}: {plain(body.because)}" if body.because else moved


def _signal_changed(body: facts.SignalChanged, session: Session) -> Said:
    state = session.signals.get(body.signal)
    title = plain(state.signal.title if state else body.signal, 80)
    words = ", ".join(filter(None, [f"{title}: {body.was} → {body.now}", plain(body.value), plain(body.because)]))
    return "signal", str(body.now), words


def _noted(body: facts.Noted, session: Session) -> Said:
    about = f" on {_title(session, body.item)}" if body.item else ""
    return "marker" if body.marker else "note", "accent", f"{plain(body.by, 20)}{about}: {plain(body.text)}"


def _opened(body: facts.Opened, session: Session) -> Said:
    return "opened", "strong", f"{plain(body.cockpit.name, 80)} by {plain(body.operator, 20)} on {plain(body.host, 40)}"


def _t0(body: facts.T0Changed, session: Session) -> Said:
    return "t0", "accent", f"{plain(body.by, 20)} set the planned start"


_SAID: dict[type[facts.Body], Callable[[Any, Session], Said]] = {
    facts.Opened: _opened,
    facts.OperatorJoined: lambda body, _: ("joined", "text", plain(f"{body.operator} on {body.host}")),
    facts.OperatorLeft: lambda body, _: ("left", "warn", f"{plain(body.operator)}; polling stopped until resumed"),
    facts.Resumed: lambda body, _: (
        "resumed",
        "warn",
        f"{plain(body.operator, 20)} on {plain(body.host, 40)} after {age(body.blind_s)} without polling",
    ),
    facts.Gap: lambda body, _: ("gap", "fail", f"{body.lost} readings not recorded: {plain(body.because)}"),
    facts.T0Changed: _t0,
    facts.ItemMarked: _marked,
    facts.ItemChanged: _changed,
    facts.SignalChanged: _signal_changed,
    facts.Noted: _noted,
    facts.Trouble: lambda body, _: ("trouble", "fail", plain(f"{body.where}: {body.summary} {body.detail}")),
    facts.Closed: lambda body, _: ("closed", "strong", plain(f"{body.outcome} {f'by {body.by}' if body.by else ''}")),
    facts.Unread: lambda body, _: (
        "unknown",
        "warn",
        plain(f"unknown fact {body.kind}"),
    ),
}


def said(event: Event, session: Session, keys: Keys) -> Said:
    """Return the kind of an event in one word, the word's role, and the text; `keys` are those that it may mention."""
    body = event.body
    if isinstance(body, facts.Refused):
        return "refused", "warn", plain(f"{body.by} {body.command}: {refusal_words(body.refusal, keys)}")
    if type(body) in _SAID and not event.unknown:
        return _SAID[type(body)](body, session)
    state = session.signals.get(body.signal) if isinstance(body, facts.Observed) else None
    word, words = describe_event(event, state.signal if state else None)
    return word, _ROLES.get(type(body), "text"), plain(words)


class LogPanel(Panel):
    """Follows the latest fact unless the cursor was moved away from it."""

    title = "Log"
    ages = False
    follows: ClassVar[bool] = True

    @property
    def watches(self) -> frozenset[Topic]:
        """Every fact except readings."""
        return frozenset({LOG})

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return one row for every event in memory."""
        log = list(session.log)
        if not log:
            return Rows.of([("none", ((" no facts yet", "muted"),))])

        def draw(n: int) -> Line:
            event = log[n]
            kind, role, words = said(event, session, self.lens.keys)
            unrecorded: Line = () if event.recorded else ((" unrecorded ", "fail-badge"), (" ", "text"))
            when = self.lens.time(event.stamp.wall)
            return ((f"{when}  ", "muted"), (pad(kind, 9), role), *unrecorded, (words, "text"))

        return Rows([event.seq for event in log], draw)

    def summary(self, session: Session, now: Stamp) -> Line:
        """The number of the last fact; with a hint if the log does not follow it."""
        number: Line = ((f"#{session.log[-1].seq if session.log else 0}", "muted"),)
        return number if self._key is None else (("G: follow ", "warn"), *number)

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the event of a row, by its number."""
        return RowSubject("event", str(key)) if isinstance(key, int) else None


PANEL = LogPanel
