"""`mmcockpit demo`: the whole cockpit against a simulated production on loopback."""

import argparse
from pathlib import Path

from mmcockpit.cli.demo_world import FASTEST, SCENARIO_OF, DemoWorld, WorldSpec
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.live import open_session, show
from mmcockpit.cli.plain import drive_plain, plain_argument
from mmcockpit.cli.screen import mouse_argument, need_terminal, operator_name
from mmcockpit.core.facts.event import SessionMode
from mmcockpit.simulator.scenarios import SCENARIOS

_MORE = """\
  mmcockpit demo --scenario incident            begins in the deployment; ROLLBACK after four minutes
  mmcockpit demo --scenario incident --speed 4  the same in one minute
  mmcockpit demo --service shop                 a web shop with 15 items: GO, then an incident
  mmcockpit demo --scenario canary              a canary at 5%, 20% and 50%, driven by you; abort it and roll back
  mmcockpit demo --pair                         shares the session through a PostgreSQL of its own; prints
                                                the command by which each of three people joins
  mmcockpit resume                              continues the demo that you left

scenarios:
  golive    a go-live with small incidents (ModelMuxer's default)
  quiet     a go-live in which nothing goes wrong
  incident  the new version fails a minute after the start
  gradual   the new version's errors grow to 6% over two minutes; begins like golive
  canary    the new version gets traffic by weight, and fails from 20% on
  blind     Prometheus is unavailable for two minutes
  shop      the shop's default: a rollout after 90 s, an incident 45 s later"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = f"{parser.epilog}\n{_MORE}"
    parser.add_argument("--service", choices=sorted(SCENARIO_OF), default="modelmuxer", help="what goes live")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), metavar="NAME", help="what happens; see below")
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help=f"how many times faster the session's time passes, 1 to {FASTEST:g}; polling stays in real time",
    )
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same go-live")
    parser.add_argument("--operator", metavar="NAME", help="operator; default: $MMCOCKPIT_OPERATOR, else the user")
    parser.add_argument(
        "--pair", action="store_true", help="for three people: ana drives here, bo and carla join from other terminals"
    )
    parser.add_argument("--session", metavar="PATH", type=Path, help="the journal to write; default: a new one")
    mouse_argument(parser)
    plain_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    if not args.plain:
        need_terminal()
    if not 1.0 <= args.speed <= FASTEST:
        raise CommandError(f"--speed {args.speed:g}: must be between 1 and {FASTEST:g}")
    if args.service == "shop" and args.scenario == "incident":
        raise CommandError("--scenario incident begins in ModelMuxer's deployment; the shop's own scenario has one too")
    if args.pair and args.operator:
        raise CommandError(f"--operator {args.operator}: with --pair ana drives; leave it out")
    if args.pair and args.plain:
        raise CommandError("--plain: the people of --pair have screens; leave one of them out")
    if args.pair and args.speed != 1.0:
        raise CommandError("--speed: a session that is shared runs in real time; leave it out")
    if args.scenario == "canary":
        args.service = "shop"
    spec = WorldSpec(args.service, args.scenario or SCENARIO_OF[args.service], args.seed, args.speed)
    with DemoWorld(spec) as world:
        if not args.pair:
            return _run(args, world)
        # Imported here: only this demo needs a store.
        from mmcockpit.cli.pair.demo import run_pair

        return run_pair(world, args.session, not args.no_mouse)


def _run(args: argparse.Namespace, world: DemoWorld) -> int:
    loaded, operator = world.loaded(), operator_name(args.operator)
    engine, path = open_session(
        *(loaded.cockpit, loaded.texts, operator, SessionMode.DEMO, args.session, world.cluster),
        speed=args.speed,
        earlier=world.earlier(operator),
    )
    if args.plain:
        return drive_plain(engine, path)
    return show(engine, path, loaded.appearance, not args.no_mouse)
