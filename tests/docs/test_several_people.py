"""Every command of docs/several-people.md works as it is written, in its order, with real users and a real database."""

import grp
import os
import pwd
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo

from mmcockpit.core.decide import command as commands
from mmcockpit.simulator.servers.postgres import Postgres
from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.pty_session import REPOSITORY, Place, leave
from tests.programs.forked import Program
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import wait_until
from tests.share.socket.seats import joined
from tests.share.socket.users import Users, unix_users
from tests.terminal import Terminal

GUIDE = (REPOSITORY / "docs" / "several-people.md").read_text(encoding="utf-8")
ITEMS = ("Backup", "Smoke tests")
DATABASE, ROLES = "mmcockpit", ("shop_ana", "shop_bo")


def blocks(*languages: str) -> list[tuple[str, str]]:
    """Return the blocks of code in these languages, in their order: (language, text)."""
    return re.findall(rf"```({'|'.join(languages)})\n(.*?)```", GUIDE, re.DOTALL)


class Guide:
    """Follows the guide: ana and bo have folders of their own, and what they open stays open until they leave it."""

    def __init__(self, folder: Path, users: Users, database: str, site: HttpServer, open_until: ExitStack) -> None:
        self.ana, self.bo = Place(folder / "ana"), Place(folder / "bo")
        self.users, self.database, self.site, self.open = users, database, site, open_until
        self.sockets = users.folder / "sockets"
        self.turn, self.where = "", ""
        self.driver: Terminal | None = None
        self.headless: HeadlessDriver | None = None
        for place in (self.ana, self.bo):
            place.write("list.md", "# Shop\n\n## Verification\n\n" + "".join(f"- [ ] {item}\n" for item in ITEMS))
            self.write(place, {})

    @property
    def who(self) -> Place:
        """Whose turn it is: the person whose database user the guide named last."""
        return self.bo if self.turn == "shop_bo" else self.ana

    def write(self, place: Place, more: dict[str, Any]) -> None:
        """Write the cockpit file with these keys."""
        document: dict[str, Any] = {
            "name": "Shop",
            "environment": "test",
            "checklist": "list.md",
            "poll": ["database"] if more else [],
            "sources": {"site": {"kind": "http", "url": self.site.url, "every": "1s"}},
            "signals": {"up": {"title": "site", "site.get": {"path": "/"}, "pass": "value.status == 200"}},
            **more,
        }
        place.write("cockpit.yaml", yaml.safe_dump(document))

    def take(self, language: str, text: str) -> None:
        """Do what a block of the guide shows."""
        if language == "yaml":
            self.edit(yaml.safe_load(text))
        elif language == "sql":
            with psycopg.connect(self.address("admin"), autocommit=True) as connection:
                connection.execute(text.encode())
        else:
            for line in text.splitlines():
                self.type(shlex.split(line, comments=True))

    def edit(self, document: dict[str, Any]) -> None:
        """Put people and the share into the cockpit files; check items and steps in a checklist file."""
        if "people" not in document:
            return self.check(document)
        logins = {"ana": pwd.getpwuid(os.geteuid()).pw_name, "bo": self.users.member}
        people = [
            {**each, **({"login": logins[each["login"]]} if "login" in each else {})} for each in document["people"]
        ]
        share = dict(document["share"])
        if "group" in share:
            assert share == {"group": "oncall", "socket_dir": "/run/mmcockpit"}
            share = {"group": self.users.group, "socket_dir": os.fspath(self.sockets)}
        for place in (self.ana, self.bo):
            self.write(place, {"people": people, "share": share})

    def check(self, document: dict[str, Any]) -> None:
        phases = [{"title": "Live", "sections": [{"title": "S", "items": document.get("items", [{"title": "One"}])}]}]
        procedures = [{"id": "back", "title": "Back", "steps": document["steps"]}] if "steps" in document else []
        checklist = {"name": "shop", "title": "Shop", "phases": phases, "procedures": procedures}
        self.ana.write("shop.yaml", yaml.safe_dump(checklist))
        checked = self.ana.call("check", "shop.yaml")
        assert (checked.returncode, checked.stdout) == (0, "shop.yaml: ok\n"), checked

    def address(self, user: str) -> str:
        return self.database if user == "admin" else make_conninfo(self.database, user=user, password=user[5:].upper())

    def type(self, words: list[str]) -> None:
        match words:
            case ["sudo", "groupadd" | "usermod", *rest]:
                assert rest in (["oncall"], ["-aG", "oncall", "ana"], ["-aG", "oncall", "bo"])
            case ["sudo", "install", *rest]:
                assert rest == ["-d", "-m", "0770", "-g", "oncall", "/run/mmcockpit"]
                os.mkdir(self.sockets)
                os.chown(self.sockets, -1, grp.getgrnam(self.users.group).gr_gid)
                self.sockets.chmod(0o770)
            case ["export", setting]:
                url = setting.removeprefix("MMCOCKPIT_SHARE=")
                (self.turn,) = re.findall(r"^postgresql://(\w+):\w+@db\.example\.com/mmcockpit$", url)
                self.where = self.address(self.turn)
            case ["mmcockpit", "run", file, "--headless"]:
                self.headless = self.open.enter_context(
                    HeadlessDriver(self.ana, "run", file, "--headless", env=self.env_of())
                )
                self.headless.says(r"advice    HOLD")
                self.until_stored()
            case ["mmcockpit", "run", *rest]:
                self.driver = self.screen(self.ana, "run", *rest)
                self.until_stored()
            case ["mmcockpit", "join"]:
                self.join_as_bo()
            case ["mmcockpit", "join", *rest]:
                with self.screen(self.who, "join", *rest) as seat:
                    seat.wait_for(r"ana\*")
                    seat.press("q")
            case ["mmcockpit", "resume", *rest]:
                self.take_over(rest)
            case ["mmcockpit", "act", *rest]:
                self.act(rest)
            case ["mmcockpit", *rest]:
                # Ana drives, so the page of her handover is about a session of her own.
                done = (self.ana if rest[0] == "handover" else self.who).call(*rest, env=self.env_of())
                assert done.returncode == 0, done
            case _:
                raise AssertionError(f"a command that this test does not know: {words}")

    def env_of(self) -> dict[str, str]:
        """Return the environment of the person whose turn it is."""
        shared = {"MMCOCKPIT_SHARE": self.where} if self.where else {}
        return {**shared, "MMCOCKPIT_SOCKET_DIR": os.fspath(self.sockets)}

    def screen(self, place: Place, *words: str) -> Terminal:
        """Open a screen."""
        terminal = self.open.enter_context(place.open(*words, size=(120, 30), env=self.env_of()))
        terminal.wait_for(r"1 To do")
        return terminal

    def join_as_bo(self) -> None:
        """Join as another user of this machine; then both leave."""
        folder = self.users.folder / "bo"
        folder.mkdir()
        os.chown(folder, pwd.getpwnam(self.users.member).pw_uid, -1)
        argv = [sys.executable, "-m", "tests.programs.as_user", self.users.member, "join"]
        home = os.fspath(folder)
        env = {**self.env_of(), "HOME": home, "XDG_STATE_HOME": home, "PYTHONPATH": os.fspath(REPOSITORY)}
        with Terminal(argv, 120, 30, env=env, cwd=home, start=Program) as seat:
            seat.wait_for(r"ana\* +bo|bo +ana\*")
            assert self.driver is not None
            self.driver.wait_for(r"ana\* +bo")
        assert leave(self.driver) == 0

    def take_over(self, words: list[str]) -> None:
        """Ana's machine dies, and her lease ends."""
        assert self.driver is not None
        self.driver.process.send_signal(signal.SIGKILL)
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute("UPDATE mmcockpit.lease SET until = clock_timestamp()")
        taken = self.screen(self.bo, "resume", *words)
        taken.wait_for(r"bo\*")
        assert leave(taken) == 0

    def act(self, words: list[str]) -> None:
        """Act on ana's driver without a screen; a vote needs an open poll."""
        place = self.ana
        if "vote" in words:
            place = self.bo
            with joined(self.ana.journals[-1]) as seat:
                seat.do(commands.RequestControls("ana"))
                seat.until(lambda each: each.session.controls == "ana", "ana has the controls")
                seat.do(commands.OpenPoll("ana"))
                seat.until(lambda each: each.session.poll is not None, "the poll is open")
                # A vote is refused if its sender may not have seen the poll: `act --shared` sees what the store has.
                wait_until(
                    lambda: self.stored(self.ana.journals[-1].parent.name) >= seat.session.seq, "the store has the poll"
                )
        env = {**self.env_of(), "MMCOCKPIT_SHARE": self.address("shop_bo")}
        done = place.call(*["act", *words], env=env)
        assert done.returncode == 0, done

    def until_stored(self) -> None:
        """Wait until others can join ana's session over the database, where it is shared by one."""
        if self.where:
            wait_until(lambda: self.stored(self.ana.journals[-1].parent.name) > 0, "the store has the session")

    def stored(self, session: str) -> int:
        """Return the number of the last fact of a session that the store has."""
        with psycopg.connect(self.database) as connection:
            row = connection.execute("SELECT last_seq FROM mmcockpit.session WHERE id = %s", (session,)).fetchone()
        return int(row[0]) if row is not None else 0


