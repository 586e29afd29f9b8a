"""Creates or updates the schema and the group roles of a store: one transaction, which changes nothing if it fails."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import psycopg

from mmcockpit.share.postgres.connection import TIMEOUT_S, StoreConnection
from mmcockpit.share.postgres.records import StoreRefused
from mmcockpit.share.postgres.store import VERSION, check_version

_LOCK = 0x6D6D636F
"""Key of the advisory lock: two installations run one after the other."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What an installation found and did: the version of the schema before and after, and where it is."""

    before: int
    after: int
    user: str
    database: str
    where: str


async def install(dsn: Callable[[], str], redact: Callable[[str], str]) -> Installation:
    """Create the roles and the schema, or update them; the same again changes nothing.

    Raises StoreRefused or StoreAway; the login needs CREATEROLE, and CREATE on the database.
    """
    connection = StoreConnection(dsn, redact)
    try:
        return await connection.within(_install, 4 * TIMEOUT_S)
    finally:
        await connection.close()


def script() -> str:
    """Return the SQL that creates a store, for psql; it changes nothing if a part of it fails."""
    record = "".join(f"INSERT INTO version (number) VALUES ({number});\n" for number in range(1, VERSION + 1))
    parts = ["BEGIN;\n", _script("roles.sql").decode()]
    parts += [_script(f"migrations/{number:04}.sql").decode() for number in range(1, VERSION + 1)]
    return "".join([*parts, record, _script("grants.sql").decode(), "COMMIT;\n"])


async def _install(connection: psycopg.AsyncConnection[Any], where: str) -> Installation:
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        await _check_encoding(connection, where)
        await connection.execute(_script("roles.sql"))
        before = await _number(connection)
        if before > VERSION:
            check_version(before, where)
        for number in range(before + 1, VERSION + 1):
            await connection.execute(_script(f"migrations/{number:04}.sql"))
            await connection.execute("INSERT INTO version (number) VALUES (%s)", (number,))
        await connection.execute(_script("grants.sql"))
        cursor = await connection.execute("SELECT session_user, current_database()")
        user, database = await cursor.fetchone() or ("", "")
    return Installation(before, VERSION, user, database, where)


async def _check_encoding(connection: psycopg.AsyncConnection[Any], where: str) -> None:
    """Raise StoreRefused for a database whose encoding cannot hold every name and reason."""
    row = await (await connection.execute("SHOW server_encoding")).fetchone()
    if row != ("UTF8",):
        found = row[0] if row else "unknown"
        raise StoreRefused(f"{where}: the encoding is {found}, it must be UTF8: CREATE DATABASE … ENCODING 'UTF8'")


async def _number(connection: psycopg.AsyncConnection[Any]) -> int:
    row = await (await connection.execute("SELECT coalesce(max(number), 0) FROM version")).fetchone()
    return int(row[0]) if row else 0


def _script(name: str) -> bytes:
    return files("mmcockpit.share.postgres").joinpath(name).read_bytes()
