"""The shared store of `demo --pair`: a PostgreSQL of its own, with a database user for each of three people."""

import asyncio
import os
import secrets
import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from mmcockpit.cli.errors import CommandError
from mmcockpit.core.model.seat import Right

ENV = "MMCOCKPIT_SHARE"
"""The variable with the address of the store, which contains a password."""
DATABASE = "mmcockpit"
APPROVER = "database"
"""The role of the second person who approves dangerous steps."""


_ENDED = "SELECT ended_at IS NOT NULL FROM mmcockpit.session WHERE id = %s"


class PairPerson(NamedTuple):
    """A person of the demo: their name, which is their database user too, their role, and what their seat may do."""

    name: str
    role: str
    right: Right


PEOPLE = (
    PairPerson("ana", "conductor", Right.DRIVER),
    PairPerson("bo", APPROVER, Right.OPERATOR),
    PairPerson("carla", "support", Right.VIEWER),
)
"""The driver first."""


class PairStore:
    """The server, its database and users; a context manager, within which this process is the driver's user."""

    def __init__(self, folder: Path | None = None) -> None:
        """Choose a folder, which is removed at the end; starts nothing yet."""
        # Imported here: only this demo needs a server of its own.
        from mmcockpit.simulator.servers.postgres import Postgres

        self.folder = folder or Path(tempfile.mkdtemp(prefix="mmcockpit-pair-"))
        self._passwords = {one.name: secrets.token_hex(16) for one in PEOPLE}
        self._server = Postgres(self.folder / "postgres")

    def __enter__(self) -> Self:
        from mmcockpit.simulator.servers.process import ServerError

        try:
            self._server.start()
            self._prepare()
        except ServerError as error:
            self._close()
            raise CommandError(f"the store of the demo did not start: {error}") from error
        except BaseException:
            self._close()
            raise
        os.environ[ENV] = self.address(PEOPLE[0].name)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def address(self, name: str) -> str:
        """Return the DSN of a person, with their password."""
        place = self._server.dsn.rpartition("@")[2].rpartition("/")[0]
        return f"postgresql://{name}:{self._passwords[name]}@{place}/{DATABASE}"

    @property
    def cockpit(self) -> Path:
        """The file with the cockpit of the session, without secrets."""
        return self.folder / "cockpit.yaml"

    def script(self, name: str) -> Path:
        """Return the file that joins the session as a person."""
        return self.folder / name

    @property
    def commands(self) -> dict[str, str]:
        """By person the command line that joins the session as that person; without a password."""
        return {one.name: f"sh {shlex.quote(str(self.script(one.name)))}" for one in PEOPLE}

    def write_scripts(self, session: str, environment: Mapping[str, str]) -> None:
        """Write the files that join this session; only this user can read them, because they hold passwords."""
        for one in PEOPLE:
            given = {**environment, ENV: self.address(one.name)}
            lines = [f"export {key}={shlex.quote(value)}" for key, value in given.items()]
            join = [sys.executable, "-m", "mmcockpit", "join", "--shared", session, "--cockpit", str(self.cockpit)]
            text = "\n".join((f"# Joins the demo as {one.name}.", *lines, f"exec {shlex.join(join)}", ""))
            path = self.script(one.name)
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8")

    def ended(self, session: str) -> bool:
        """Return whether a session in the store has ended; True if that cannot be read, for nothing can join then."""
        import psycopg

        with suppress(psycopg.Error):
            with psycopg.connect(self._whole, autocommit=True, connect_timeout=3) as connection:
                found = connection.execute(_ENDED, (session,)).fetchone()
            return found is None or bool(found[0])
        return True

    def _prepare(self) -> None:
        """Create the database, the schema and its roles, and a user with one of the roles for each person."""
        import psycopg
        from psycopg import sql

        from mmcockpit.share.postgres.installation import install

        with psycopg.connect(self._server.dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
            asyncio.run(install(lambda: self._whole, lambda text: text))
            for one in PEOPLE:
                role = sql.Identifier(f"mmcockpit_{one.right}")
                create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}")
                connection.execute(
                    create.format(sql.Identifier(one.name), sql.Literal(self._passwords[one.name]), role)
                )

    @property
    def _whole(self) -> str:
        """The DSN of the database's superuser."""
        return f"{self._server.dsn.rpartition('/')[0]}/{DATABASE}"

    def _close(self) -> None:
        try:
            self._server.close()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def join_lines(commands: Mapping[str, str], session: str) -> Sequence[str]:
    """Return the lines before the screen opens: the command that joins as each person."""
    return (
        "Three people, one session. In other terminals of this machine:",
        *(f"  {commands[one.name]:44} # {one.name}, {one.role}: {one.right}" for one in PEOPLE),
        "Each runs, with the database user of that person:",
        f"  mmcockpit join --shared {session}",
        "Here ana drives. Dangerous steps need the approval of bo, from a seat of bo.",
        "In the cockpit, o shows these commands, and y copies one.",
    )
