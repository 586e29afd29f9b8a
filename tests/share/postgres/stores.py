"""A database of its own with a store and three logins, one for each right, on the shared PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from mmcockpit.journal.codec import ROOT, link
from mmcockpit.share.postgres.installation import install
from mmcockpit.share.postgres.records import Chunk, Term
from mmcockpit.share.postgres.store import SharedStore

PASSWORD = "a secret of the tests"
LOGINS = {"ana": "driver", "dora": "driver", "bo": "operator", "carla": "viewer"}
"""Database login to its group role."""

EVERY_LOGIN = {"auth_user": "postgres", "auth_query": "SELECT usename, passwd FROM pg_shadow WHERE usename = $1"}
"""Settings of a PgBouncer that lets every login of its server in, each under its own name."""


@dataclass(frozen=True)
class StoreDatabase:
    """A database; its logins have a random ending, as logins belong to the whole server."""

    admin: str
    ending: str

    def user(self, name: str) -> str:
        """Return the database login of a person."""
        return f"{name}_{self.ending}"

    def dsn(self, name: str, **words: str) -> str:
        """Return the DSN of a person."""
        return make_conninfo(self.admin, user=self.user(name), password=PASSWORD, **words)

    def execute(self, name: str, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Run SQL as a person, or as `admin`, and return its rows; a refusal raises psycopg.Error."""
        dsn = self.admin if name == "admin" else self.dsn(name)
        with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def store(self, name: str, dsn: str = "", timeout_s: float = 30.0) -> AsyncIterator[SharedStore]:
        """Open the store as a person."""
        store = SharedStore(lambda: dsn or self.dsn(name), lambda text: text, timeout_s)
        try:
            yield store
        finally:
            await store.close()


def tables(database: StoreDatabase) -> dict[str, str]:
    """Return every row of every table of the store as text."""
    listed = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'mmcockpit'"
    texts = {}
    with psycopg.connect(database.admin, autocommit=True) as connection:
        for (name,) in connection.execute(listed).fetchall():
            rows = connection.execute(sql.SQL("SELECT * FROM mmcockpit.{}").format(sql.Identifier(name))).fetchall()
            texts[name] = "\n".join(
                " ".join(bytes(cell).decode() if isinstance(cell, bytes) else str(cell) for cell in row) for row in rows
            )
    return texts


@contextmanager
def made_database(server: str) -> Iterator[StoreDatabase]:
    """Make an empty database with the logins, which have no right yet, and drop it afterwards."""
    ending = uuid4().hex[:8]
    database = StoreDatabase(make_conninfo(server, dbname=f"store_{ending}"), ending)
    names = [sql.Identifier(database.user(name)) for name in LOGINS]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"store_{ending}")))
        for name in names:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, sql.Literal(PASSWORD)))
    try:
        yield database
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(f"store_{ending}")))
            for name in names:
                connection.execute(sql.SQL("DROP ROLE {}").format(name))


def grant_rights(database: StoreDatabase) -> None:
    """Give every login its group role, as an administrator does after `share init`."""
    for name, right in LOGINS.items():
        database.execute("admin", f"GRANT mmcockpit_{right} TO {database.user(name)}")


@contextmanager
def installed_database(server: str) -> Iterator[StoreDatabase]:
    """Make a database with the store, in which every login has its right."""
    with made_database(server) as database:
        asyncio.run(install(lambda: database.admin, lambda text: text))
        grant_rights(database)
        yield database


def chunk(first: int, last: int, prev: str = ROOT, tag: str = "Noted") -> Chunk:
    """Return lines of a journal with these numbers, which continue the line with link `prev`."""
    head, lines = prev, b""
    for seq in range(first, last + 1):
        line = b'[%d,%d.5,0,"%b",{"by":"ana","text":"gr\xc3\xbc\xc3\x9fe"},"%b"]' % (
            seq,
            seq,
            tag.encode(),
            head.encode(),
        )
        lines += line + b"\n"
        head = link(line)
    return Chunk(first, last, prev, head, lines)


async def open_session(store: SharedStore, id: str) -> Term:
    """Open a session with a fresh token."""
    return await store.open_session(id, "web shop", "production", "laptop", "41", str(uuid4()))
