"""The commands of operators: imperative, decided in `decide`."""

import msgspec

from mmcockpit.core.decide.command_base import Command as Command
from mmcockpit.core.decide.seat_commands import AcknowledgeHandover as AcknowledgeHandover
from mmcockpit.core.decide.seat_commands import ApproveStep as ApproveStep
from mmcockpit.core.decide.seat_commands import GrantControls as GrantControls
from mmcockpit.core.decide.seat_commands import PrepareHandover as PrepareHandover
from mmcockpit.core.decide.seat_commands import RequestControls as RequestControls
from mmcockpit.core.decide.seat_commands import TakeControls as TakeControls
from mmcockpit.core.facts.reasons import Coverage
from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.messages.alarms import AlarmCause
from mmcockpit.core.model.states import Advice, Mark


class MarkItem(Command, frozen=True):
    """Mark an item: tick, override, not applicable, defer, block, claim, verify.

    `for_s` are the seconds of an override; with `witnessed`, `by` is a second name entered at the same terminal.
    """

    item: str
    reason: str = ""
    mark: Mark = Mark.DONE
    for_s: float = 1800.0
    witnessed: bool = False


class UndoMark(Command, frozen=True):
    """Undo the operator's latest mark that is in force."""


class OpenPhase(Command, frozen=True):
    """Pass the gate of `phase`, the open phase on the screen; `override` passes a closed gate, for a reason.

    `seen` is what the dialog listed as keeping the gate closed; None if no dialog was shown.
    """

    phase: str
    reason: str = ""
    override: bool = False
    seen: tuple[str, ...] | None = None


class HoldSession(Command, frozen=True):
    """Put the go-live on hold, or resume it."""

    on: bool
    reason: str = ""


class OpenPoll(Command, frozen=True):
    """Open the go/no-go poll."""


class Vote(Command, frozen=True):
    """Answer the poll for a role; without a role, for the next one that has not answered."""

    go: bool
    role: str = ""
    reason: str = ""


class ClosePoll(Command, frozen=True):
    """Decide the poll as its conductor."""

    go: bool
    reason: str


class DecideAdvice(Command, frozen=True):
    """Accept or dismiss the advice that was on the screen; `seen` is what of each reason was shown."""

    advice: Advice
    seen: tuple[Coverage, ...]
    accept: bool
    reason: str


class AcknowledgeAlarm(Command, frozen=True):
    """Acknowledge the causes of the alarm that were on the screen, or all present ones if none is given."""

    causes: tuple[AlarmCause, ...] = ()
    note: str = ""


class RecordBaseline(Command, frozen=True):
    """Record the means of the baseline's signals over its window, or set some `values` of it for a reason.

    `history` holds values of the window (by signal) from the sources, once they were `looked_up`.
    """

    values: dict[str, float] = msgspec.field(default_factory=dict)
    reason: str = ""
    history: dict[str, tuple[float, ...]] = msgspec.field(default_factory=dict)
    looked_up: bool = False


class OpenProcedure(Command, frozen=True):
    """Start a procedure, or start it again once it is over."""

    procedure: str


class AbandonProcedure(Command, frozen=True):
    """Abandon an open procedure, for a reason."""

    procedure: str
    reason: str


class RunStep(Command, frozen=True):
    """Run the step that is ready, or repeat the one that failed.

    `argv` and `where` (the API server) are what the dialog showed, and must not have changed; `typed` was typed there.
    """

    procedure: str
    step: str
    argv: tuple[str, ...] = ()
    where: str = ""
    typed: tuple[str, ...] = ()


class StopStep(Command, frozen=True):
    """Stop the running command of a step."""

    procedure: str
    step: str


class SettleStep(Command, frozen=True):
    """Record the outcome of a step that only an operator can know: a manual step, or one with an unknown outcome."""

    procedure: str
    step: str
    ok: bool
    reason: str = ""


class AnswerStep(Command, frozen=True):
    """Answer the question of a step."""

    procedure: str
    step: str
    value: str


class SkipStep(Command, frozen=True):
    """Skip a step, for a reason."""

    procedure: str
    step: str
    reason: str


class RepeatSteps(Command, frozen=True):
    """Reset an open procedure to an earlier step: this step and all later ones have to be repeated."""

    procedure: str
    step: str
    reason: str


class ChooseValue(Command, frozen=True):
    """Choose one of the values that a step captured."""

    procedure: str
    name: str
    value: str


class SendMessage(Command, frozen=True):
    """Send a prepared message with this text: `to` is `clipboard`, `webhook` or the name of a channel."""

    message: str
    change: str
    text: str
    to: str = "clipboard"


class AddNote(Command, frozen=True):
    """Add a note about one item or the session, or a marker."""

    text: str
    item: str = ""
    marker: bool = False


class SetT0(Command, frozen=True):
    """Set the planned start (Unix seconds)."""

    t0: float


class SenseNow(Command, frozen=True):
    """Poll the named signals (of a combination, its members), or all; an active one only if named and `confirmed`."""

    signals: tuple[str, ...] = ()
    confirmed: bool = False


class ReadLog(Command, frozen=True):
    """Read the end of the log of one entry of a signal's value, such as a pod."""

    signal: str
    entry: str


class AcceptUnrecorded(Command, frozen=True):
    """Record marks in memory only, for a reason, while the journal cannot be written."""

    reason: str


class AcceptIdentity(Command, frozen=True):
    """Accept the other system that responds for `source`; `seen` is the one that was on the screen."""

    source: str
    reason: str
    seen: Identity | None = None


class EndSession(Command, frozen=True):
    """End the session with this outcome."""

    outcome: str


class LeaveSession(Command, frozen=True):
    """Stop polling and leave the session; it can be resumed."""


AnyCommand = (
    MarkItem
    | UndoMark
    | OpenPhase
    | HoldSession
    | OpenPoll
    | Vote
    | ClosePoll
    | DecideAdvice
    | AcknowledgeAlarm
    | RecordBaseline
    | OpenProcedure
    | AbandonProcedure
    | RunStep
    | StopStep
    | SettleStep
    | SkipStep
    | AnswerStep
    | RepeatSteps
    | ChooseValue
    | SendMessage
    | AddNote
    | SetT0
    | SenseNow
    | ReadLog
    | AcceptUnrecorded
    | AcceptIdentity
    | RequestControls
    | GrantControls
    | TakeControls
    | ApproveStep
    | PrepareHandover
    | AcknowledgeHandover
    | EndSession
    | LeaveSession
)
