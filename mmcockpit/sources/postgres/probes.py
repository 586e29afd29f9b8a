"""PostgreSQL probes and their results."""

import re
from math import inf
from typing import Any, Protocol

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.base import ValueProbe
from mmcockpit.sources.common.contract import Question

MONITOR = "pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')"
"""SQL: whether our role sees the activity of other roles; pg_monitor and superusers do."""
MAX_REPLICAS = 100
MAX_SLOW = 10
SLOW_AFTER_S = 5
"""Age in seconds from which `activity` lists a transaction."""
QUERY_LENGTH = 200

_REPLICATION = f"""
SELECT {MONITOR}, pg_is_in_recovery(), r.pid IS NOT NULL,
  r.replay_lsn IS NULL AND (r.write_lsn IS NOT NULL OR r.state = 'backup'), coalesce(r.application_name, ''),
  coalesce(r.state, ''), coalesce(r.sync_state, ''),
  coalesce(extract(epoch FROM r.replay_lag), CASE WHEN r.replay_lsn >= here.lsn THEN 0 END)::float8,
  pg_wal_lsn_diff(greatest(here.lsn, r.replay_lsn), r.replay_lsn)::float8
FROM (SELECT CASE WHEN pg_is_in_recovery() THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
  ELSE pg_current_wal_lsn() END AS lsn) here
LEFT JOIN pg_stat_replication r ON true
ORDER BY r.application_name, r.pid
"""
_ACTIVITY = f"""
SELECT {MONITOR}, current_setting('max_connections')::int, count(*),
  count(*) FILTER (WHERE state = 'active' AND pid <> pg_backend_pid()), count(*) FILTER (WHERE state = 'idle'),
  count(*) FILTER (WHERE state LIKE 'idle in transaction%'),
  coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)) FILTER (WHERE pid <> pg_backend_pid()), 0)::float8
FROM pg_stat_activity WHERE backend_type = 'client backend'
"""
# Literals may contain anything: they do not leave the server. Each becomes '', which is ASCII like the whole statement,
# so that every encoding of a database has its characters.
_LITERAL = "|".join(
    (
        r"""("[^"]*(?:"|$))""",
        r"(--)[^\n]*",
        r"(/\*)(?:[^*]|\*+[^*/])*(?:\*+/|$)",
        r"\m[eE]'(?:\\.|[^'\\])*(?:'|$)",
        r"'[^']*(?:'|$)",
        r"\$(?:[A-Za-z_]\w*)?\$.*",
    )
)
"""Names and comments, whose apostrophes begin no literal; literals with backslashes or without, also cut off; from a
dollar quote on, everything."""
_SLOW = f"""
SELECT pid, coalesce(state, ''), extract(epoch FROM clock_timestamp() - xact_start)::float8,
  left(regexp_replace(query, $re${_LITERAL}$re$, $re$\\1\\2\\3''$re$, 'g'), {QUERY_LENGTH})
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
  AND clock_timestamp() - xact_start > interval '{SLOW_AFTER_S} s'
ORDER BY xact_start LIMIT {MAX_SLOW}
"""


class Database(Protocol):
    """What a probe needs of its source."""

    host: str

    @property
    def pooled(self) -> bool:
        """Whether a pooler is between."""
        ...

    async def ask(self, sql: str, limit: int, timeout: float) -> Any:
        """Return the columns and rows of one statement."""
        ...


class PostgresProbe(ValueProbe):
    """A probe of one database."""

    def __init__(self, database: Database, question: Question) -> None:
        super().__init__(database, question)
        self.database = database
        self.stale_after = question.stale_after

    async def ask(self, sql: str, limit: int) -> Any:
        """Return the result of one statement within the timeout of the poll."""
        return await self.database.ask(sql, limit, self.timeout)

    async def data(self, sql: str, limit: int) -> Any:
        """Return the result of a statement about the data; ProbeError(stale) if a standby is too far behind."""
        table = await self.ask(sql, limit)
        if table.behind_s is not None:
            if table.behind_s > self.stale_after:
                how = "does not report how far it is" if table.behind_s == inf else f"is {duration(table.behind_s)}"
                raise self.fault(FaultKind.STALE, f"the standby {how} behind its primary")
            self.remark = f"read from a standby, {duration(table.behind_s)} behind"
        return table

    def mappings(self, table: Any) -> list[dict[str, Any]]:
        """Return the rows as mappings by column name."""
        if len(set(table.columns)) < len(table.columns):
            raise self.fault(FaultKind.QUERY, "two columns have the same name; rename one with AS")
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]

    def fault(self, kind: FaultKind, why: str) -> ProbeError:
        """Return a fault that names the database."""
        return ProbeError(kind, f"{self.database.host}: {why}")


class SingleRow(PostgresProbe):
    """The single row of a result as a mapping; no row is no data, several rows are a query error."""

    async def value(self) -> Any:
        return self.mappings(await self.only())[0]

    async def only(self) -> Any:
        """Return a result that has exactly one row."""
        table = await self.data(self.args.sql, 2)
        if len(table.rows) > 1:
            raise self.fault(FaultKind.QUERY, "more than one row; select one, or use the probe rows")
        if not table.rows:
            raise self.fault(FaultKind.NO_DATA, "no row")
        return table


