"""Where a driver listens: what a killed driver left is replaced, unsafe folders are refused with what to do."""

import grp
import os
import socket
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.sharing.driver import session_operator
from mmcockpit.cli.sharing.seats import seat_address
from mmcockpit.core.model.cockpit import Person, Share
from mmcockpit.journal.sessions import new_session_path
from mmcockpit.journal.writer import Writer
from mmcockpit.share.identity import known_by_login
from mmcockpit.share.socket.address import ListenError, Listening, connected, in_folder, listens, shared_folder
from mmcockpit.share.socket.link import JoinError
from mmcockpit.share.socket.peer import login_of, peer_of
from tests.core.sessions import Story, manual, plan
from tests.share.socket.seats import cockpit

LOGIN = login_of(os.geteuid())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose path is longer than the address of a socket may be."""
    deep = tmp_path / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True, mode=0o700)
    return deep


def test_a_socket_of_a_killed_driver_is_replaced(folder: Path) -> None:
    address = folder / "s.sock"
    script = (
        "import sys, pathlib; from mmcockpit.share.socket.address import Listening;"
        "kept = Listening(pathlib.Path(sys.argv[1])); print('listens', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, os.fspath(address)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "listens\n"
        assert listens(address)
        with pytest.raises(ListenError, match="another driver listens there"):
            Listening(address)
        killed.kill()
    assert address.is_socket()
    assert not listens(address)
    mine = Listening(address)
    with connected(address) as connection:
        assert peer_of(connection) == (os.getpid(), os.geteuid(), LOGIN)
    mine.close()
    assert list(folder.iterdir()) == []


def test_a_socket_that_another_driver_replaced_is_not_removed(folder: Path) -> None:
    address = folder / "s.sock"
    first = Listening(address)
    address.unlink()
    second = Listening(address)
    first.close()
    assert listens(address)
    second.close()
    assert not address.exists()


def test_something_else_at_the_address_is_never_removed(folder: Path) -> None:
    address = folder / "s.sock"
    address.write_text("notes")
    with pytest.raises(ListenError, match="is not a socket"):
        Listening(address)
    assert address.read_text() == "notes"


@pytest.mark.parametrize(
    ("mode", "why"), [(0o777, "every user may write to it; run `chmod 0700"), (0o755, "every user may enter it")]
)
def test_a_folder_that_other_users_may_enter_is_refused(folder: Path, mode: int, why: str) -> None:
    folder.chmod(mode)
    with pytest.raises(ListenError, match=why):
        shared_folder(folder, "")


def test_a_folder_of_another_user_or_behind_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(ListenError, match="is not a folder"):
        shared_folder(link, "")
    if os.geteuid() == 0:
        os.chown(folder, 4711, -1)
        with pytest.raises(ListenError, match="belongs to user 4711"):
            shared_folder(folder, "")


def test_a_missing_folder_is_made_and_one_that_cannot_be_made_names_the_command(tmp_path: Path) -> None:
    shared_folder(tmp_path / "sockets", "")
    assert stat.S_IMODE((tmp_path / "sockets").stat().st_mode) == 0o700
    with pytest.raises(ListenError, match="create it once: `install -d -m 0700"):
        shared_folder(tmp_path / "missing" / "sockets", "")
    with pytest.raises(ListenError, match="unknown group 'no-such-group'"):
        shared_folder(tmp_path / "sockets", "no-such-group")


def test_a_group_must_own_the_folder(folder: Path) -> None:
    other = next(each.gr_name for each in grp.getgrall() if each.gr_gid != folder.stat().st_gid)
    folder.chmod(0o770)
    with pytest.raises(ListenError, match=f"is not shared with group {other}"):
        shared_folder(folder, other)


def test_a_session_is_found_by_the_beginning_of_its_id_and_only_while_it_is_driven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", os.fspath(tmp_path / "state"))
    sockets = tmp_path / "sockets"
    shared_folder(sockets, "")
    early, late = (in_folder(sockets, f"2026120{day}T020000Z-shop-00{day}0") for day in (6, 7))
    kept = [Listening(early), Listening(late)]
    assert seat_address("latest", sockets) == late
    assert seat_address("20261206", sockets) == early
    assert seat_address(os.fspath(early)) == early
    with pytest.raises(JoinError, match="2 sessions match"):
        seat_address("2026120", sockets)
    with pytest.raises(JoinError, match=f"shop: no driver runs .*; did you mean {late.stem}\\?"):
        seat_address("shop", sockets)
    with pytest.raises(JoinError, match=r"late5t: no driver runs .*; did you mean latest\?"):
        seat_address("late5t", sockets)
    with pytest.raises(JoinError, match=f"; running: {late.stem}, {early.stem}"):
        seat_address("xyz", sockets)
    kept[1].close()
    with socket.socket(socket.AF_UNIX) as stale:
        monkeypatch.chdir(sockets)
        stale.bind(late.name)
    assert seat_address("latest", sockets) == early
    kept[0].close()
    with pytest.raises(JoinError, match="no session runs here: none of yours, and none in") as error:
        seat_address("latest", sockets)
    assert error.value.no_driver


def test_a_saved_session_that_no_driver_runs_can_be_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", os.fspath(tmp_path / "state"))
    path = new_session_path("shop", 1.8e9)
    writer = Writer.create(path, "ana", "edge-1")
    writer.append(Story(plan(manual("a"))).events[0])
    writer.close()
    with pytest.raises(JoinError, match=f"; it is saved: `mmcockpit resume {path.parent.name}` continues it"):
        seat_address(path.parent.name, tmp_path)


def test_the_driver_of_a_shared_session_is_the_person_of_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MMCOCKPIT_OPERATOR", raising=False)
    people = (Person("ana", login=LOGIN), Person("bo", login="bo"))
    assert session_operator(cockpit(people, Share()), None) == "ana"
    assert session_operator(cockpit(people, Share()), "Ana") == "ana"
    with pytest.raises(CommandError, match=f"operator bo: in a shared session the login counts, and {LOGIN} is ana"):
        session_operator(cockpit(people, Share()), "bo")
    with pytest.raises(CommandError, match=f"the login {LOGIN} is missing"):
        session_operator(cockpit(people[1:], Share()), None)
    assert session_operator(cockpit(people[1:]), "bo") == "bo"
    monkeypatch.setenv("MMCOCKPIT_OPERATOR", "bo")
    with pytest.raises(CommandError, match="operator bo"):
        session_operator(cockpit(people, Share()), None)


def test_the_operator_of_a_local_session_is_the_person_of_the_login_unless_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MMCOCKPIT_OPERATOR", raising=False)
    people = (Person("Ana Lima", login=LOGIN), Person("bo", login="bo"))
    assert session_operator(cockpit(people), None) == "Ana Lima"
    assert session_operator(cockpit(people), None, attended=False) == "Ana Lima"
    assert session_operator(cockpit((Person(LOGIN.upper()),)), None) == LOGIN.upper()
    assert session_operator(cockpit(people), "bo") == "bo"
    monkeypatch.setenv("MMCOCKPIT_OPERATOR", "Bo")
    assert session_operator(cockpit(people), None) == "Bo"
    monkeypatch.delenv("MMCOCKPIT_OPERATOR")
    # A login that no person has, and that of another account with the same name.
    monkeypatch.setenv("LOGNAME", "zoe")
    assert session_operator(cockpit(people[1:]), None) == "zoe"
    assert session_operator(cockpit((Person(LOGIN, login="other"),)), None) == "zoe"
    assert session_operator(cockpit(()), None) == "zoe"


def test_a_login_is_the_person_that_people_lists_and_never_a_namesake() -> None:
    people = (Person("ana", "lead", login="a1"), Person("bo", "database"), Person("eve", "network"))
    assert known_by_login("a1", people) == ("ana", "lead", "operator")
    assert known_by_login("bo", people) == ("bo", "database", "operator")
    assert known_by_login("ana", people) == ("unix:ana", "", "viewer")
    assert known_by_login("zoe", people) == ("zoe", "", "viewer")
    assert known_by_login("zoe", ()) == ("zoe", "", "operator")


def test_a_driver_whose_queue_of_connections_is_full_still_listens(tmp_path: Path) -> None:
    address = tmp_path / "busy.sock"
    with socket.socket(socket.AF_UNIX) as busy, ExitStack() as waiting:
        busy.bind(os.fspath(address))
        busy.listen(1)
        for _ in range(2):
            waiting.enter_context(connected(address))
        with pytest.raises(BlockingIOError):
            connected(address)
        assert listens(address)
    assert not listens(address)
