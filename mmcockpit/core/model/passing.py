"""What would satisfy an item or make a signal pass, as values."""

from enum import StrEnum

import msgspec

from mmcockpit.core.model.needs import NoDataGroup


class Condition(StrEnum):
    """What has to happen first."""

    NOTHING = "nothing"
    """It is satisfied, or passes."""
    PHASE = "phase"
    """Its phase has to open."""
    NEEDS = "needs"
    """Items that it needs have to be satisfied."""
    TICK = "tick"
    APPROVAL = "approval"
    """Another person has to agree."""
    UNBLOCK = "unblock"
    RULE = "rule"
    """Its signal has to pass its rule."""
    MEMBERS = "members"
    """Members of its combination have to pass."""
    RESULTS = "results"
    """More results have to agree."""
    SETTLE = "settle"
    DATA = "data"
    """Its signal needs data."""
    UNDEFINED = "undefined"
    """Its signal does not exist."""


class Passing(msgspec.Struct, frozen=True):
    """The first condition, with its details, and whether a tick has to follow.

    `text` is the phase, the text of the rule, the person who blocked it, or the name of an unknown signal; `names` are
    the members that do not pass, or the items that it needs. `seconds` are left to settle, `first` those until the gate
    can open. `count` is the number of results or approvals. `group` is why there is no data. `needs_reason` is set
    where a tick accepts a warning. `tickers` are the people whose tick is meant, if they are others than the operator.
    """

    condition: Condition
    text: str = ""
    names: tuple[str, ...] = ()
    seconds: float = 0.0
    first: float | None = None
    count: int = 0
    group: NoDataGroup | None = None
    then_tick: bool = False
    needs_reason: bool = False
    tickers: tuple[str, ...] = ()
