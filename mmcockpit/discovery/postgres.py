"""Finds what a PostgreSQL database has to watch: its role, connections, transactions, replicas and migrations."""

from typing import TYPE_CHECKING, Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.amounts import counted
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.connection import Connection
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import BEFORE, ROLLOUT, VERIFY, Findings
from mmcockpit.discovery.migration_tables import SEARCH, recorded
from mmcockpit.discovery.polls import poll, why_not

if TYPE_CHECKING:
    from mmcockpit.sources.common.contract import Source

SECTION = "PostgreSQL"
_FACTS = """
SELECT pg_is_in_recovery() AS in_recovery, coalesce((SELECT deadlocks FROM pg_stat_database
  WHERE datname = current_database()), 0) AS deadlocks
"""
_DEADLOCKS = "SELECT coalesce(deadlocks, 0) FROM pg_stat_database WHERE datname = current_database()"
_SHARE = "SELECT sum(numbackends)::float8 / current_setting('max_connections')::int FROM pg_stat_database"
LONGEST_S = 300


async def discover(connection: Connection, budget: Budget) -> Findings:
    """Read the state of the server and search the tables of migration tools: at most five statements."""
    draft, name, source = FindingsDraft(connection.spec), connection.name, connection.source
    facts = await poll("postgres", source, "row", {"sql": _FACTS}, budget)
    if isinstance(facts, ProbeError):
        raise facts
    _role(draft, name, facts)
    _connections(draft, name, await poll("postgres", source, "activity", {}, budget))
    _replicas(draft, name, await poll("postgres", source, "replication", {}, budget))
    _deadlocks(draft, name, int(facts["deadlocks"]))
    await _migrations(draft, name, source, budget)
    draft.manual(BEFORE, "Backups", f"A backup of {name} exists and was restored in a test", "No probe can see this.")
    return draft.findings()


def _role(draft: FindingsDraft, name: str, facts: dict[str, Any]) -> None:
    standby = bool(facts["in_recovery"])
    draft.watch(
        (name, "role"),
        f"{name} is a standby" if standby else f"{name} is the primary",
        SECTION,
        "scalar",
        # Shown as yes where the title holds.
        f"SELECT {'' if standby else 'NOT '}pg_is_in_recovery()",
        "value",
        comment="This server is a standby now, and stays one." if standby else "It accepts changes: not in recovery.",
        item=(VERIFY, "PostgreSQL", f"{name} responds as a standby" if standby else f"{name} responds as the primary"),
    )


def _connections(draft: FindingsDraft, name: str, activity: Any) -> None:
    limits: dict[str, Any] = {
        "persist": 2,
        "tags": ("headline", "saturation"),
        "comment": "Less than 80% of max_connections are in use.",
        "item": (BEFORE, "PostgreSQL", f"{name} has free connections"),
    }
    named, title = (name, "connections"), f"{name} connections"
    if not isinstance(activity, ProbeError):
        draft.watch(named, title, SECTION, "activity", {}, "value.share < 0.8", **limits)
        _transactions(draft, name)
        return
    draft.leave_out(SECTION, f"long transactions of {name}", why_not(activity))
    if activity.kind is FaultKind.FORBIDDEN:
        draft.watch(named, title, SECTION, "scalar", _SHARE, "value < 0.8", unit="ratio", **limits)


def _transactions(draft: FindingsDraft, name: str) -> None:
    draft.watch(
        (name, "transactions"),
        f"{name} longest transaction",
        SECTION,
        "activity",
        {},
        f"value.longest_s < {LONGEST_S}.0",
        persist=2,
        comment="No transaction is open for 5 minutes: one that long blocks changes of tables, and VACUUM.",
        item=(BEFORE, "PostgreSQL", f"{name} has no long transaction"),
    )


def _replicas(draft: FindingsDraft, name: str, value: Any) -> None:
    if isinstance(value, ProbeError):
        draft.leave_out(SECTION, f"replicas of {name}", why_not(value))
        return
    if not value["replicas"]:
        if not value["in_recovery"]:
            draft.leave_out(SECTION, f"replicas of {name}", "none is connected")
        return
    least = max(1, value["streaming"])
    draft.watch(
        (name, "replicas"),
        f"{name} replicas",
        SECTION,
        "replication",
        {},
        f"value.streaming >= {least} && value.max_lag_s < 10.0",
        persist=3,
        tags=("headline",),
        comment=f"{counted(least, 'replica')} streaming as now, the slowest less than 10 s behind.",
        item=(VERIFY, "PostgreSQL", f"Replicas of {name} follow"),
    )


def _deadlocks(draft: FindingsDraft, name: str, before: int) -> None:
    draft.watch(
        (name, "deadlocks"),
        f"{name} deadlocks",
        SECTION,
        "scalar",
        _DEADLOCKS,
        f"value <= {before}",
        comment=f"No more than the {before} that were counted before."
        if before
        else "None since the statistics began.",
        item=(VERIFY, "PostgreSQL", f"{name} has no new deadlocks"),
    )


async def _migrations(draft: FindingsDraft, name: str, source: "Source", budget: Budget) -> None:
    tables = await poll("postgres", source, "rows", {"sql": SEARCH}, budget)
    if isinstance(tables, ProbeError):
        draft.leave_out(SECTION, f"migrations of {name}", why_not(tables))
        return
    if not tables:
        draft.leave_out(SECTION, f"migrations of {name}", "no table of a known migration tool")
    for row in tables:
        table = f"{row['schema']}.{row['name']}"
        known = recorded(row)
        if known is None or not row["readable"]:
            why = "unknown columns" if known is None else "the role may not read it"
            draft.leave_out(SECTION, f"table {table}", why)
            continue
        draft.watch(
            (name, "migrations"),
            f"{name} migrations",
            SECTION,
            known.probe,
            known.sql,
            known.passing,
            comment=f"{known.tool}, {table}. {known.comment}",
            more={"every": "30s"},
            item=(ROLLOUT, "Database", f"Migrations in {table} are those of this release"),
        )
