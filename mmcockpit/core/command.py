"""What somebody wants to happen to the session: imperative, decided in one place."""

import msgspec

from mmcockpit.core.state import Mark


class Command(msgspec.Struct, frozen=True):
    """An intent of the operator `by`."""

    by: str


class MarkItem(Command, frozen=True):
    """Say something of an item: tick, override, not applicable, defer, block, claim, verify.

    `for_s` is how long an override counts. `witnessed` says that `by` is another name given at the same terminal.
    """

    item: str
    reason: str = ""
    mark: Mark = Mark.DONE
    for_s: float = 1800.0
    witnessed: bool = False


class UndoMark(Command, frozen=True):
    """Take back the operator's latest mark that still stands."""


class OpenPhase(Command, frozen=True):
    """Pass the gate of the open phase; `override` opens one that is not green, for a reason."""

    reason: str = ""
    override: bool = False


class HoldSession(Command, frozen=True):
    """Hold the go-live, or let it go on."""

    on: bool
    reason: str = ""


class OpenPoll(Command, frozen=True):
    """Ask the roles for go or no-go."""


class Vote(Command, frozen=True):
    """Answer the poll for a role; without one, for the next that has not answered."""

    go: bool
    role: str = ""
    reason: str = ""


class ClosePoll(Command, frozen=True):
    """Decide the poll, as the conductor does."""

    go: bool
    reason: str


class DecideAdvice(Command, frozen=True):
    """Accept or dismiss the advice that stands."""

    accept: bool
    reason: str


class RecordBaseline(Command, frozen=True):
    """Record the means of the baseline's signals over its window, up to this moment."""


class AddNote(Command, frozen=True):
    """Write a remark, about one item or the session, or a marker."""

    text: str
    item: str = ""
    marker: bool = False


class SetT0(Command, frozen=True):
    """Set the planned start (Unix seconds)."""

    t0: float


class SenseNow(Command, frozen=True):
    """Ask the named signals again at once, or all of them; an active one only if it is `confirmed`."""

    signals: tuple[str, ...] = ()
    confirmed: bool = False


class AcceptUnrecorded(Command, frozen=True):
    """While the journal cannot be written: take marks into memory all the same, for this reason."""

    reason: str


class EndSession(Command, frozen=True):
    """End the session with this outcome."""

    outcome: str


class LeaveSession(Command, frozen=True):
    """Stop watching; the session can be resumed."""


AnyCommand = (
    MarkItem
    | UndoMark
    | OpenPhase
    | HoldSession
    | OpenPoll
    | Vote
    | ClosePoll
    | DecideAdvice
    | RecordBaseline
    | AddNote
    | SetT0
    | SenseNow
    | AcceptUnrecorded
    | EndSession
    | LeaveSession
)
