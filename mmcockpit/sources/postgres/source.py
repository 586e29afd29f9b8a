"""PostgreSQL source: SQL in read-only transactions, replication, activity and settings."""

import asyncio
import os
import re
from functools import partial
from importlib import import_module
from typing import Annotated, Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import ConfigDict, Field, field_validator

from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.contract import Args, Health, Kind, NoArgs, NoWitness, Options, ProbeKind, Witness
from mmcockpit.sources.common.credential import Credential
from mmcockpit.sources.common.lease import Lease
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.common.workers import in_thread
from mmcockpit.sources.postgres.acts import acts
from mmcockpit.sources.postgres.probes import (
    MONITOR,
    Activity,
    AllRows,
    PostgresReplication,
    Scalar,
    Settings,
    SingleRow,
)
from mmcockpit.sources.postgres.values import ROW, ROWS, SCALAR, ActivityValue, PostgresReplicationValue, SettingsValue

CHECK_WITHIN = 5.0
"""Seconds that `check` may take."""
_HERE = frozenset({None, "localhost", "127.0.0.1", "::1"})
_SECRETS = frozenset({"password", "sslpassword", "oauth_client_secret"})
"""Options of a DSN whose value is a secret."""
_PAIR = re.compile(r"(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)")


class PostgresOptions(Options):
    """The address of the server, and credentials."""

    model_config = ConfigDict(hide_input_in_errors=True)

    dsn: Annotated[
        str | Secret,
        Field(
            description="postgresql:// URL or key=value pairs; with a password only by reference (or in ~/.pgpass). "
            "Without sslmode, certificates are verified, except those of this machine."
        ),
    ]

    @field_validator("dsn")
    @classmethod
    def _without_password(cls, dsn: str | Secret) -> str | Secret:
        if isinstance(dsn, str) and (secret := next(iter(_SECRETS & _words(dsn).keys()), "")):
            raise ValueError(f"the DSN contains a secret ({secret}); use {{env: NAME}} or {{file: PATH}}")
        return dsn


class SqlArgs(Args):
    """One statement; the server refuses changes."""

    shorthand: ClassVar[str] = "sql"
    sql: Annotated[str, Field(min_length=1, description="One SELECT, without parameters.")]

    @property
    def acts(self) -> str:
        """Why it may change something despite the read-only transaction; else empty."""
        return acts(self.sql)


class RowsArgs(SqlArgs):
    """One statement that returns several rows."""

    limit: Annotated[int, Field(ge=1, le=2_000, description="More rows than this are a fault.")] = 200


