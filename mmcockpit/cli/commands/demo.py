"""`mmcockpit demo`: the whole cockpit against a simulated production on loopback."""

import argparse
from pathlib import Path

from mmcockpit.cli.demo_world import FASTEST, DemoWorld, WorldSpec
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.live import open_session, show
from mmcockpit.cli.screen import need_terminal, operator_name
from mmcockpit.core.facts.event import SessionMode


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--scenario", default="golive", help="golive (default), quiet, incident or blind")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster the simulated time passes")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same go-live")
    parser.add_argument("--operator", metavar="NAME", help="operator; default: $MMCOCKPIT_OPERATOR, else the user")
    parser.add_argument("--session", metavar="PATH", type=Path, help="the journal to write; default: a new one")
    parser.add_argument(
        "--no-mouse", action="store_true", help="do not capture the mouse, so that the terminal can select text"
    )


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    need_terminal()
    if not 1.0 <= args.speed <= FASTEST:
        raise CommandError(f"--speed: between 1 and {FASTEST:g}")
    with DemoWorld(WorldSpec(scenario=args.scenario, seed=args.seed, speed=args.speed)) as world:
        loaded, operator = world.loaded(), operator_name(args.operator)
        engine, path = open_session(
            *(loaded.cockpit, loaded.texts, operator, SessionMode.DEMO, args.session, world.cluster),
            speed=args.speed,
            earlier=world.earlier(operator),
        )
        return show(engine, path, loaded.themes, loaded.keymap, not args.no_mouse)
