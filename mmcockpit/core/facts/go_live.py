"""The facts of conducting the go-live: holds, the poll, the advice and decisions on it, the baseline."""

import msgspec

from mmcockpit.core.facts.body import Body
from mmcockpit.core.facts.reasons import Coverage, Reason
from mmcockpit.core.model.states import Advice
from mmcockpit.core.model.verdict import Level


class Held(Body, frozen=True):
    """An operator put the go-live on hold, or resumed it; the T-clock stops meanwhile."""

    on: bool
    by: str
    reason: str = ""


class PollOpened(Body, frozen=True):
    """The go/no-go poll was opened."""

    by: str


class Voted(Body, frozen=True):
    """A role answered the poll."""

    role: str
    go: bool
    by: str
    reason: str = ""


class PollClosed(Body, frozen=True):
    """The conductor decided the poll; roles in `unanswered` count as no-go."""

    go: bool
    by: str
    reason: str
    unanswered: tuple[str, ...] = ()


class Advised(Body, frozen=True):
    """The advice changed, with all its reasons."""

    advice: Advice
    reasons: tuple[Reason, ...] = ()


class SignalChanged(Body, frozen=True):
    """The verdict of a judged or headline signal changed; `value` is its reading at that time, empty for a fault."""

    signal: str
    was: Level
    now: Level
    because: str = ""
    value: str = ""


class Decided(Body, frozen=True):
    """An operator accepted or dismissed an advice; a dismissed advice is shown again when it becomes more severe.

    `seen` is what the decision covers, of each reason at that time.
    """

    advice: Advice
    accepted: bool
    by: str
    reason: str
    seen: tuple[Coverage, ...] = ()


class BaselineRecorded(Body, frozen=True):
    """The means of the baseline's signals over a window (Unix seconds) were recorded.

    `missing` maps signals without a value to the reason; `history` are those whose mean comes from the history of their
    source; `by_hand` those whose value an operator set, for a `reason`.
    """

    start: float
    end: float
    values: dict[str, float]
    by: str
    missing: dict[str, str] = msgspec.field(default_factory=dict)
    history: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    reason: str = ""
