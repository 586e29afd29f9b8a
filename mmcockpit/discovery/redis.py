"""Finds what a Redis or Valkey server has to watch: its role, memory, evictions, clients, persistence and cluster."""

from typing import Any

from mmcockpit import sources
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.words.amounts import counted
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.connection import Connection
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import BEFORE, VERIFY, Findings, FoundSource
from mmcockpit.discovery.polls import poll, why_not
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.redis.probes import ROLES

SECTION = "Redis"


async def discover(connection: Connection, budget: Budget) -> Findings:
    """Read INFO, and CONFIG GET save where it is allowed: at most four requests, and two for each master of a cluster.

    A cluster gets `cluster: true`, so that every master counts.
    """
    name, spec, source = connection.name, connection.spec, connection.source
    info = await poll("redis", source, "info", {}, budget)
    if isinstance(info, ProbeError):
        raise info
    draft = FindingsDraft(spec)
    if info.get("cluster_enabled") == 1:
        _cluster(draft, name)
        masters = await _of_masters(spec, budget)
        if isinstance(masters, ProbeError):
            draft.leave_out(SECTION, f"the other masters of {name}", why_not(masters))
        else:
            info = masters
            draft.sources[0] = FoundSource(spec.name, spec.kind, {**spec.options, "cluster": True})
    else:
        _role(draft, name, info)
    _memory(draft, name, info)
    _evictions(draft, name, info)
    _clients(draft, name, info)
    _hits(draft, name, info)
    _persistence(draft, name, info, await poll("redis", source, "config", {"name": "save"}, budget))
    return draft.findings()


async def _of_masters(spec: SourceSpec, budget: Budget) -> Any:
    """Return INFO of all masters of a cluster, or why there is none."""
    source = sources.open_source(SourceSpec(spec.name, spec.kind, {**spec.options, "cluster": True}), Secrets())
    try:
        return await poll("redis", source, "info", {}, budget)
    finally:
        await source.close()


def _rule(info: dict[str, Any], of_one: str) -> str:
    """Return a rule about `one` server: of a cluster, every master has to meet it."""
    return f"value.nodes.all(one, {of_one})" if "nodes" in info else of_one.replace("one.", "value.")


def _of_all(info: dict[str, Any], field: str) -> Any:
    """Return a field of the server, or of the first master of a cluster."""
    return info["nodes"][0].get(field) if info.get("nodes") else info.get(field)


def _role(draft: FindingsDraft, name: str, info: dict[str, Any]) -> None:
    replicas = int(info.get("connected_slaves", 0))
    role = ROLES.get(str(info.get("role")), "master")
    if role != "master":
        rule = f'value.role == "{role}" && has(value.master_link_up) && value.master_link_up'
        comment = "This server is a replica now: it stays one, and its link to the primary is up."
        title = f"{name} replicates its primary"
    elif replicas:
        rule = f'value.role == "master" && value.online >= {replicas} && value.max_lag_s <= 10'
        comment = f"It is the primary, and {counted(replicas, 'replica')} are online as now, at most 10 s behind."
        title = f"{name} is the primary and its replicas follow"
    else:
        rule, title = 'value.role == "master"', f"{name} responds and is the primary"
        comment = "It is the primary. It has no replica now: a failure of this server loses the service."
    draft.watch(
        (name, "role"),
        f"{name} replication",
        SECTION,
        "replication",
        {},
        rule,
        persist=3,
        tags=("headline",),
        comment=comment,
        item=(VERIFY, "Redis", title),
    )


def _memory(draft: FindingsDraft, name: str, info: dict[str, Any]) -> None:
    args = {"section": "memory", "fields": ["used_memory", "maxmemory"]}
    named, title = (name, "memory"), f"{name} memory"
    if not _of_all(info, "maxmemory"):
        comment = "Shown only: maxmemory is not set, so that Redis takes memory until the kernel ends it."
        draft.watch(named, title, SECTION, "info", args, unit="bytes", informational=True, comment=comment)
        draft.manual(BEFORE, "Redis", f"{name} has enough memory", "maxmemory is not set")
        return
    draft.watch(
        named,
        title,
        SECTION,
        "info",
        args,
        _rule(info, "one.maxmemory > 0 && double(one.used_memory) < 0.8 * double(one.maxmemory)"),
        warn=_rule(info, "double(one.used_memory) < 0.95 * double(one.maxmemory)"),
        persist=2,
        unit="bytes",
        tags=("saturation",),
        comment="Less than 80% of maxmemory is used; from 95% on it fails.",
        item=(BEFORE, "Redis", f"{name} has free memory"),
    )


