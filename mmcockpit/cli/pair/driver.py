"""The driver of `demo --pair`: a process of its own, so that a killed one ends neither its production nor its store.

Run as a module with the path of a PairPlan.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from mmcockpit import sources
from mmcockpit.cli.compiled import keymap_mistakes
from mmcockpit.cli.demo_world import DemoWorld, WorldSpec
from mmcockpit.cli.errors import guarded
from mmcockpit.cli.live import open_session, show
from mmcockpit.cli.pair.store import PEOPLE
from mmcockpit.cli.splash import splash
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.states import SessionMode

NOTICE = "others join by the commands under Links: o shows them, y copies one"


class PairPlan(msgspec.Struct, frozen=True):
    """What the driver runs: the production and its addresses, the cockpit file, and the journal."""

    spec: WorldSpec
    addresses: dict[str, Any]
    cockpit: str
    journal: str
    mouse: bool = True


def drive(plan: PairPlan) -> int:
    """Show the screen of the driver until they leave; return the exit code."""
    world, operator = DemoWorld.at(plan.spec, plan.addresses), PEOPLE[0].name
    loaded = load_cockpit(Path(plan.cockpit), sources, keymap_mistakes=keymap_mistakes)
    engine, path = open_session(
        *(loaded.cockpit, loaded.texts, operator, SessionMode.DEMO, Path(plan.journal), world.cluster),
        file=plan.cockpit,
        earlier=world.earlier(operator),
    )
    return show(engine, path, loaded.appearance, plan.mouse, NOTICE)


def main(path: Path) -> int:
    """Drive by the plan in a file."""
    plan = msgspec.json.decode(path.read_bytes(), type=PairPlan)
    splash(["demo"])
    return guarded(lambda args: drive(plan), argparse.Namespace(command="demo"))


if __name__ == "__main__":
    code = main(Path(sys.argv[1]))
    sys.stdout.flush()
    sys.stderr.flush()
    # At once, like the program: without waiting for a resolver that hangs in a thread.
    os._exit(code)
