"""`python -m mmcockpit.simulator`: runs a simulated production for as long as standard input is open.

The first line on standard output is a JSON object with all addresses; connections are refused until the servers are up.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from mmcockpit.simulator.clock import WorldClock
from mmcockpit.simulator.production import SLOTS, World
from mmcockpit.simulator.scenarios import SCENARIOS
from mmcockpit.simulator.services import SERVICES
from mmcockpit.simulator.simulation import Simulation

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m mmcockpit.simulator", description="A simulated production.")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="golive")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1.0, help="multiplies the time after the start")
    parser.add_argument("--service", choices=sorted(SERVICES), default="modelmuxer")
    parser.add_argument("--started", type=float, default=0.0, help="Unix seconds at which its time began; 0: now")
    parser.add_argument("--running", default="", help="the version that runs, where operators changed it")
    parser.add_argument("--folder", type=Path, help="for data and certificates; kept (default: a temporary one)")
    given = parser.parse_args(argv)
    if not 0.01 <= given.speed <= 1000.0:
        parser.error("--speed: between 0.01 and 1000")
    return given


def _read_to_the_end(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Set `ended` when standard input ends: its other end is the parent process."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    try:
        loop.call_soon_threadsafe(ended.set)
    except RuntimeError:
        # The loop is closed: the simulator ended for another reason.
        return


def _own_folder() -> Path:
    """Return a new temporary folder; as root, one that the unprivileged user of the database can traverse."""
    folder = Path(tempfile.mkdtemp(prefix="mmcockpit-demo-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    return folder


async def live(simulation: Simulation) -> None:
    """Run the simulation until standard input ends or a signal arrives."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for each in SIGNALS:
        loop.add_signal_handler(each, ended.set)
    threading.Thread(target=_read_to_the_end, args=(loop, ended), daemon=True).start()
    await simulation.run(ended)


def main(argv: Sequence[str]) -> int:
    """Print the addresses, then run the simulation."""
    given = arguments(argv)
    folder = given.folder or _own_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        world = World(given.seed, given.scenario, WorldClock(given.started or time.time(), given.speed))
        if given.running:
            for slot in range(SLOTS):
                world.rolled(slot, given.running, world.clock.now())
        simulation = Simulation(folder.absolute(), world, SERVICES[given.service])
        print(json.dumps(simulation.addresses()), flush=True)
        asyncio.run(live(simulation))
    finally:
        if given.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
