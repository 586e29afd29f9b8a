"""What somebody wants to happen to the session: imperative, decided in one place."""

import msgspec

from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.states import Advice, Mark


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
    """Pass the gate of `phase`, which was open on the screen; `override` opens one that is not green, for a reason.

    `seen` is what the dialog showed as keeping it closed; None where none was shown.
    """

    phase: str
    reason: str = ""
    override: bool = False
    seen: tuple[str, ...] | None = None


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
    """Accept or dismiss the advice that was on the screen; `seen` weighs its reasons as `advice.weights` does."""

    advice: Advice
    seen: dict[str, int]
    accept: bool
    reason: str


class RecordBaseline(Command, frozen=True):
    """Record the means of the baseline's signals over its window, or set `values` of it for a reason.

    `history` holds values (by signal) that the sources still have of the window, once they were `looked_up`.
    """

    values: dict[str, float] = msgspec.field(default_factory=dict)
    reason: str = ""
    history: dict[str, tuple[float, ...]] = msgspec.field(default_factory=dict)
    looked_up: bool = False


class OpenProcedure(Command, frozen=True):
    """Begin a procedure, or begin it anew once it is over."""

    procedure: str


class AbandonProcedure(Command, frozen=True):
    """Give an open procedure up, for a reason."""

    procedure: str
    reason: str


class RunStep(Command, frozen=True):
    """Run the step that is ready, or again the one that failed.

    `argv` and `where` (the API server) are what the dialog showed: what would run by now has to be the same. `typed` is
    what was typed in it.
    """

    procedure: str
    step: str
    argv: tuple[str, ...] = ()
    where: str = ""
    typed: tuple[str, ...] = ()


class StopStep(Command, frozen=True):
    """End the running command of a step."""

    procedure: str
    step: str


class SettleStep(Command, frozen=True):
    """Say how a step ended that nothing but an operator can tell: done by hand, or outcome unknown."""

    procedure: str
    step: str
    ok: bool
    reason: str = ""


class SkipStep(Command, frozen=True):
    """Leave a step out, for a reason."""

    procedure: str
    step: str
    reason: str


class RepeatSteps(Command, frozen=True):
    """Take an open procedure back to a step that is done with: it and all behind it are to be done again."""

    procedure: str
    step: str
    reason: str


class ChooseValue(Command, frozen=True):
    """Choose one of the values that a step captured."""

    procedure: str
    name: str
    value: str


class SendMessage(Command, frozen=True):
    """Send a ready-made message with this text: `to` is `clipboard` or `webhook`."""

    message: str
    change: str
    text: str
    to: str = "clipboard"


class AddNote(Command, frozen=True):
    """Write a remark, about one item or the session, or a marker."""

    text: str
    item: str = ""
    marker: bool = False


class SetT0(Command, frozen=True):
    """Set the planned start (Unix seconds)."""

    t0: float


class SenseNow(Command, frozen=True):
    """Poll the named signals at once, or all of them; an active one only if it is named itself and `confirmed`.

    Of a combination the members are polled that are not active.
    """

    signals: tuple[str, ...] = ()
    confirmed: bool = False


class AcceptUnrecorded(Command, frozen=True):
    """While the journal cannot be written: take marks into memory all the same, for this reason."""

    reason: str


class AcceptIdentity(Command, frozen=True):
    """Accept the other system that answers for `source`; `seen` is the one that was on the screen."""

    source: str
    reason: str
    seen: Identity | None = None


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
    | OpenProcedure
    | AbandonProcedure
    | RunStep
    | StopStep
    | SettleStep
    | SkipStep
    | RepeatSteps
    | ChooseValue
    | SendMessage
    | AddNote
    | SetT0
    | SenseNow
    | AcceptUnrecorded
    | AcceptIdentity
    | EndSession
    | LeaveSession
)
