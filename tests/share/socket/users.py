"""Unix users and a group of a test, made with useradd and removed at its end."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

from tests.programs.forked import Program
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S, wait_until

REPOSITORY = Path(__file__).parents[3]


class Users:
    """Two users, of whom only `member` is in `group`; `folder` is one that every user can reach."""

    def __init__(self, folder: Path) -> None:
        self.group = f"mmt{os.getpid()}"
        self.member, self.stranger = f"{self.group}-bo", f"{self.group}-cy"
        self.folder = folder


def _run(*words: str) -> bool:
    return subprocess.run(words, capture_output=True, timeout=PATIENCE_S, check=False).returncode == 0


@contextmanager
def unix_users() -> Iterator[Users]:
    """Make the users; skips where the tests do not run as root."""
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can make Unix users")
    need(shutil.which("useradd"), "no useradd: the tests of other users need it")
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="mmcockpit-users-")))
        folder.chmod(0o755)
        users = Users(folder)
        # Another process may hold the lock of the user database for a moment.
        wait_until(lambda: _run("groupadd", users.group), "the group is made")
        undo.callback(_run, "groupdel", users.group)
        for login, groups in ((users.member, ["-G", users.group]), (users.stranger, [])):
            argv = ["useradd", "-M", "-N", "-s", "/usr/sbin/nologin", *groups, login]
            wait_until(lambda argv=argv: _run(*argv), f"the user {login} is made")  # type: ignore[misc]
            undo.callback(_run, "userdel", login)
        yield users


class UserSeat:
    """A seat in a process of another user."""

    def __init__(self, login: str, address: Path, view: bool = False) -> None:
        argv = [sys.executable, "-m", "tests.share.socket.user_seat", login, os.fspath(address), *["view"][: int(view)]]
        env = {**os.environ, "PYTHONPATH": os.fspath(REPOSITORY)}
        self.process = Program(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd=REPOSITORY)
        self._lines: Queue[str] = Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.first = self._line()

    def __enter__(self) -> "UserSeat":
        return self

    def __exit__(self, *error: object) -> None:
        self.leave()

    def do(self, kind: str, command_id: str = "", **fields: Any) -> None:
        """Submit a command, under an id of its own or a given one."""
        assert self.process.stdin is not None
        words = {"kind": kind, "id": command_id, "fields": {"by": "forged", **fields}}
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read lines until one is wanted."""
        seen = []
        while not wanted(line := self._line()):
            seen.append(line)
            assert line, f"the seat sent nothing else: {seen}"
        return line

    def fact(self, kind: str) -> dict[str, Any]:
        """Read until a fact of this kind."""
        return self.until(lambda line: line.get("fact") == kind)

    def leave(self) -> int:
        """Leave; return the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(timeout=PATIENCE_S)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line)
        self._lines.put("{}")

    def _line(self) -> dict[str, Any]:
        try:
            return json.loads(self._lines.get(timeout=PATIENCE_S / 3))  # type: ignore[no-any-return]
        except Empty:
            return {}
