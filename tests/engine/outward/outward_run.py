"""A session with channels: an item that a file satisfies, an abort rule on that file, a gate, and a rollback."""

from pathlib import Path
from typing import Any

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Checklist, Item, Mode, Phase, Section
from mmcockpit.core.model.cockpit import Abort, Cockpit
from mmcockpit.core.model.messages.channels import Announced, ChannelKind, EscalationStep, MessageChannel
from mmcockpit.core.model.procedure import Message, Procedure, Step
from tests.engine.engine_run import Watcher
from tests.engine.step_run import rollback

EVERYTHING = tuple(Announced)


def channel(name: str, kind: ChannelKind, env: str, **more: Any) -> MessageChannel:
    """Return a channel whose address or token is in an environment variable; it announces everything."""
    return MessageChannel(name, kind, {"env": env}, **{"on": EVERYTHING, **more})


def outward(flag: Path, *channels: MessageChannel, escalation: tuple[EscalationStep, ...] = ()) -> Cockpit:
    """Return a cockpit whose item `p/s/there` is satisfied, and whose abort rule holds, while the file exists."""
    there = Item("p/s/there", 1, "There", mode=Mode.SENSED, signal="there")
    phases = (Phase("p", "Prepare", (Section("s", "S", (there,)),)), Phase("q", "Deploy", ()))
    back = Procedure("back", "Roll back", (Step("tell", "Tell"),), aborts=("there",))
    return msgspec.structs.replace(
        rollback(flag=flag),
        name="shop",
        environment="production",
        checklist=Checklist("c", "C", phases, procedures=(back,)),
        aborts=(Abort("there", 0.0, "p"),),
        channels=channels,
        escalation=escalation,
        messages=(Message("status", "Status", "so it is"),),
    )


def troubles(screen: Watcher) -> list[facts.Trouble]:
    """Return the troubles so far."""
    return [event.body for event in screen.events if isinstance(event.body, facts.Trouble)]
