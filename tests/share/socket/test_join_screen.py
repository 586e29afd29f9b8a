"""`mmcockpit join` on a terminal of its own: another Unix user's screen beside the driver's."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit.share.socket.peer import login_of
from tests.e2e.cockpits import checklist
from tests.e2e.pty_session import REPOSITORY, Place, answer, ended, in_order, leave
from tests.programs.forked import Program
from tests.share.socket.users import Users, unix_users
from tests.terminal import Terminal


@pytest.fixture(scope="module")
def users() -> Iterator[Users]:
    with unix_users() as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def shared(place: Place, users: Users) -> str:
    """Write a cockpit that the group of the users may join."""
    place.write("list.md", checklist())
    place.write(
        "cockpit.yaml",
        f"""\
name: Small
environment: test
checklist: list.md
layout: go-live
people:
  - {{name: ana, role: lead, login: {login_of(os.geteuid())}}}
  - {{name: bo, role: database, login: {users.member}}}
share: {{group: {users.group}, socket_dir: {users.folder}/sockets}}
""",
    )
    return "cockpit.yaml"


def joining(users: Users, login: str, size: tuple[int, int]) -> Terminal:
    home = users.folder / login
    home.mkdir(mode=0o777, exist_ok=True)
    home.chmod(0o777)
    argv = [sys.executable, "-m", "tests.programs.as_user", login]
    words = ["join", "--socket-dir", os.fspath(users.folder / "sockets")]
    env = {"HOME": os.fspath(home), "PYTHONPATH": os.fspath(REPOSITORY), "XDG_STATE_HOME": os.fspath(home / "state")}
    return Terminal([*argv, *words], *size, env=env, cwd=os.fspath(REPOSITORY), start=Program)


def typed(terminal: Terminal, command: str) -> None:
    """Type a command, and Enter, which is ignored in the first half second."""
    terminal.press(f":{command}")
    terminal.wait_for(f": {command}")
    answer(terminal, "\r", f": {command}", 1.0)


def test_another_user_acts_on_a_screen_of_the_own_size_and_both_see_it(place: Place, users: Users) -> None:
    with place.open("run", shared(place, users), size=(120, 40)) as driver:
        driver.wait_for("20 Tracing")
        with joining(users, users.member, (80, 24)) as bo:
            bo.wait_for(r"^ LIVE TEST ")
            bo.wait_for("you are bo; the driver is unix:")
            driver.wait_for(r"ana\* bo")
            for one in (driver, bo):
                in_order(one)
            bo.press("jj ")
            for one in (driver, bo):
                one.wait_for(r"\[x\] +1 Audit")
            typed(bo, "go")
            bo.wait_for("this needs the controls, which ana has")
            typed(driver, "control grant bo")
            bo.wait_for(r"bo\* ana")
            assert leave(bo) == 0
        driver.wait_for("left +bo")
        with joining(users, users.stranger, (80, 24)) as cy:
            assert ended(cy) == 1
            assert b"may not enter" in cy.output
        assert leave(driver) == 0
    lines = place.call("log", "latest").stdout
    assert f"unix:{users.member}" in lines
    assert not list(place.journal.parent.glob("*.sock"))