class Scalar(SingleRow):
    """The single value of a result with one row and one column."""

    async def value(self) -> Any:
        table = await self.only()
        if len(table.columns) != 1:
            raise self.fault(
                FaultKind.QUERY, f"{counted(len(table.columns), 'column')}; select one, or use the probe row"
            )
        return table.rows[0][0]


class AllRows(PostgresProbe):
    """All rows as a list of mappings; more than `limit` are a fault."""

    async def value(self) -> Any:
        return self.mappings(await self.data(self.args.sql, self.args.limit))


class PostgresReplication(PostgresProbe):
    """The replicas of this server.

    Without pg_monitor the server hides the state of its replicas: that is a fault, never no replicas. A client that
    receives WAL without replaying it, such as pg_receivewal, Barman or a base backup, is not a replica: a remark names
    it.
    """

    async def value(self) -> Any:
        table = await self.ask(_REPLICATION, MAX_REPLICAS)
        if not table.rows[0][0]:
            raise self.fault(FaultKind.FORBIDDEN, "the role needs pg_monitor to see replication")
        senders = [row[3:] for row in table.rows if row[2]]
        replicas = [_replica(*fields) for keeps_only, *fields in senders if not keeps_only]
        keepers = [name for keeps_only, name, *_ in senders if keeps_only]
        self.remark = "; ".join(
            filter(
                None,
                (
                    "polled a standby: replicas of its primary are not listed" if table.rows[0][1] else "",
                    f"receives WAL without replaying it: {', '.join(keepers)}" if keepers else "",
                ),
            )
        )
        streaming = [replica for replica in replicas if replica["state"] == "streaming"]
        value = {"streaming": len(streaming), "replicas": replicas, "in_recovery": table.rows[0][1]}
        for lag in ("lag_s", "lag_bytes"):
            if streaming and all(lag in replica for replica in streaming):
                value[f"max_{lag}"] = max(replica[lag] for replica in streaming)
        return value


class Activity(PostgresProbe):
    """Connections and long transactions; our own connections count, our own query is not `active`.

    `longest_s` and `slow` are about open transactions; `slow` lists the oldest of more than SLOW_AFTER_S seconds, their
    text without literals.
    """

    async def value(self) -> Any:
        monitor, most, connections, active, idle, idle_in_transaction, longest = (await self.ask(_ACTIVITY, 1)).rows[0]
        if not monitor:
            raise self.fault(FaultKind.FORBIDDEN, "the role needs pg_monitor to see the activity of others")
        if self.database.pooled:
            self.remark = "read through a pooler: connections of the server; clients that wait for one are not listed"
        slow = [(*row[:3], _shortened(row[3])) for row in (await self.ask(_SLOW, MAX_SLOW)).rows]
        return {
            "connections": connections,
            "max_connections": most,
            "share": connections / most,
            "active": active,
            "idle": idle,
            "idle_in_transaction": idle_in_transaction,
            "longest_s": longest,
            "slow": [dict(zip(("pid", "state", "seconds", "query"), row, strict=True)) for row in slow],
        }


class Settings(PostgresProbe):
    """Settings by name: numbers and booleans as such, sizes in bytes, times in seconds, the rest as text."""

    async def value(self) -> Any:
        names = ", ".join(f"'{name.lower()}'" for name in self.args.names)
        sql = f"SELECT name, setting, unit, vartype FROM pg_settings WHERE lower(name) IN ({names})"
        settings = {row[0].lower(): _setting(*row[1:]) for row in (await self.ask(sql, len(self.args.names))).rows}
        if hidden := [name for name in self.args.names if name.lower() not in settings]:
            raise self.fault(
                FaultKind.NOT_FOUND, f"unknown setting {hidden[0]}, or the role has no permission to read it"
            )
        return {name: settings[name.lower()] for name in self.args.names}


def _shortened(query: str) -> str:
    """Return a statement in which the server has replaced literals and comments, and added '' to names."""
    return query.replace("\"''", '"').replace("''", "'…'")


def _replica(name: str, state: str, sync: str, lag_s: float | None, lag_bytes: float | None) -> dict[str, Any]:
    replica: dict[str, Any] = {"name": name, "state": state, "sync": sync}
    if lag_s is not None:
        replica["lag_s"] = lag_s
    if lag_bytes is not None:
        replica["lag_bytes"] = int(lag_bytes)
    return replica


_UNITS: dict[str, float] = {"B": 1, "kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_UNITS |= {"us": 0.000_001, "ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86_400}
_UNIT = re.compile(r"(\d*)([A-Za-z]+)")
"""A unit with how many of it, such as 8kB: the size of a block is chosen when the server is built."""


def _setting(text: str, unit: str | None, kind: str) -> Any:
    if kind == "bool":
        return text == "on"
    if kind not in ("integer", "real"):
        return text
    number = float(text) if kind == "real" or "." in text else int(text)
    # 0 and -1 mean off or automatic, whatever the unit.
    return number * _size_of(unit) if number > 0 else number


def _size_of(unit: str | None) -> float:
    """Return the bytes or seconds of one unit of a setting; 1 without a unit."""
    match = _UNIT.fullmatch(unit or "")
    return int(match[1] or 1) * _UNITS.get(match[2], 1) if match else 1
