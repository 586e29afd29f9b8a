"""`demo --pair`: keeps the production and the store running while the driver, a process of its own, comes and goes."""

import os
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import msgspec

from mmcockpit.cli.demo_world import DemoWorld, environment
from mmcockpit.cli.leaving import restore
from mmcockpit.cli.pair.cockpit_file import cockpit_file
from mmcockpit.cli.pair.driver import PairPlan
from mmcockpit.cli.pair.store import PEOPLE, PairStore, join_lines
from mmcockpit.cli.splash import leave as leave_splash
from mmcockpit.engine.clock import wall
from mmcockpit.journal.sessions import new_session_path

DRIVER = "mmcockpit.cli.pair.driver"
SIGNAL_S = 0.5
"""The longest that a signal waits while the demo waits for Enter."""


def run_pair(world: DemoWorld, journal: Path | None, mouse: bool) -> int:
    """Print the commands by which people join, then run the driver; return its exit code."""
    with _cleaning_up(), PairStore() as store:
        path = journal or new_session_path(world.loaded().cockpit.name, wall())
        session = path.absolute().parent.name
        store.write_scripts(session, {name: os.environ[name] for name in _given(world) if name in os.environ})
        text = cockpit_file(world.spec.service, world.variables(), store.commands)
        store.cockpit.write_text(text, encoding="utf-8")
        plan = PairPlan(world.spec, world.addresses, str(store.cockpit), str(path.absolute()), mouse)
        written = store.folder / "plan.json"
        written.touch(mode=0o600)
        written.write_bytes(msgspec.json.encode(plan))
        leave_splash()
        print(*join_lines(store.commands, session), sep="\n")
        if not _enter("Press Enter to open the cockpit. "):
            return 0
        code, signalled = _driven(written)
        if not signalled and not store.ended(session):
            gone = "The driver was killed" if code < 0 else "The session has not ended"
            print(f"{gone}. Its production and its store still run; to take over:")
            print(f"  {store.commands[PEOPLE[0].name]}  # then `:takeover REASON`")
            _enter("Press Enter to end the demo. ")
        return code if code >= 0 else 128 - code


def _given(world: DemoWorld) -> tuple[str, ...]:
    """Return the variables that a seat needs to take over: secrets, commands, kubeconfig, and where this program is."""
    return (*environment(world.addresses), "PYTHONPATH")


def _driven(plan: Path) -> tuple[int, bool]:
    """Run the driver on this terminal; return its exit code, negative if a signal killed it, and whether this process
    got a signal meanwhile, which means to end."""
    attributes = termios.tcgetattr(0)
    driver = subprocess.Popen([sys.executable, "-m", DRIVER, str(plan)])
    with _forwarded(driver) as signals:
        code = driver.wait()
    if code < 0:
        # It had no time to do this itself.
        restore(attributes, titled=True)
    return code, bool(signals)


@contextmanager
def _cleaning_up() -> Iterator[None]:
    """Leave by an exception on SIGTERM and SIGHUP, so that the store's server and folder are removed."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _forwarded(driver: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """Let the driver end on the signals that this process gets; yield their numbers."""
    numbers: list[int] = []

    def forward(number: int, frame: FrameType | None) -> None:
        numbers.append(number)
        with suppress(ProcessLookupError):
            driver.send_signal(number)

    before = {number: signal.signal(number, forward) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield numbers
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _enter(prompt: str) -> bool:
    """Wait for Enter; False if there is no more input, as from a closed terminal."""
    print(prompt, end="", flush=True)
    # Not `input`: a signal right before its read would wait for the next key.
    while not select.select([sys.stdin], [], [], SIGNAL_S)[0]:
        pass
    try:
        return bool(sys.stdin.readline())
    except OSError:
        return False