@pytest.fixture
def guide(tmp_path: Path, postgres: Postgres) -> Iterator[Guide]:
    database = make_conninfo(postgres.dsn, dbname=DATABASE)
    with ExitStack() as stack:
        users = stack.enter_context(unix_users())
        site = stack.enter_context(HttpServer())
        site.answers["/"] = Answer(200, "up")
        with psycopg.connect(postgres.dsn, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        stack.callback(drop, postgres.dsn)
        yield Guide(tmp_path, users, database, site, stack.enter_context(ExitStack()))


def drop(dsn: str) -> None:
    """Remove the database and the users of the guide."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
        for role in ROLES:
            connection.execute(f"DROP ROLE IF EXISTS {role}")


def test_every_command_of_the_guide_works_in_its_order(guide: Guide) -> None:
    for language, text in blocks("sh", "yaml", "sql"):
        guide.take(language, text)
    assert guide.headless is not None
    guide.headless.says(r"tick      ana done: 2 Smoke tests: build 4711 passed")
    guide.headless.says(r"voted     database go by bo")
    assert guide.headless.ends(signal.SIGTERM) == 0


def test_every_message_of_the_guide_is_one_of_the_program() -> None:
    rows = re.findall(r"^\| `([^|]+)` \|", GUIDE[GUIDE.index("## Messages") :], re.MULTILINE)
    assert len(rows) > 10
    texts = "\n".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "mmcockpit").rglob("*.py"))
    texts = re.sub(r'"\s*\n\s*f?"', "", texts.replace("`", ""))
    for row in rows:
        for part in row.split("…"):
            assert part.strip(" :;") in texts, f"{row}: the program has no text {part!r}"
