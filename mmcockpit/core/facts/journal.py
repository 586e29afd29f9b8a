"""The facts about the journal itself, and the state that a journal takes over from the one before it."""

from typing import Any

import msgspec

from mmcockpit.core.facts.body import Body
from mmcockpit.core.model.cockpit import Cockpit


class Continuation(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state that a journal starts with when it continues another one.

    `file` is the earlier journal, `head` and `seq` its last valid line, `because` what happened to it. `state` is the
    session up to that line, as `carried.freeze` makes it.
    """

    file: str
    head: str
    seq: int
    because: str
    state: dict[str, Any] = msgspec.field(default_factory=dict)


class Reopened(Body, frozen=True):
    """An operator reopened a session that had ended with `outcome`."""

    by: str
    reason: str
    outcome: str


class DamageAccepted(Body, frozen=True):
    """An operator resumed a session with a damaged journal: the number of problems, and the first of them."""

    by: str
    reason: str
    count: int
    problems: tuple[str, ...] = ()


class Reconfigured(Body, frozen=True):
    """What may act on production was replaced from the current cockpit file: sources, queries, commands, permissions.

    `cockpit` is what counts from now on, `changes` lists the differences; `file` is empty if an operator confirmed
    the values of the journal.
    """

    by: str
    file: str
    cockpit: Cockpit
    changes: tuple[str, ...] = ()
