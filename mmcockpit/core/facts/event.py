"""The event (one fact with its number and stamp), the union of all kinds of facts, and the kinds without a topic."""

from typing import Any

import msgspec

from mmcockpit.core.facts.alarms import AlarmAcknowledged as AlarmAcknowledged
from mmcockpit.core.facts.alarms import Escalated as Escalated
from mmcockpit.core.facts.alarms import MessageDelivered as MessageDelivered
from mmcockpit.core.facts.anchors import Anchored as Anchored
from mmcockpit.core.facts.anchors import NotAnchored as NotAnchored
from mmcockpit.core.facts.body import Body as Body
from mmcockpit.core.facts.go_live import Advised as Advised
from mmcockpit.core.facts.go_live import BaselineRecorded as BaselineRecorded
from mmcockpit.core.facts.go_live import Decided as Decided
from mmcockpit.core.facts.go_live import Held as Held
from mmcockpit.core.facts.go_live import PollClosed as PollClosed
from mmcockpit.core.facts.go_live import PollOpened as PollOpened
from mmcockpit.core.facts.go_live import SignalChanged as SignalChanged
from mmcockpit.core.facts.go_live import Voted as Voted
from mmcockpit.core.facts.items import Evidence as Evidence
from mmcockpit.core.facts.items import ItemChanged as ItemChanged
from mmcockpit.core.facts.items import ItemMarked as ItemMarked
from mmcockpit.core.facts.items import MarkExpired as MarkExpired
from mmcockpit.core.facts.journal import Continuation as Continuation
from mmcockpit.core.facts.journal import DamageAccepted as DamageAccepted
from mmcockpit.core.facts.journal import Reconfigured as Reconfigured
from mmcockpit.core.facts.journal import Reopened as Reopened
from mmcockpit.core.facts.pauses import ClockJumped as ClockJumped
from mmcockpit.core.facts.pauses import Paused as Paused
from mmcockpit.core.facts.people import ObserverJoined as ObserverJoined
from mmcockpit.core.facts.people import ObserverLeft as ObserverLeft
from mmcockpit.core.facts.people import OperatorJoined as OperatorJoined
from mmcockpit.core.facts.people import OperatorLeft as OperatorLeft
from mmcockpit.core.facts.people import Resumed as Resumed
from mmcockpit.core.facts.procedures import Cause as Cause
from mmcockpit.core.facts.procedures import MessageSent as MessageSent
from mmcockpit.core.facts.procedures import ProcedureClosed as ProcedureClosed
from mmcockpit.core.facts.procedures import ProcedureOpened as ProcedureOpened
from mmcockpit.core.facts.procedures import ProcedureQueued as ProcedureQueued
from mmcockpit.core.facts.procedures import ProcedureUnqueued as ProcedureUnqueued
from mmcockpit.core.facts.procedures import StepChanged as StepChanged
from mmcockpit.core.facts.procedures import StepOutput as StepOutput
from mmcockpit.core.facts.procedures import StepProcess as StepProcess
from mmcockpit.core.facts.procedures import StepsRepeated as StepsRepeated
from mmcockpit.core.facts.procedures import ValueChosen as ValueChosen
from mmcockpit.core.facts.reasons import Coverage as Coverage
from mmcockpit.core.facts.reasons import Reason as Reason
from mmcockpit.core.facts.reasons import ReasonKind as ReasonKind
from mmcockpit.core.facts.seats import ControlsGranted as ControlsGranted
from mmcockpit.core.facts.seats import ControlsRequested as ControlsRequested
from mmcockpit.core.facts.seats import DriverChanged as DriverChanged
from mmcockpit.core.facts.seats import EffectRequested as EffectRequested
from mmcockpit.core.facts.seats import HandoverAcknowledged as HandoverAcknowledged
from mmcockpit.core.facts.seats import HandoverPrepared as HandoverPrepared
from mmcockpit.core.facts.seats import SeatJoined as SeatJoined
from mmcockpit.core.facts.seats import SeatLeft as SeatLeft
from mmcockpit.core.facts.seats import StepApproved as StepApproved
from mmcockpit.core.facts.sources import FailedOver as FailedOver
from mmcockpit.core.facts.sources import IdentityAccepted as IdentityAccepted
from mmcockpit.core.facts.sources import IdentityDiffered as IdentityDiffered
from mmcockpit.core.facts.sources import LogRead as LogRead
from mmcockpit.core.facts.sources import SourceIdentified as SourceIdentified
from mmcockpit.core.facts.sources import VerificationChanged as VerificationChanged
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.reading import Answer
from mmcockpit.core.model.refusal import Refusal
from mmcockpit.core.model.states import Advice as Advice
from mmcockpit.core.model.states import Mark as Mark
from mmcockpit.core.model.states import SessionMode as SessionMode
from mmcockpit.core.model.states import State as State
from mmcockpit.core.model.states import StepState as StepState
from mmcockpit.core.model.verdict import Verdict

SCHEMA = 3
"""Major version of the journal's facts, in its first line. A change that older programs would misread raises it."""

MINOR = 8
"""Minor version of the journal's facts: a new kind of fact or a new field raises it."""


