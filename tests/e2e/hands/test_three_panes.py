"""Three people in three tmux panes over a real PostgreSQL: approval, a killed driver, takeover, end and report."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from mmcockpit.simulator.servers.postgres import Postgres
from tests.e2e.hands.go_live import Person
from tests.hands.database import Database
from tests.hands.world import Store
from tests.servers.links import Links
from tests.servers.needs import need
from tests.servers.wait import wait_until

SCREENS = "HANDS_SCREENS"
"""The environment variable with the file into which the key presses and the last screens are written."""


class GoLive(NamedTuple):
    ana: Person
    bo: Person
    carla: Person
    flag: Path
    database: Database

    @property
    def people(self) -> tuple[Person, Person, Person]:
        """Return all three."""
        return self.ana, self.bo, self.carla


@pytest.fixture
def go_live(tmp_path: Path) -> Iterator[GoLive]:
    """Give three people, each on a machine with a HOME and a database user of their own."""
    need(Postgres.binaries(), "no PostgreSQL server")
    flag = tmp_path / "release"
    flag.touch()
    with (
        Store(tmp_path / "store") as store,
        Links() as links,
        Database(tmp_path / "database", links, store.server) as database,
    ):

        def person(name: str, user: str) -> Person:
            return Person(tmp_path / name, name, store.dsn(user, database.door()), flag)

        made = GoLive(person("ana", "ana"), person("bo", "bo"), person("carla", "viewer0"), flag, database)
        try:
            yield made
        finally:
            for one in made.people:
                one.leave()


def test_a_go_live_of_three_people_survives_the_loss_of_its_driver(go_live: GoLive) -> None:
    ana, bo, carla, flag, database = go_live
    ana.start("run", ana.cockpit)
    ana.pane.shows("^ LIVE TEST", r"\[\+\] release")
    session = ana.place.journal.parent.name
    wait_until(lambda: database.has_session(session), "the session is in the database")
    bo.start("join", "--shared", session)
    carla.start("join", "--shared", session)
    for person in go_live.people:
        person.pane.shows("^ LIVE TEST.*ana.*bo.*carla")
    roll_back(go_live)
    keep(go_live, "after the rollback")
    os.kill(ana.process, signal.SIGKILL)
    carla.pane.shows("DRIVER SILENT")
    bo.pane.shows("DRIVER SILENT")
    take_over(bo)
    carla.pane.shows(r"\bbo\*", r"\[\+\] release")
    ana.again("resume", session)
    ana.pane.shows(r"\bbo\*.*\bana\(view\)")
    keep(go_live, "after the takeover")
    bo.command("end rolled back")
    bo.pane.shows("left with 0", "ended: rolled back")
    assert flag.exists()
    for person in (ana, carla):
        person.pane.shows("rolled back")
        person.until_shown("q", "left with 0")
    keep(go_live, "at the end")
    check_records(go_live, session)
    write_screens(go_live)


def roll_back(go_live: GoLive) -> None:
    """Let the release fail; ana starts the rollback, bo approves its dangerous step, ana runs it."""
    ana, bo, _, flag, _ = go_live
    flag.unlink()
    ana.pane.shows("ROLLBACK")
    ana.press("E")
    ana.pane.shows("Called for", "Roll back")
    ana.until_shown("!", r"start it\?")
    ana.until_gone("s", r"start it\?")
    ana.pane.shows(r"needs approval by bo")
    ana.until_shown("!", "Cancel", "locked")
    ana.until_gone("Escape", "> Cancel")
    bo.pane.shows("approv")
    bo.until_shown("a", "Approve Roll back|Approve Go back|Approve .*Go back")
    bo.until_shown("Tab", "> Approve ")
    bo.until_gone("Enter", "> Approve ")
    ana.pane.shows("approved")
    assert not flag.exists(), "approved is not run"
    ana.until_shown("!", "> Cancel|> type app")
    ana.until_shown("Tab", "> type app: ")
    ana.type_name("app")
    ana.until_shown("Tab", "> Run ")
    ana.until_gone("Enter", "> Run |> Cancel")
    wait_until(flag.exists, "the rollback has run")
    ana.pane.shows(r"^ GO ", "Roll back +done")


def take_over(bo: Person) -> None:
    """Take over as soon as the lease has ended."""
    for _ in range(30):
        bo.command("takeover laptop of ana died")
        try:
            bo.pane.shows(r"\bbo\*", within_s=3.0)
        except AssertionError:
            continue
        return
    raise AssertionError(f"bo never took over:\n{bo.pane.text()}")


def check_records(go_live: GoLive, session: str) -> None:
    """The store and both local journals have the same head; log and report name all three people."""
    ana, bo, carla, *_ = go_live
    heads = {
        "shared": head_of(carla, "--shared", session),
        "ana": head_of(ana, session),
        "bo": head_of(bo, session),
    }
    assert len(set(heads.values())) == 1, heads
    report = bo.place.call("report", session, "-o", "report.html")
    assert report.returncode == 0, report.stderr
    text = (bo.place.folder / "report.html").read_text(encoding="utf-8")
    logged = bo.place.call("log", session).stdout
    for name in ("ana", "bo", "carla"):
        assert re.search(rf"\b{name}\b", text), f"{name} is not in the report"
        assert re.search(rf"\b{name}\b", logged), f"{name} is not in the log"


def head_of(person: Person, *words: str) -> str:
    """Return the head that `verify` prints."""
    done = person.place.call("verify", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"head:? (\S+)", done.stdout)
    assert found, done.stdout
    return found[1]


def keep(go_live: GoLive, when: str) -> None:
    """Keep the screens of all three."""
    for person in go_live.people:
        person.keep(when)


def write_screens(go_live: GoLive) -> None:
    """Print the key presses and the screens that were kept, also into the file that the environment names."""
    parts = []
    for person in go_live.people:
        parts += [f"== {person.name} pressed: {' | '.join(person.keys)}", *person.screens]
    print("\n\n".join(parts))
    if path := os.environ.get(SCREENS):
        Path(path).write_text("\n\n".join(parts) + "\n", encoding="utf-8")
