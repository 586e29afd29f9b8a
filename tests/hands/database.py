"""The PostgreSQL of a shared session: killed, restarted, and failed over to a standby that lacks the last commits."""

import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path

import psycopg

from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import HOST
from tests.servers.links import Link, Links
from tests.servers.together import Together
from tests.servers.wait import wait_until

SETTINGS = {"max_connections": "120", "superuser_reserved_connections": "3"}


class CopiedPostgres(Postgres):
    """A server that begins with the data of a stopped one, which is quicker than to create and migrate them again."""

    def __init__(self, folder: Path, template: Postgres) -> None:
        super().__init__(folder, settings=template.settings)
        self.template, self.password = template, template.password

    def _create(self) -> None:
        assert not self.template.running, "the data of a running server cannot be copied"
        shutil.copytree(self.template.data, self.data, dirs_exist_ok=True)
        if account := self.account():
            for parent, _, files in os.walk(self.data):
                for name in (".", *files):
                    shutil.chown(os.path.join(parent, name), account, account_group(account))


def account_group(account: str) -> int:
    """Return the id of the group of a user."""
    return pwd.getpwnam(account).pw_gid


class Database(Together):
    """A primary, by request a standby that streams over a link, and the links by which clients reach it.

    `template` is a stopped server whose data the primary begins with.
    """

    def __init__(self, folder: Path, links: Links, template: Postgres | None = None, standby: bool = False) -> None:
        super().__init__()
        self._folder, self._links, self._with_standby = folder, links, standby
        primary = folder / "primary"
        self.server = CopiedPostgres(primary, template) if template else Postgres(primary, settings=SETTINGS)
        self._standby: Postgres | None = None
        self._stream: Link | None = None
        self._doors: list[Link] = []

    def _start(self) -> None:
        self._open.enter_context(self.server)
        if self._with_standby:
            self._stream = self._links.link(self.server.port)
            settings = {**SETTINGS, "primary_conninfo": _conninfo(self._stream.port, self.server.password)}
            self._standby = Postgres(self._folder / "standby", standby_of=self.server, settings=settings)
            self._open.enter_context(self._standby)
            wait_until(self._streams, "the standby streams")

    @property
    def dsn(self) -> str:
        """Return a superuser's DSN of the server that is the primary now."""
        return self.server.dsn

    @property
    def commits(self) -> int:
        """Return how many commits of journals the primary has."""
        with psycopg.connect(self.server.dsn) as connection:
            row = connection.execute("select count(*) from mmcockpit.chunk").fetchone()
        return int(row[0]) if row else 0

    def has_session(self, session: str) -> bool:
        """Return whether the primary has facts of a session."""
        query = "select from mmcockpit.session where id = %s and last_seq > 0"
        with psycopg.connect(self.server.dsn) as connection:
            return connection.execute(query, (session,)).fetchone() is not None

    def door(self) -> Link:
        """Return a link of its own for one client; it leads to whichever server is the primary."""
        link = self._links.link(self.server.port)
        self._doors.append(link)
        return link

    def kill(self) -> None:
        """Kill the primary at once, like a crash of its machine."""
        self.server.kill()

    def restart(self) -> None:
        """Start the primary again with its data."""
        self.server.start()

    def stop_streaming(self) -> None:
        """Let the standby miss every later commit."""
        assert self._stream is not None, "a database without a standby"
        self._stream.cut()

    def fail_over(self) -> None:
        """Kill the primary for good, promote the standby as it is, and lead every door to it."""
        assert self._standby is not None, "a database without a standby"
        self.server.kill()
        with psycopg.connect(self._standby.dsn, autocommit=True) as connection:
            connection.execute("select pg_promote(true, 30)")
        self.server, self._standby = self._standby, None
        for door in self._doors:
            door.lead_to(self.server.port)

    def _streams(self) -> bool:
        with psycopg.connect(self.server.dsn) as connection:
            rows: Sequence[tuple[str]] = connection.execute("select state from pg_stat_replication").fetchall()
            return rows == [("streaming",)]


def _conninfo(port: int, password: str) -> str:
    return f"host={HOST} port={port} user=postgres password={password} application_name=standby"
