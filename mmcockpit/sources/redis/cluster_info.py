"""INFO of a Redis Cluster: what adds up is summed over the masters, and each master has a row.

Which of them a field is follows from its name alone: a field whose value is the same on each master by chance does not
come and go. The fields: https://valkey.io/commands/info/ and https://redis.io/docs/latest/commands/info/
"""

import re
from typing import Any

_ADDS_UP = re.compile(
    r"used_memory(_rss|_peak|_overhead|_startup|_dataset|_lua|_scripts|_vm_\w+)?|maxmemory|mem_clients_\w+"
    r"|total_[a-z_]+|connected_clients|blocked_clients|cluster_connections|tracking_\w+|pubsub\w*_\w+"
    r"|keyspace_(hits|misses)|expired_keys|evicted_\w+|rejected_connections|instantaneous_\w+"
    r"|rdb_changes_since_last_save|connected_slaves|sync_(full|partial_ok|partial_err)|used_cpu_\w+"
    r"|(un)?expected_error_replies|acl_access_denied_\w+|number_of_\w+|io_\w+_processed"
)
"""Fields that count something on each node, so that their sum counts it in the cluster."""
_MEASURED = re.compile(r"\w*(_perc|_ratio|_human|_avg\w*|_time|_usec|_system_memory)")
"""Numbers, and texts of numbers, that are of one node alone, such as averages, shares and times."""
_SETTINGS = re.compile(
    r"arch_bits|(configured_|clients_)?hz|tcp_port|maxclients|repl_backlog_(active|size)|cluster_enabled|aof_enabled"
    r"|(async_)?loading|rdb_bgsave_in_progress|aof_rewrite_(in_progress|scheduled)|\w+_fork_in_progress"
    r"|io_threads_active|cluster_(size|known_nodes|slots_\w+)"
)
"""Numbers that are configuration or a state, and the same on each master in a healthy cluster."""
_LISTS = re.compile(r"module|listener\d+")
_COUNTS = ("keys", "expires")
"""What of a database adds up; an average time to live does not."""


def summed(rows: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return the fields of all masters as one: sums of what adds up, and configuration that is the same on each.

    What is measured and does not add up, such as an uptime or a fragmentation ratio, is only in the rows.
    """
    names = list(dict.fromkeys(name for _, fields in rows for name in fields))
    values = {name: _joined(name, [fields[name] for _, fields in rows if name in fields], len(rows)) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _joined(name: str, values: list[Any], nodes: int) -> Any:
    if name.startswith("db") and all(isinstance(value, dict) for value in values):
        # A node without keys has no line of its database.
        return {part: sum(value.get(part, 0) for value in values) for part in _COUNTS}
    if len(values) < nodes:
        return None
    if _adds_up(name):
        # 0 is no limit: one node without a limit leaves the cluster without one.
        without_limit = name == "maxmemory" and 0 in values and any(values)
        return sum(values) if all(map(_is_number, values)) and not without_limit else None
    same = all(_is_configured(name, value) and value == values[0] for value in values)
    return values[0] if same else None


def _adds_up(name: str) -> bool:
    return bool(_ADDS_UP.fullmatch(name)) and not _MEASURED.fullmatch(name)


def _is_configured(name: str, value: Any) -> bool:
    if isinstance(value, str):
        return not _MEASURED.fullmatch(name)
    return bool((_SETTINGS if _is_number(value) else _LISTS).fullmatch(name))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
