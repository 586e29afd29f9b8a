"""INFO of a Redis Cluster: what adds up is summed over the masters, and each master has a row."""

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
_NOT = re.compile(r"\w*(_perc|_ratio|_human|_avg\w*|_time|_system_memory)")
_COUNTS = ("keys", "expires")
"""What of a database adds up; an average time to live does not."""


def summed(rows: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return the fields of all masters as one: sums of what adds up, and what is the same on each.

    Fields that differ and do not add up, such as a uptime or a fragmentation ratio, are only in the rows.
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
    if _ADDS_UP.fullmatch(name) and not _NOT.fullmatch(name) and all(map(_is_number, values)):
        # 0 is no limit: one node without a limit leaves the cluster without one.
        return None if name == "maxmemory" and 0 in values and any(values) else sum(values)
    return values[0] if all(value == values[0] for value in values) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
