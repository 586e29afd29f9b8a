"""`demo --pair`: one session for three people, through a PostgreSQL of its own, on one machine."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from mmcockpit import sources
from mmcockpit.cli.demo_world import COCKPITS
from mmcockpit.cli.pair.cockpit_file import cockpit_file
from mmcockpit.config.load import load_cockpit, shipped_file
from mmcockpit.config.text.error import FileWarning
from mmcockpit.core.model.procedure import Danger
from tests.e2e.pty_session import Place
from tests.servers.wait import PATIENCE_S
from tests.terminal import Terminal

pytestmark = [pytest.mark.server, pytest.mark.timeout(900), pytest.mark.xdist_group("demo")]


@pytest.mark.parametrize("service", ["modelmuxer", "shop"])
def test_its_cockpit_file_is_valid_and_every_dangerous_step_needs_an_approval(service: str, tmp_path: Path) -> None:
    path = tmp_path / "cockpit.yaml"
    path.write_text(cockpit_file(service, {"mine": "9.9.9"}, dict.fromkeys(("ana", "bo", "carla"), "sh join")))
    warnings: list[FileWarning] = []
    cockpit = load_cockpit(path, sources, warnings=warnings).cockpit
    shipped = load_cockpit(shipped_file("checklists", COCKPITS[service]), sources).cockpit
    steps = [step for procedure in cockpit.checklist.procedures for step in procedure.steps]
    dangerous = [step for step in steps if step.danger is Danger.DANGEROUS]
    assert dangerous
    assert all((step.approve == "database") is (step in dangerous) for step in steps)
    assert [one.id for one in cockpit.checklist.procedures] == [one.id for one in shipped.checklist.procedures]
    assert (cockpit.signals, cockpit.aborts, cockpit.allow) == (shipped.signals, shipped.aborts, shipped.allow)
    assert cockpit.vars["mine"] == "9.9.9"
    assert not [one for one in warnings if "approve" in str(one)]


class Pair:
    """A running demo, and what it printed before its screen opened."""

    def __init__(self, terminal: Terminal, text: str) -> None:
        self.terminal = terminal
        self.scripts = {path.name: path for path in map(Path, re.findall(r"sh (/\S+)", text))}
        self.session = re.findall(r"mmcockpit join --shared (\S+)", text)[0]

    @property
    def folder(self) -> Path:
        return self.scripts["ana"].parent

    def address(self, person: str) -> str:
        """Return the DSN in the script of a person."""
        return str(re.findall(r"export MMCOCKPIT_SHARE=(\S+)", self.scripts[person].read_text())[0])

    @property
    def driver(self) -> int:
        """The process of the driver, a child of the demo."""
        pid = self.terminal.process.pid
        children = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return next(
            each for each in children if b"mmcockpit.cli.pair.driver" in Path(f"/proc/{each}/cmdline").read_bytes()
        )


@contextmanager
def pair(place: Place) -> Iterator[Pair]:
    """Start the demo, and open its cockpit."""
    with place.open("demo", "--pair", "--service", "shop", env={"MMCOCKPIT_OPERATOR": ""}) as terminal:
        terminal.wait_for("Press Enter", 2 * PATIENCE_S)
        made = Pair(terminal, terminal.text())
        terminal.press("\r")
        terminal.wait_for("DEMO", 2 * PATIENCE_S)
        yield made


def test_three_people_share_a_session_hand_it_over_and_lose_its_driver(place: Place) -> None:
    with pair(place) as demo:
        assert list(demo.scripts) == ["ana", "bo", "carla"]
        assert rights(demo) == {"ana": "driver", "bo": "operator", "carla": "viewer"}
        with Terminal(["sh", str(demo.scripts["bo"])], env=place.env) as bo:
            bo.wait_for(r"ana\* bo", 2 * PATIENCE_S)
            demo.terminal.wait_for(r"ana\* bo", PATIENCE_S)
            typed(demo.terminal, ":handover bo", "Hand over to bo")
            read(demo.terminal, "h")
            bo.wait_for("ana hands over to bo", PATIENCE_S)
            typed(bo, ":handover ack", r"bo\*")
            demo.terminal.wait_for(r"bo\*", PATIENCE_S)
        assert re.search(r"postgresql://\w+:\w+@", demo.terminal.output.decode(errors="replace")) is None
        os.kill(demo.driver, signal.SIGKILL)
        demo.terminal.wait_for("The driver was killed", PATIENCE_S)
        with psycopg.connect(demo.address("bo"), autocommit=True) as connection:
            assert connection.execute("SELECT id FROM mmcockpit.session").fetchone() == (demo.session,)
        page = place.call("handover", "--shared", demo.session, env={"MMCOCKPIT_SHARE": demo.address("carla")}).stdout
        assert "Open items: " in page
        demo.terminal.press("\r")
        assert demo.terminal.process.wait(2 * PATIENCE_S) == 128 + signal.SIGKILL
        assert not demo.folder.exists()
    with place.open("resume", "latest") as resumed:
        resumed.wait_for("a demo for several people ends with its", PATIENCE_S)


def rights(demo: Pair) -> dict[str, str]:
    """Return what the store allows each person, by their database user."""
    found = {}
    for person in demo.scripts:
        assert demo.scripts[person].stat().st_mode & 0o077 == 0, "it holds a password"
        with psycopg.connect(demo.address(person), autocommit=True) as connection:
            row = connection.execute("SELECT session_user, mmcockpit.right_of(session_user)").fetchone()
            assert row is not None
            found[row[0]] = row[1]
    return found


def typed(terminal: Terminal, line: str, expected: str) -> None:
    """Type a command, and press Enter until what it opens or changes is on the screen: too early a press is ignored."""
    terminal.press(line)
    terminal.wait_for(re.escape(line.lstrip(":")), PATIENCE_S)
    deadline = time.monotonic() + PATIENCE_S
    while re.search(expected, terminal.text()) is None and time.monotonic() < deadline:
        terminal.press("\r")
        terminal.quiet(0.7, 1.5)
    terminal.wait_for(expected, PATIENCE_S)


def read(terminal: Terminal, key: str) -> None:
    """Press a key of a dialog until it has closed: too early a press is ignored."""
    deadline = time.monotonic() + PATIENCE_S
    while "Hand over to" in terminal.text() and time.monotonic() < deadline:
        terminal.press(key)
        terminal.quiet(0.7, 1.5)


def test_a_terminal_that_is_closed_leaves_nothing_while_the_cockpit_is_open(place: Place) -> None:
    with pair(place) as demo:
        demo.terminal.process.send_signal(signal.SIGHUP)
        demo.terminal.process.wait(2 * PATIENCE_S)
        assert not demo.folder.exists()


def test_a_terminal_that_is_closed_before_the_cockpit_opens_leaves_nothing(place: Place) -> None:
    with place.open("demo", "--pair", "--service", "shop", env={"MMCOCKPIT_OPERATOR": ""}) as terminal:
        terminal.wait_for("Press Enter", 2 * PATIENCE_S)
        demo = Pair(terminal, terminal.text())
        terminal.process.send_signal(signal.SIGHUP)
        terminal.process.wait(2 * PATIENCE_S)
        assert not demo.folder.exists()


def test_another_operator_than_ana_is_refused(place: Place) -> None:
    with place.open("demo", "--pair", "--operator", "zoe") as terminal:
        terminal.wait_for("with --pair ana drives; leave it out", PATIENCE_S)
