"""The kinds of facts that conducting the night makes: holds, the poll, the advice and its decision, the baseline."""

import msgspec

from mmcockpit.core.facts.body import Body
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import Advice
from mmcockpit.core.model.verdict import Level


class Held(Body, frozen=True):
    """An operator holds the go-live, or lets it go on; the T-clock stands meanwhile."""

    on: bool
    by: str
    reason: str = ""


class PollOpened(Body, frozen=True):
    """The roles are asked for go or no-go."""

    by: str


class Voted(Body, frozen=True):
    """A role answered the poll."""

    role: str
    go: bool
    by: str
    reason: str = ""


class PollClosed(Body, frozen=True):
    """The conductor decided the poll; `unanswered` roles count as no-go."""

    go: bool
    by: str
    reason: str
    unanswered: tuple[str, ...] = ()


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reason of an advice: `key` names it for good, `says` tells it, `before` what changed just before.

    `count` is of how many items it speaks: with more of them it weighs more. `parts` names the signals at fault where
    several are put together.
    """

    key: str
    says: str
    since: Stamp | None = None
    before: str = ""
    count: int = 1
    parts: tuple[str, ...] = ()

    @property
    def weights(self) -> dict[str, int]:
        """What a decision covers of it: with more items, or another part at fault, it is another matter."""
        return {self.key: self.count, **{f"{self.key} {part}": 1 for part in self.parts}}


class Advised(Body, frozen=True):
    """The advice changed, with every reason behind it."""

    advice: Advice
    reasons: tuple[Reason, ...] = ()


class SignalChanged(Body, frozen=True):
    """The verdict of a judged signal changed; `value` is what was read then, empty for a fault."""

    signal: str
    was: Level
    now: Level
    because: str = ""
    value: str = ""


class Decided(Body, frozen=True):
    """An operator accepted or dismissed an advice; a dismissed one comes back when it gets worse.

    `seen` weighs the reasons decided on: key to the number of items it spoke of.
    """

    advice: Advice
    accepted: bool
    by: str
    reason: str
    seen: dict[str, int] = msgspec.field(default_factory=dict)


class BaselineRecorded(Body, frozen=True):
    """The means of the chosen signals over a window (Unix seconds).

    `missing` are signals without a value, and why; `history` those whose mean is taken from their source's history;
    `by_hand` those whose value an operator set, for a `reason`.
    """

    start: float
    end: float
    values: dict[str, float]
    by: str
    missing: dict[str, str] = msgspec.field(default_factory=dict)
    history: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    reason: str = ""