class Opened(Body, frozen=True):
    """A session was opened with these resolved values; `texts` (file name to source text) are kept for reading only.

    `schema` and `minor` are the SCHEMA and MINOR of the program that wrote the journal, `file` is the path of the
    cockpit file. Where the journal continues another one, `continues` holds the session so far. `speed` is how many
    seconds of the session pass in a second: 1, except in a demo. `headless` is set if the driver has no screen: then no
    person has the controls yet.
    """

    session: str
    app: str
    operator: str
    host: str
    mode: SessionMode
    cockpit: Cockpit
    schema: int = 1
    texts: dict[str, str] = msgspec.field(default_factory=dict)
    file: str = ""
    continues: Continuation | None = None
    minor: int = 0
    speed: float = 1.0
    headless: bool = False


class Gap(Body, frozen=True):
    """Facts could not be written: the number of lost readings, since when, and why."""

    lost: int
    since: Stamp
    because: str


class T0Changed(Body, frozen=True):
    """The planned start was set (Unix seconds); T± counts from it."""

    t0: float
    by: str


class PhaseChanged(Body, frozen=True):
    """A gate was passed: both phases, the evidence of every item before it, and the head of the journal just before.

    `unmet` are the required items that were not satisfied, `failing` the judged signals that failed, `unfilled` the
    contacts without a name: with any of them, `reason` is why the gate was overridden.
    """

    was: str
    now: str
    by: str
    evidence: tuple[Evidence, ...] = ()
    unmet: tuple[str, ...] = ()
    reason: str = ""
    head: str = ""
    unfilled: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()


class Noted(Body, frozen=True):
    """A note about the session or one item; a marker is a note that a replay can jump to."""

    text: str
    by: str
    item: str = ""
    marker: bool = False


class Observed(Body, frozen=True):
    """A signal was polled: a reading or a fault, the verdict at that time, and how long the poll took (`ms`)."""

    signal: str
    answer: Answer
    verdict: Verdict
    ms: float = 0.0


class Backfilled(Body, frozen=True):
    """Points that a chart starts with: (Unix seconds, value), oldest first."""

    signal: str
    points: tuple[tuple[float, float], ...]


class Refused(Body, frozen=True):
    """A command was refused, and why."""

    command: str
    refusal: Refusal
    by: str = ""


class Trouble(Body, frozen=True):
    """An internal error of the cockpit: place, summary in a line, detail; a `harmless` one needs no action."""

    where: str
    summary: str
    detail: str = ""
    harmless: bool = False


class Closed(Body, frozen=True):
    """The session ended."""

    outcome: str
    by: str = ""


class Unread(Body, frozen=True):
    """A journal line of a kind that this version does not know, kept as it was written."""

    kind: str
    text: str


AnyBody = (
    Opened
    | MarkExpired
    | PhaseChanged
    | Held
    | PollOpened
    | Voted
    | PollClosed
    | Advised
    | Decided
    | BaselineRecorded
    | OperatorJoined
    | OperatorLeft
    | ObserverJoined
    | ObserverLeft
    | Resumed
    | Reopened
    | DamageAccepted
    | Reconfigured
    | Gap
    | T0Changed
    | ItemMarked
    | ItemChanged
    | SignalChanged
    | Noted
    | ProcedureQueued
    | ProcedureUnqueued
    | ProcedureOpened
    | ProcedureClosed
    | StepChanged
    | StepOutput
    | StepProcess
    | StepsRepeated
    | ValueChosen
    | MessageSent
    | SourceIdentified
    | IdentityDiffered
    | IdentityAccepted
    | FailedOver
    | Paused
    | ClockJumped
    | VerificationChanged
    | LogRead
    | SeatJoined
    | SeatLeft
    | EffectRequested
    | ControlsRequested
    | ControlsGranted
    | DriverChanged
    | StepApproved
    | HandoverPrepared
    | HandoverAcknowledged
    | Anchored
    | NotAnchored
    | Escalated
    | AlarmAcknowledged
    | MessageDelivered
    | Observed
    | Backfilled
    | Refused
    | Trouble
    | Closed
    | Unread
)

DURABLE = frozenset(
    {
        *(Opened, OperatorJoined, OperatorLeft, ObserverJoined, ObserverLeft, Resumed),
        *(Reopened, DamageAccepted, Reconfigured),
        *(Gap, T0Changed, ItemMarked, Noted, Closed),
        *(PhaseChanged, Held, PollOpened, Voted, PollClosed, Advised, Decided, BaselineRecorded),
        *(ProcedureQueued, ProcedureUnqueued, ProcedureOpened, ProcedureClosed, StepChanged, StepProcess),
        *(StepsRepeated, ValueChosen, MessageSent),
        *(Paused, ClockJumped),
        *(SourceIdentified, IdentityDiffered, IdentityAccepted, FailedOver, VerificationChanged),
        *(SeatJoined, SeatLeft, EffectRequested, ControlsRequested, ControlsGranted, DriverChanged, StepApproved),
        *(HandoverPrepared, HandoverAcknowledged, Anchored, NotAnchored, Escalated, AlarmAcknowledged),
        MessageDelivered,
    }
)
"""Facts that are written to disk before they are shown; the others are written within a second."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """One fact: its number in the session, its stamp, its content, and whether it was written to the journal.

    Optional: `identity` is who caused it, as the operating system or the database knows them, never what a person
    typed; `command_id` is the command that it results from; `epoch` is the number of the driver's term. `unknown` are
    its fields that this version does not know, by path.
    """

    seq: int
    stamp: Stamp
    body: AnyBody
    recorded: bool = True
    identity: str = ""
    command_id: str = ""
    epoch: int = 0
    unknown: dict[str, Any] | None = None
