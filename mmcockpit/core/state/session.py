"""The state of a session, folded from its events and from nothing else."""

from collections import deque
from dataclasses import dataclass, field

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.states import Mark
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.procedure_runs import Call, ProcedureRun
from mmcockpit.core.state.signals import SignalState

Topic = str
"""What changed: `signal:NAME`, `item:ID` or one of the constants below."""

SESSION = "session"
LOG = "log"
ITEMS = "items"
SIGNALS = "signals"

LOG_KEPT = 2_000
CHANGES_KEPT = 64
ACTS_KEPT = 256


def signal_topic(name: str) -> Topic:
    """Return the topic of one signal."""
    return f"signal:{name}"


def item_topic(item: str) -> Topic:
    """Return the topic of one item."""
    return f"item:{item}"


@dataclass(slots=True)
class Session:
    """Everything known of one go-live run; changed only by `evolve`.

    `phase` is the index of the phase that is open, `opened_at` when each of those so far opened. `marks` are the marks
    that stand, in order: what undo takes back. `held` is the hold that stands, `held_s` how long earlier ones took.
    `announced` are the verdicts of judged signals as last recorded by a SignalChanged.
    `poll` is None before the first one; `votes` are its answers by role. `procedures` are the latest runs by id,
    `calls` what is called for, `sent` the messages (id, change, to) that went out; `past_return` says that a step was
    started behind which there is no way back. `acts` are the latest things that somebody did, `changes` those that the
    production did, as its signals tell them; `observers` are who watches, by their process; `pauses`
    the session seconds between which nothing ran. By source: `identities` are
    the systems as recorded, `strangers` others that answer instead, `unverified` why TLS is not verified.
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
    announced: dict[str, Level] = field(default_factory=dict)
    baseline: facts.BaselineRecorded | None = None
    procedures: dict[str, ProcedureRun] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    sent: set[tuple[str, str, str]] = field(default_factory=set)
    past_return: bool = False
    identities: dict[str, Identity] = field(default_factory=dict)
    strangers: dict[str, Identity] = field(default_factory=dict)
    unverified: dict[str, str] = field(default_factory=dict)
    acts: deque[Event] = field(default_factory=lambda: deque(maxlen=ACTS_KEPT))
    pauses: list[tuple[float, float]] = field(default_factory=list)
    changes: deque[tuple[Stamp, str]] = field(default_factory=lambda: deque(maxlen=CHANGES_KEPT))
    log: deque[Event] = field(default_factory=lambda: deque(maxlen=LOG_KEPT))
    unread: int = 0
    troubles: int = 0
    closed: facts.Closed | None = None
    seq: int = 0
    last: Stamp | None = None

    @property
    def cockpit(self) -> Cockpit:
        """The resolved cockpit file; ValueError before the session was opened."""
        if self.opened is None:
            raise ValueError("the session has no first line: nothing says what it is about")
        return self.opened.cockpit

    def phase_of(self, item: str) -> int:
        """Return the index of the phase an item stands in; KeyError for an unknown item."""
        return self.phase_index(item.split("/", 1)[0])

    def phase_index(self, phase: str) -> int:
        """Return the index of a phase by its id; KeyError for one that is not there."""
        for index, one in enumerate(self.cockpit.checklist.phases):
            if one.id == phase:
                return index
        raise KeyError(phase)

    def served(self, item: Item) -> float:
        """Return the seconds of the item's hold that count: passed since its phase opened, up to the last answer."""
        signal, phase = self.signals.get(item.signal), self.phase_of(item.id)
        if signal is None or phase >= len(self.opened_at):
            return 0.0
        return signal.passing.since(self.opened_at[phase].at)

    def signal_of(self, item: Item) -> SignalState | None:
        """Return the state of the item's signal, None for an item without one."""
        return self.signals.get(item.signal)

    def count(self, now: Stamp) -> float | None:
        """Return the seconds since T0, negative before it; holds do not count. None where no T0 is set."""
        if self.t0 is None:
            return None
        holding = now.at - self.held_since.at if self.held_since else 0.0
        return now.wall - self.t0 - self.held_s - holding
