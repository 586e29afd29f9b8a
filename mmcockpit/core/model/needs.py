"""What the items of a go-live need from people, and why signals have no data."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import FaultKind


class Need(StrEnum):
    """What an item needs, in the order of the to-do list."""

    FAILING = "failing"
    YOU = "needs you"
    NO_DATA = "no data"
    SETTLING = "settling"
    DONE = "done"
    NOT_APPLICABLE = "not applicable"


class TodoGroup(msgspec.Struct, frozen=True):
    """The items with one need, the most urgent first.

    `items` are ids; `left` are those at their end that have been open since the gate of an earlier phase was forced.
    `ticks` are the others for which only a tick is missing that the operator can give, `others` those that need the
    tick of other people, by their names.
    """

    need: Need
    items: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    ticks: tuple[str, ...] = ()
    others: Mapping[tuple[str, ...], tuple[str, ...]] = msgspec.field(default_factory=dict)

    @property
    def current(self) -> tuple[str, ...]:
        """The items that were not left open by a forced gate."""
        return self.items[: len(self.items) - len(self.left)]


class NoDataCause(StrEnum):
    """Why a signal or an item has no data, in the order of urgency; each has its own way out."""

    SOURCE_FAILING = "source failing"
    """More than half of the signals of its source that were polled have no result, for reasons of the source."""
    SOURCE_MISSING = "source missing"
    """The cockpit file does not configure its source."""
    NOT_ALLOWED = "not allowed"
    """An active check or a command that `allow` of the cockpit file does not list."""
    ACTIVE_NOT_RUN = "active not run"
    EXPIRED = "expired"
    """The result of an active check counted for its time."""
    MANUAL_VALUE = "manual value"
    """Its rule compares with a baseline that is not recorded."""
    RULE = "rule"
    """Its rule, or the settle time of its item, cannot be evaluated."""
    STALE = "stale"
    """Its result or the newest sample is too old."""
    OTHER = "other"
    """Its source responds, but not with a valid value."""
    UNDECIDED = "undecided"
    """Its rule requires more results that agree."""
    NOT_ASKED = "not asked"
    """It was not polled yet, or not since the session was resumed."""


class NoDataGroup(msgspec.Struct, frozen=True):
    """Signals and items without data for one cause.

    `source` is the name of the source where the cause is one of a source. `signals` are the names of all signals
    without data, `items` the ids of the items in the group NO DATA of the to-do list. `since` is when the first of
    them lost its data, or was first polled without a result; None where none was polled. `fault` and `text` are the
    kind of most of their faults and the message of the first of that kind. For what is not allowed, `names`
    are the programs or signals, and `text` the key of the cockpit file that would have to list them.
    """

    cause: NoDataCause
    source: str = ""
    signals: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    since: Stamp | None = None
    fault: FaultKind | None = None
    text: str = ""
    names: tuple[str, ...] = ()
