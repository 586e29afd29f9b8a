"""The reasons of an advice or a call for a procedure as values; `core/words/reasons.py` makes them text."""

from enum import StrEnum

import msgspec

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.model.verdict import Verdict


class ReasonKind(StrEnum):
    """What a reason is about; the comments name what `subject` is, if it has one."""

    ABORT = "abort rule failed"  # signal
    ABORT_PENDING = "abort rule failing"  # signal
    ABORT_NO_DATA = "abort rule without data"  # signal
    SIGNAL = "signal"  # signal
    ITEM = "item"  # item
    ITEMS = "items"
    CONTACTS = "contacts"
    HOLD = "hold"
    NO_REQUIRED_ITEM = "no required item"
    NOTHING_PROVEN = "nothing proven"
    NO_RETURN = "no return"  # item; none for a step of a procedure
    ALERT = "alert"  # signal
    DELIVERY = "new version to stop"  # procedure
    STEP = "step failed"  # procedure/step


ABOUT_ITEM = frozenset({ReasonKind.ITEM, ReasonKind.NO_RETURN})
ABOUT_SIGNAL = frozenset(
    {
        *(ReasonKind.ABORT, ReasonKind.ABORT_PENDING, ReasonKind.ABORT_NO_DATA),
        *(ReasonKind.SIGNAL, ReasonKind.ALERT),
    }
)
"""Kinds whose subject is an item, and kinds whose subject is a signal."""


class Coverage(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a decision on one reason covers; more items, another failing member or another state need a new decision.

    `subject` is the name of a signal or the id of an item. `phase` and `for_s` are those of an abort rule, `phase` also
    the one without a required item. `state` is that of the item, or of the `count` items. `parts` are the failing
    members of a combination, or the roles of contacts without a name.
    """

    kind: ReasonKind
    subject: str = ""
    phase: str = ""
    for_s: float = 0.0
    state: State | None = None
    count: int = 1
    parts: tuple[str, ...] = ()

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals that it names: its own, and the failing members of a combination."""
        own = (self.subject,) if self.kind in ABOUT_SIGNAL else ()
        return (*own, *(self.parts if self.kind is not ReasonKind.CONTACTS else ()))

    @property
    def about(self) -> tuple[ReasonKind, str, str, float, State | None]:
        """What it is about; it is the same reason as long as this stays the same."""
        return (self.kind, self.subject, self.phase, self.for_s, self.state)


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of a signal when a reason was made: its title, its value as text, and its verdict."""

    signal: str
    title: str
    value: str
    verdict: Verdict


class Reason(Coverage, frozen=True, omit_defaults=True):
    """One reason of an advice or of a call for a procedure.

    `since` is when it began, `before` what changed in production just before. `title` and `number` are those of the
    item; `title` is also the name of a firing alert. `failed_s` is how long an abort rule has failed, `leads_to` the
    advice once it has failed for its time. `by` and `text` are the operator and the reason of a hold or a block, or
    `text` alone why an item's settle time is unknown. `recorded` is the sentence of a reason from a journal of
    schema 2, whose other values are not known.
    """

    title: str = ""
    number: int = 0
    result: Result | None = None
    failed_s: float = 0.0
    leads_to: Advice | None = None
    by: str = ""
    text: str = ""
    since: Stamp | None = None
    before: str = ""
    recorded: str = ""

    @property
    def coverage(self) -> Coverage:
        """What a decision on this reason covers."""
        return Coverage(self.kind, self.subject, self.phase, self.for_s, self.state, self.count, self.parts)


def covers(seen: tuple[Coverage, ...], reason: Coverage) -> bool:
    """Return whether one of these coverages covers a reason: it is the same, with no more items or failing parts."""
    return any(
        known.about == reason.about and reason.count <= known.count and set(reason.parts) <= set(known.parts)
        for known in seen
    )


def still_covered(seen: tuple[Coverage, ...], reasons: tuple[Reason, ...]) -> tuple[Coverage, ...]:
    """Return these coverages without what no reason is about any more: if it comes back, it counts as new."""
    present = {reason.about: reason for reason in reasons}
    return tuple(_narrowed(known, present[known.about]) for known in seen if known.about in present)


def _narrowed(known: Coverage, reason: Reason) -> Coverage:
    parts = tuple(part for part in known.parts if part in reason.parts)
    return msgspec.structs.replace(known, count=min(known.count, reason.count), parts=parts)
