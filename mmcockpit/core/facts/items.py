"""The facts about items: marks of operators with their evidence, and changes of state."""

import msgspec

from mmcockpit.core.facts.body import Body
from mmcockpit.core.model.states import Mark, State


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """The result of an item's signal at the time when an operator marked the item."""

    signal: str
    question: str
    rule: str
    level: str
    value: str
    sampled: float | None = None


class ItemMarked(Body, frozen=True):
    """An operator marked an item; the evidence is the result of its signal at that time.

    `expires` is the session second at which an override expires; `undoes` the mark that an undo removes. `witnessed` is
    set if a second name was entered at the same terminal: recorded, never authenticated.
    """

    item: str
    mark: Mark
    by: str
    reason: str = ""
    evidence: Evidence | None = None
    expires: float = 0.0
    undoes: Mark | None = None
    witnessed: bool = False


class MarkExpired(Body, frozen=True):
    """An override expired."""

    item: str
    by: str


class ItemChanged(Body, frozen=True):
    """The state of an item changed by its signal; `served` is how much of its settle time has passed, in seconds."""

    item: str
    was: State
    now: State
    because: str
    served: float = 0.0
