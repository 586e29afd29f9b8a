"""The kinds of facts about the journal itself, and what a journal carries over from the one before it."""

from typing import Any

import msgspec

from mmcockpit.core.facts.body import Body
from mmcockpit.core.model.cockpit import Cockpit


class Continuation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a journal that continues another one starts with.

    `file` is the journal before it, `head` and `seq` its last good line, `because` what happened to it. `state` is the
    session up to there, as `carried.freeze` makes it.
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
    """An operator resumed a session although its journal is damaged: how many problems, and the first of them."""

    by: str
    reason: str
    count: int
    problems: tuple[str, ...] = ()


class Reconfigured(Body, frozen=True):
    """What may act on production was taken from the cockpit file of that day: sources, queries, commands, permissions.

    `cockpit` is what counts from then on, `changes` say how it differs from before; an empty `file` means that an
    operator confirmed what the journal says.
    """

    by: str
    file: str
    cockpit: Cockpit
    changes: tuple[str, ...] = ()