def _evictions(draft: FindingsDraft, name: str, info: dict[str, Any]) -> None:
    for field, title, what in (
        ("evicted_keys", "evictions", "keys were evicted for lack of memory"),
        ("rejected_connections", "rejected connections", "connections were rejected at maxclients"),
    ):
        before = int(info.get(field, 0))
        # A counter since the start of the server: what it counted before this session is no news.
        known = f"value.{field} <= {before}" if before else ""
        draft.watch(
            (name, field),
            f"{name} {title}",
            SECTION,
            "info",
            {"section": "stats", "fields": [field]},
            f"value.{field} == 0",
            warn=known,
            persist=2,
            tags=("saturation",),
            comment=f"No {what} since the server started."
            + (f" {before} already were: it warns, and more fail." if before else ""),
            item=(VERIFY, "Redis", f"{name}: no {title}"),
        )


def _clients(draft: FindingsDraft, name: str, info: dict[str, Any]) -> None:
    if not _of_all(info, "maxclients"):
        draft.leave_out(SECTION, f"clients of {name}", "this version does not report maxclients")
        return
    draft.watch(
        (name, "clients"),
        f"{name} clients",
        SECTION,
        "info",
        {"section": "clients", "fields": ["connected_clients", "maxclients"]},
        _rule(info, "double(one.connected_clients) < 0.8 * double(one.maxclients)"),
        persist=2,
        tags=("saturation",),
        comment="Less than 80% of maxclients are connected.",
        item=(VERIFY, "Redis", f"{name} accepts more clients"),
    )


def _hits(draft: FindingsDraft, name: str, info: dict[str, Any]) -> None:
    if "keyspace_hits" not in info:
        return
    draft.watch(
        (name, "hits"),
        f"{name} hits and misses",
        SECTION,
        "info",
        {"section": "stats", "fields": ["keyspace_hits", "keyspace_misses"]},
        informational=True,
        tags=("cache",),
        comment=f"Shown only: a good hit rate depends on the service. Under load, use `{name}.hit_rate: {{}}` instead.",
    )


def _persistence(draft: FindingsDraft, name: str, info: dict[str, Any], save: Any) -> None:
    appends = _of_all(info, "aof_enabled") == 1
    if not appends and save == "":
        draft.leave_out(SECTION, f"persistence of {name}", "neither snapshots nor the append-only file are on")
        return
    if isinstance(save, ProbeError):
        draft.leave_out(SECTION, f"snapshot schedule of {name}", why_not(save))
    appended = ' && one.aof_enabled == 1 && one.aof_last_write_status == "ok"' if appends else ""
    rule = _rule(info, f'one.rdb_last_bgsave_status == "ok"{appended}')
    fields = ["aof_enabled", "aof_last_write_status", "rdb_last_bgsave_status"]
    draft.watch(
        (name, "persistence"),
        f"{name} persistence",
        SECTION,
        "info",
        {"section": "persistence", "fields": fields},
        rule,
        comment="The last write to disk succeeded.",
        more={"every": "30s"},
        item=(BEFORE, "Redis", f"{name} saves its data"),
    )
    draft.manual(BEFORE, "Backups", f"A backup of {name} exists and was restored in a test", "No probe can see this.")


def _cluster(draft: FindingsDraft, name: str) -> None:
    draft.watch(
        (name, "cluster"),
        f"{name} cluster",
        SECTION,
        "cluster",
        {},
        'value.enabled && value.state == "ok" && value.slots_assigned == 16384',
        persist=2,
        comment="Every one of the 16384 slots is served.",
        item=(VERIFY, "Redis", f"Every slot of the cluster {name} is served"),
    )
