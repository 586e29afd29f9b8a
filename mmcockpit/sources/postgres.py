"""PostgreSQL: SQL in read-only transactions, replication, activity and settings."""

import asyncio
import re
from importlib import import_module
from typing import Annotated, Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import ConfigDict, Field, field_validator

from mmcockpit.core.reading import FaultKind, ProbeError
from mmcockpit.sources.postgres_probes import MONITOR, Activity, Replication, Row, Rows, Scalar, Settings
from mmcockpit.sources.secret import Secret
from mmcockpit.sources.secrets import Secrets
from mmcockpit.sources.source import Args, Health, Kind, Options, ProbeKind

CHECK_WITHIN = 5.0
"""Seconds that `check` may take."""
_PAIR = re.compile(r"(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|\S+)")


class PostgresOptions(Options):
    """Where the server is and how it lets us in."""

    model_config = ConfigDict(hide_input_in_errors=True)

    dsn: Annotated[
        str | Secret,
        Field(
            description="postgresql:// URL or key=value pairs; with a password only by reference (or in ~/.pgpass). "
            "Without sslmode, the certificate of any server but this machine is verified."
        ),
    ]

    @field_validator("dsn")
    @classmethod
    def _without_password(cls, dsn: str | Secret) -> str | Secret:
        if isinstance(dsn, str) and "password" in _words(dsn):
            raise ValueError("a password stands in the DSN: write {env: NAME} or {file: PATH} instead")
        return dsn


class SqlArgs(Args):
    """One statement; what it changes is refused by the server."""

    shorthand: ClassVar[str] = "sql"
    sql: Annotated[str, Field(min_length=1, description="One SELECT, without parameters.")]


class RowsArgs(SqlArgs):
    """One statement that returns several rows."""

    limit: Annotated[int, Field(ge=1, le=2_000, description="More rows than this are a fault, never cut off.")] = 200


class SettingsArgs(Args):
    """Which settings."""

    names: Annotated[tuple[str, ...], Field(min_length=1, description="e.g. [shared_buffers, max_connections]")]

    @field_validator("names")
    @classmethod
    def _plain(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", name):
                raise ValueError(f"{name!r} is no name of a setting")
        return names


class NoArgs(Args):
    """Nothing to say."""


class PostgresSource:
    """One database; connects when it is first asked, and again after a break."""

    def __init__(self, options: PostgresOptions, secrets: Secrets) -> None:
        self._dsn = secrets.resolve(options.dsn) if isinstance(options.dsn, Secret) else options.dsn
        self._secrets = secrets
        words = _words(self._dsn)
        if "password" in words:
            secrets.protect(words["password"])
            secrets.protect(unquote(words["password"]))
        self.host = _host(words)
        self._connections: Any = None

    async def ask(self, sql: str, limit: int, timeout: float) -> Any:
        """Return the columns and rows of one statement; every expected failure is a ProbeError."""
        if self._connections is None:
            library = await asyncio.to_thread(import_module, "mmcockpit.sources.postgres_connection")
            # Another question may have been here first.
            self._connections = self._connections or library.Connections(self._dsn, self.host, self._secrets.redact)
        return await self._connections.ask(sql, limit, timeout)

    async def check(self) -> Health:
        """Ask for the version, and whether the role may see what other roles do."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            table = await self.ask(f"SELECT current_setting('server_version'), {MONITOR}", 1, CHECK_WITHIN)
        except ProbeError as error:
            reachable = error.kind in (FaultKind.UNAUTHORISED, FaultKind.FORBIDDEN, FaultKind.SERVER_ERROR)
            return Health(reachable=reachable, authorised=False, message=error.message)
        version, monitor = table.rows[0]
        missing = () if monitor else ("pg_monitor: replication and activity cannot be read",)
        return Health(True, True, version, (loop.time() - started) * 1000, missing)

    async def close(self) -> None:
        """Close every connection."""
        if self._connections is not None:
            await self._connections.close()


def _words(dsn: str) -> dict[str, str]:
    """Return what a DSN says, roughly: enough to find a password and to name the server before psycopg is imported."""
    if dsn.startswith(("postgres://", "postgresql://")):
        # libpq takes several hosts where a URL has one port.
        where, _, query = dsn.partition("?")
        try:
            parts = urlsplit(where)
        except ValueError:
            return {}
        login, _, host = parts.netloc.rpartition("@")
        words = {"host": host, "dbname": unquote(parts.path.lstrip("/"))}
        if ":" in login:
            words["password"] = login.split(":", 1)[1]
        return words | {name: found[-1] for name, found in parse_qs(query).items()}
    return {name: value.strip("'") for name, value in _PAIR.findall(dsn)}


def _host(words: dict[str, str]) -> str:
    host = words.get("host") or words.get("hostaddr") or words.get("service") or "local"
    port = f":{words['port']}" if "port" in words else ""
    return f"postgres {host}{port}{'/' if words.get('dbname') else ''}{words.get('dbname', '')}"


def _target(options: PostgresOptions) -> str:
    if isinstance(options.dsn, str):
        return _host(_words(options.dsn))
    return f"postgres at {{env: {options.dsn.env}}}" if options.dsn.env else f"postgres at {{file: {options.dsn.file}}}"


PROBES = {
    "scalar": ProbeKind(SqlArgs, Scalar),
    "row": ProbeKind(SqlArgs, Row),
    "rows": ProbeKind(RowsArgs, Rows),
    "replication": ProbeKind(NoArgs, Replication),
    "activity": ProbeKind(NoArgs, Activity),
    "settings": ProbeKind(SettingsArgs, Settings),
}
"""Name of a question to its arguments and its making."""

KIND = Kind(options=PostgresOptions, open=PostgresSource, probes=PROBES, target=_target)
