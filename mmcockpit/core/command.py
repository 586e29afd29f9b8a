"""What somebody wants to happen to the session: imperative, decided in one place."""

import msgspec


class Command(msgspec.Struct, frozen=True):
    """An intent of the operator `by`."""

    by: str


class MarkItem(Command, frozen=True):
    """Tick an item by hand."""

    item: str
    reason: str = ""


class UndoMark(Command, frozen=True):
    """Take back the operator's latest mark that still stands."""


class AddNote(Command, frozen=True):
    """Write a remark, about one item or the session, or a marker."""

    text: str
    item: str = ""
    marker: bool = False


class SetT0(Command, frozen=True):
    """Set the planned start (Unix seconds)."""

    t0: float


class SenseNow(Command, frozen=True):
    """Ask the named signals again at once, or all of them; changes no fact by itself."""

    signals: tuple[str, ...] = ()


class AcceptUnrecorded(Command, frozen=True):
    """While the journal cannot be written: take marks into memory all the same, for this reason."""

    reason: str


class EndSession(Command, frozen=True):
    """End the session with this outcome."""

    outcome: str


class LeaveSession(Command, frozen=True):
    """Stop watching; the session can be resumed."""


AnyCommand = MarkItem | UndoMark | AddNote | SetT0 | SenseNow | AcceptUnrecorded | EndSession | LeaveSession
