"""The state of a session, folded from its events only."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.messages.alarms import Alarm
from mmcockpit.core.model.production_change import ProductionChange
from mmcockpit.core.model.refusal import Refusal
from mmcockpit.core.model.seat import Seat
from mmcockpit.core.model.states import Mark
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.procedure_runs import Call, ProcedureRun
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.state.topics import ITEMS as ITEMS
from mmcockpit.core.state.topics import LOG as LOG
from mmcockpit.core.state.topics import SESSION as SESSION
from mmcockpit.core.state.topics import SIGNALS as SIGNALS
from mmcockpit.core.state.topics import Topic as Topic
from mmcockpit.core.state.topics import item_topic as item_topic
from mmcockpit.core.state.topics import signal_topic as signal_topic

LOG_KEPT = 2_000
CHANGES_KEPT = 64
ACTS_KEPT = 256
LOGS_KEPT = 20


class SentMessage(NamedTuple):
    """A message that was sent: its id, the change that it was about, where it went, and its text."""

    message: str
    change: str
    to: str
    text: str = ""


class Sending(NamedTuple):
    """A message on its way to a channel: the number of the fact that recorded it, and its id; empty: an escalation."""

    number: int
    to: str
    message: str = ""


class SentCommand(NamedTuple):
    """A command that was decided: the number of its first fact, the identity that sent it, and why it was refused."""

    seq: int
    identity: str
    refusal: Refusal | None = None


class EntryLog(NamedTuple):
    """The latest end of a log that was read, and when."""

    fact: facts.LogRead
    at: Stamp


class StepApproval(NamedTuple):
    """The latest approval of a step, and the number of its fact."""

    fact: facts.StepApproved
    seq: int


@dataclass(slots=True)
class Session:
    """The whole state of one go-live; changed only by `evolve`.

    `phase` is the index of the open phase, `opened_at` the time at which each phase so far was opened. `marks` are the
    marks in force, in order, for undo. `held` is the hold in force, `held_s` the duration of earlier ones. `announced`
    are the verdicts of judged signals as last recorded by a SignalChanged. `alarm` is that of the advice, until every
    cause of it is resolved. `poll` is None before the first one; `votes`
    are its answers by role. `procedures` are the latest runs by id, `calls` the procedures that are called for, `sent`
    the messages that were sent, `sending` those whose result is not recorded yet;
    `past_return` is set once a step was started after which no rollback is possible,
    `past_return_of` are the targets for which such a step of their own was started. `acts` are the latest actions of
    operators, `changes` the latest changes in production that its signals show; `observers` are the people who watch,
    by process; `pauses` are the (start, end) of pauses in session seconds.
    `seats` are the processes that are attached, by id, `seat_since` when each joined; `controls` is the person who has
    the controls (empty if they are free), `control_requests` who asked for them; `approvals` are the latest of each
    step, by `step_subject`;
    `handover` is the one that waits to be acknowledged, `handover_number` its fact. `epoch` is the term of the driver.
    `command_ids` are the ids of the latest commands; of older ones, decided up to fact `forgotten_seq`, the ids are not
    known any more. `logins` are the identities under which each person has acted (by folded name), `revisions` the
    numbers of the facts that last changed what commands decide about.
    `logs` are the latest ends of logs that were read, by `entry_of`.
    By source: `identities` are the recorded systems, `strangers` other systems that respond instead, `unverified` why
    TLS is not verified.
    """

    opened: facts.Opened | None = None
    started: Stamp | None = None
    signals: dict[str, SignalState] = field(default_factory=dict)
    items: dict[str, ItemState] = field(default_factory=dict)
    phase: int = 0
    opened_at: list[Stamp] = field(default_factory=list)
    t0: float | None = None
    operators: list[str] = field(default_factory=list)
    observers: dict[int, str] = field(default_factory=dict)
    marks: list[tuple[str, Mark]] = field(default_factory=list)
    held: facts.Held | None = None
    held_since: Stamp | None = None
    held_s: float = 0.0
    poll: facts.PollOpened | facts.PollClosed | None = None
    votes: dict[str, facts.Voted] = field(default_factory=dict)
    advised: facts.Advised | None = None
    advised_at: Stamp | None = None
    decided: facts.Decided | None = None
    alarm: Alarm | None = None
    announced: dict[str, Level] = field(default_factory=dict)
    baseline: facts.BaselineRecorded | None = None
    procedures: dict[str, ProcedureRun] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    sent: set[SentMessage] = field(default_factory=set)
    sending: list[Sending] = field(default_factory=list)
    past_return: bool = False
    past_return_of: set[str] = field(default_factory=set)
    identities: dict[str, Identity] = field(default_factory=dict)
    strangers: dict[str, Identity] = field(default_factory=dict)
    unverified: dict[str, str] = field(default_factory=dict)
    seats: dict[str, Seat] = field(default_factory=dict)
    seat_since: dict[str, Stamp] = field(default_factory=dict)
    controls: str = ""
    control_requests: list[str] = field(default_factory=list)
    approvals: dict[str, StepApproval] = field(default_factory=dict)
    handover: facts.HandoverPrepared | None = None
    handover_number: int = 0
    epoch: int = 0
    command_ids: dict[str, SentCommand] = field(default_factory=dict)
    forgotten_seq: int = 0
    logins: dict[str, list[str]] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    acts: deque[Event] = field(default_factory=lambda: deque(maxlen=ACTS_KEPT))
    pauses: list[tuple[float, float]] = field(default_factory=list)
    logs: dict[str, EntryLog] = field(default_factory=dict)
    changes: deque[ProductionChange] = field(default_factory=lambda: deque(maxlen=CHANGES_KEPT))
    log: deque[Event] = field(default_factory=lambda: deque(maxlen=LOG_KEPT))
    unread: int = 0
    troubles: int = 0
    closed: facts.Closed | None = None
    seq: int = 0
    last: Stamp | None = None

    @property
    def speed(self) -> float:
        """How many seconds of the session pass in a second; 1 except in a demo."""
        return self.opened.speed if self.opened is not None else 1.0

    @property
    def cockpit(self) -> Cockpit:
        """The resolved cockpit file; ValueError before the session was opened."""
        if self.opened is None:
            raise ValueError("the session has no opening fact, and so no cockpit file")
        return self.opened.cockpit

    def seated(self, operator: str) -> str:
        """Return who acts at a seat; at one without an operator, such as a replay, who joined last."""
        return operator or (self.operators[-1] if self.operators else "")

    def seat_of(self, identity: str) -> Seat | None:
        """Return the latest seat of an identity; None if it has none."""
        return next((seat for seat in reversed(self.seats.values()) if seat.identity == identity), None)

    def phase_of(self, item: str) -> int:
        """Return the index of an item's phase; KeyError for an unknown item."""
        return self.cockpit.checklist.phase_of[item]

    def phase_index(self, phase: str) -> int:
        """Return the index of a phase by its id; KeyError for an unknown phase."""
        for index, one in enumerate(self.cockpit.checklist.phases):
            if one.id == phase:
                return index
        raise KeyError(phase)

    def served(self, item: Item) -> float:
        """Return the seconds of the item's settle time that count: since its phase opened, up to the last result."""
        signal, phase = self.signals.get(item.signal), self.phase_of(item.id)
        if signal is None or phase >= len(self.opened_at):
            return 0.0
        return signal.passing.since(self.opened_at[phase].at)

    def signal_of(self, item: Item) -> SignalState | None:
        """Return the state of the item's signal, None for an item without one."""
        return self.signals.get(item.signal)

    def count(self, now: Stamp) -> float | None:
        """Return the seconds since T0 without holds, negative before T0; None if no T0 is set."""
        if self.t0 is None:
            return None
        holding = now.at - self.held_since.at if self.held_since else 0.0
        return now.wall - self.t0 - self.held_s - holding


def entry_of(signal: str, entry: str) -> str:
    """Return the name of one entry of a signal's value, such as a pod."""
    return f"{signal}/{entry}"