class SettingsArgs(Args):
    """The names of the settings."""

    names: Annotated[tuple[str, ...], Field(min_length=1, description="e.g. [shared_buffers, max_connections]")]

    @field_validator("names")
    @classmethod
    def _plain(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", name):
                raise ValueError(f"{name!r} is not a valid name of a setting")
        return names


class PostgresSource:
    """One database; connects with the first poll, and again after a connection is lost."""

    def __init__(self, options: PostgresOptions, secrets: Secrets) -> None:
        self.witness: Witness = NoWitness()
        self.identity: Identity | None = None
        self._written = Credential(options.dsn, secrets) if isinstance(options.dsn, Secret) else options.dsn
        self._secrets = secrets
        self._dsn = self._off = ""
        self._library: Any = None
        self._lease: Lease[Any] | None = None
        self._read()

    async def ask(self, sql: str, limit: int, timeout: float) -> Any:
        """Return the columns and rows of one statement; every expected failure is a ProbeError.

        The DSN is read again if its file has changed, and after the server refused our credentials.
        """
        began = asyncio.get_running_loop().time()
        lease = await self._current()
        refused = self._dsn
        try:
            async with lease.used() as connections:
                return await connections.ask(sql, limit, timeout)
        except ProbeError as fault:
            if fault.kind is not FaultKind.UNAUTHORISED or not isinstance(self._written, Credential):
                raise
            if not await in_thread(partial(self._written.renewed, refused)):
                raise
            left = timeout - (asyncio.get_running_loop().time() - began)
            if left <= 0:
                raise
        async with (await self._current()).used() as connections:
            return await connections.ask(sql, limit, left)

    @property
    def pooled(self) -> bool:
        """Whether a pooler is between us and the server."""
        return self._lease is not None and bool(self._lease.client.pooled)

    async def check(self) -> Health:
        """Read the version, and whether the role may see the activity of other roles."""
        loop = asyncio.get_running_loop()
        try:
            # The first query imports the client and connects; the second one shows the latency.
            await self.ask("SELECT 1", 1, CHECK_WITHIN)
            started = loop.time()
            table = await self.ask(f"SELECT current_setting('server_version'), {MONITOR}", 1, CHECK_WITHIN)
        except ProbeError as error:
            reachable = error.kind in (FaultKind.UNAUTHORISED, FaultKind.FORBIDDEN, FaultKind.SERVER_ERROR)
            return Health(reachable=reachable, authorised=False, message=error.message)
        version, monitor = table.rows[0]
        missing = () if monitor else ("pg_monitor: no permission to read replication and activity",)
        ms = (loop.time() - started) * 1000
        identity = "  ".join(filter(None, [str(self.identity or ""), "through a pooler" if self.pooled else ""]))
        return Health(True, True, version, ms, missing, identity=identity, unverified=self._off)

    async def close(self) -> None:
        """Close every connection."""
        if self._lease is not None:
            await self._lease.client.close()

    async def _current(self) -> Lease[Any]:
        """Return the connections for the current DSN; those for a former one are closed after their last query."""
        # In a thread: the client takes long to import.
        library = self._library or await asyncio.to_thread(import_module, "mmcockpit.sources.postgres.connection")
        self._library = library
        former = self._dsn
        self._read()
        if self._lease is None or self._dsn != former:
            connections = library.PostgresConnections(
                self._dsn, self.host, self._secrets.redact, self._met, self._unverified
            )
            before, self._lease = self._lease, Lease(connections, connections.close)
            if before is not None:
                await before.retire()
        return self._lease

    def _read(self) -> None:
        self._dsn = self._written.value if isinstance(self._written, Credential) else self._written
        words = _words(self._dsn)
        for name in _SECRETS & words.keys():
            self._secrets.protect(words[name])
            self._secrets.protect(unquote(words[name]))
        self.host = _host(words)

    def _met(self, unique: str, limits: str) -> None:
        self.identity = Identity(self.host, unique, (), limits)
        self.witness.identified(self.identity)

    def _unverified(self, why: str) -> None:
        self._off = why
        self.witness.unverified(why)


def _words(dsn: str) -> dict[str, str]:
    """Parse a DSN roughly: enough to find a password and to name the server before psycopg is imported."""
    if dsn.startswith(("postgres://", "postgresql://")):
        # libpq accepts several hosts with ports where a URL has one.
        where, _, query = dsn.partition("?")
        try:
            parts = urlsplit(where)
        except ValueError:
            return {}
        login, _, host = parts.netloc.rpartition("@")
        words = {"host": host, "dbname": unquote(parts.path.lstrip("/"))}
        if ":" in login:
            words["password"] = login.split(":", 1)[1]
        return words | {name: values[-1] for name, values in parse_qs(query).items()}
    return {name: value.strip("'") for name, value in _PAIR.findall(dsn)}


def _host(words: dict[str, str]) -> str:
    host = words.get("host") or words.get("hostaddr") or words.get("service") or "local"
    port = f":{words['port']}" if "port" in words else ""
    return f"postgres {host}{port}{'/' if words.get('dbname') else ''}{words.get('dbname', '')}"


def _target(options: PostgresOptions) -> str:
    if isinstance(options.dsn, str):
        return _host(_words(options.dsn))
    return f"postgres at {options.dsn}"


def _off(options: PostgresOptions) -> str | None:
    """Return why the DSN turns off certificate verification; None if it does not."""
    if isinstance(options.dsn, Secret):
        return None
    words = _words(options.dsn)
    mode = words.get("sslmode") or os.environ.get("PGSSLMODE", "")
    hosts = (words.get("host") or words.get("hostaddr") or "").split(",")
    if not mode or mode.startswith("verify-") or all(urlsplit(f"//{host}").hostname in _HERE for host in hosts):
        return None
    return f"sslmode={mode}"


PROBES = {
    "scalar": ProbeKind(SqlArgs, Scalar, SCALAR),
    "row": ProbeKind(SqlArgs, SingleRow, ROW),
    "rows": ProbeKind(RowsArgs, AllRows, ROWS),
    "replication": ProbeKind(NoArgs, PostgresReplication, PostgresReplicationValue),
    "activity": ProbeKind(NoArgs, Activity, ActivityValue),
    "settings": ProbeKind(SettingsArgs, Settings, SettingsValue),
}
"""Name of a probe to its arguments and its class."""

KIND = Kind(options=PostgresOptions, open=PostgresSource, probes=PROBES, target=_target, unverified=_off)
