"""Cockpits with a phase that is repeated for two targets."""

import msgspec

from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.cockpit import Abort, Cockpit
from mmcockpit.core.model.procedure import Danger, Procedure, Step
from mmcockpit.core.model.signal import Signal
from tests.core.sessions import number, plan, sensed

TARGETS = ("eu-1", "eu-2")
"""The targets of the first two phases."""


def health(target: str) -> Signal:
    return msgspec.structs.replace(number(f"health@{target}"), target=target)


def rollback(target: str) -> Procedure:
    argv = ("kubectl", f"--context={target}", "rollout", "undo")
    undo = Step("undo", "Undo", argv=argv, danger=Danger.DANGEROUS, target="app")
    return Procedure(f"back@{target}", f"{target}: Roll back", (undo,), aborts=(f"health@{target}",), target=target)


def waves(*more: Item, last: bool = True) -> Cockpit:
    """Return a cockpit whose first two phases are of the targets, each with an abort rule and a rollback.

    `last` is whether a phase without a target follows.
    """
    items = (sensed("a", "ready"), sensed("b", "deployment"), sensed("c", "cutover"), *more)
    made = plan(
        *items,
        signals=tuple(map(health, TARGETS)),
        aborts=(Abort("health@eu-1", 2.0, "ready"), Abort("health@eu-2", 2.0, "deployment")),
        procedures=tuple(map(rollback, TARGETS)),
    )
    first, second, third = made.checklist.phases
    phases = (
        msgspec.structs.replace(first, title="eu-1: Deploy", wave="deploy", target="eu-1"),
        msgspec.structs.replace(second, title="eu-2: Deploy", wave="deploy", target="eu-2"),
        *([third] if last else []),
    )
    return msgspec.structs.replace(made, checklist=msgspec.structs.replace(made.checklist, phases=phases))
