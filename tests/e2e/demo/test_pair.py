"""`demo --pair`: one session for three people, through a PostgreSQL of its own, on one machine."""

import os
import re
import signal
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
from tests.servers.wait import PATIENCE_S, wait_until
from tests.terminal import Terminal

pytestmark = [pytest.mark.server, pytest.mark.timeout(300), pytest.mark.xdist_group("demo")]


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


def test_three_people_have_a_database_user_each_and_the_store_has_the_session(place: Place) -> None:
    with pair(place) as demo:
        assert list(demo.scripts) == ["ana", "bo", "carla"]
        rights = {}
        for person in demo.scripts:
            assert demo.scripts[person].stat().st_mode & 0o077 == 0, "it holds a password"
            with psycopg.connect(demo.address(person), autocommit=True) as connection:
                found = connection.execute("SELECT session_user, mmcockpit.right_of(session_user)").fetchone()
                assert found is not None
                rights[found[0]] = found[1]
        assert rights == {"ana": "driver", "bo": "operator", "carla": "viewer"}
        with psycopg.connect(demo.address("carla"), autocommit=True) as connection:
            last = "SELECT coalesce(max(last_seq), 0) FROM mmcockpit.chunk WHERE session = %s"

            def copied() -> bool:
                found = connection.execute(last, (demo.session,)).fetchone()
                return found is not None and found[0] > 0

            wait_until(copied, "the store has the first facts", PATIENCE_S)
        assert re.search(r"postgresql://\w+:\w+@", demo.terminal.output.decode(errors="replace")) is None


def test_a_killed_driver_leaves_production_and_store_running_until_the_demo_is_ended(place: Place) -> None:
    with pair(place) as demo:
        os.kill(demo.driver, signal.SIGKILL)
        demo.terminal.wait_for("The driver was killed", PATIENCE_S)
        with psycopg.connect(demo.address("bo"), autocommit=True) as connection:
            assert connection.execute("SELECT id FROM mmcockpit.session").fetchone() == (demo.session,)
        demo.terminal.press("\r")
        assert demo.terminal.process.wait(2 * PATIENCE_S) == 128 + signal.SIGKILL
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
