"""The page of a handover: what the next person has to know, as values; `core/words/handover.py` makes it text."""

import msgspec

from mmcockpit.core.model.needs import Need
from mmcockpit.core.model.states import Advice, State, StepState

MOST_ROWS = 40
"""Maximum number of rows of one part of the page; the number of all of them is recorded, too."""


class OpenItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item that is not satisfied: its state, what it needs and why.

    `since` (Unix seconds) is when it got this state, `claimed_by` who takes care of it. `required` is whether it keeps
    a gate closed.
    """

    number: int
    title: str
    state: State
    need: Need
    text: str = ""
    since: float | None = None
    claimed_by: str = ""
    required: bool = True


class MarkedItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item that an operator overrode or deferred; `until` (Unix seconds) is when an override expires."""

    number: int
    title: str
    by: str
    reason: str = ""
    until: float | None = None


class SettlingItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An item that passes and settles, in seconds; `settle_s` is None if its settle time cannot be evaluated.

    `ticks` is whether it needs a tick, too.
    """

    number: int
    title: str
    settled_s: float
    settle_s: float | None = None
    ticks: bool = False

    @property
    def left_s(self) -> float | None:
        """How many seconds it has to pass without a break."""
        return None if self.settle_s is None else max(self.settle_s - self.settled_s, 0.0)


class SettleTime(msgspec.Struct, frozen=True, omit_defaults=True):
    """The settle time of an item of the open phase, in seconds; `full_s` is None if it cannot be evaluated.

    `id` and `state` are those of the item; a settle time counts only while the state is HOLDING, and is over in a state
    that satisfies the item. `text` is why it does not count.
    """

    id: str
    number: int
    title: str
    state: State
    settled_s: float
    full_s: float | None = None
    text: str = ""

    @property
    def left_s(self) -> float | None:
        """How many seconds the item has to pass without a break; None if it does not pass, or that is unknown."""
        if self.state is not State.HOLDING or self.full_s is None:
            return None
        return max(self.full_s - self.settled_s, 0.0)


class HoldInForce(msgspec.Struct, frozen=True):
    """The hold of the session, since when (Unix seconds)."""

    by: str
    reason: str
    since: float


class HandoverAlert(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alert that fires and is not silenced; `since` as its source reports it (RFC 3339)."""

    name: str
    severity: str = ""
    since: str = ""


class RunningProcedure(msgspec.Struct, frozen=True, omit_defaults=True):
    """A procedure that was started and is not over: its next or running step, `number` of `total`, since when."""

    title: str
    by: str
    step: str = ""
    state: StepState | None = None
    number: int = 0
    total: int = 0
    since: float | None = None


class RecordedBaseline(msgspec.Struct, frozen=True, omit_defaults=True):
    """The baseline: its window (Unix seconds), its values as (title of the signal, text), the titles without one."""

    start: float
    end: float
    by: str
    values: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


class HandoverPage(msgspec.Struct, frozen=True, omit_defaults=True):
    """The situation of a session `at` a moment (Unix seconds).

    Of each part at most MOST_ROWS rows are kept; `counts` has the number of all rows of the parts that are longer.
    `open_items` are sorted by urgency; `regressions` are those of them that were satisfied before, and that no person
    has claimed or noted since. `alert_signals` is how many signals poll alerts, `alerts_unknown` the titles of those
    without data. `queued` are the procedures that are called for and not started. `next_handover` is in Unix seconds.
    """

    at: float
    target: str = ""
    environment: str = ""
    phase: str = ""
    number: int = 0
    phases: int = 0
    advice: Advice | None = None
    reason: str = ""
    past_return: bool = False
    held: HoldInForce | None = None
    open_items: tuple[OpenItem, ...] = ()
    regressions: tuple[OpenItem, ...] = ()
    settling: tuple[SettlingItem, ...] = ()
    overrides: tuple[MarkedItem, ...] = ()
    deferred: tuple[MarkedItem, ...] = ()
    alerts: tuple[HandoverAlert, ...] = ()
    alert_signals: int = 0
    alerts_unknown: tuple[str, ...] = ()
    procedures: tuple[RunningProcedure, ...] = ()
    queued: tuple[str, ...] = ()
    baseline: RecordedBaseline | None = None
    no_baseline: tuple[str, ...] = ()
    """Signals that compare with a baseline and have no value of one."""
    next_handover: float | None = None
    counts: dict[str, int] = msgspec.field(default_factory=dict)
