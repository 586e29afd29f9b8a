"""What the Redis probes return."""

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field

Bytes = Annotated[int | UnsetType, field(unit="bytes")]


class InfoValue(Value, forbid_unknown_fields=False):
    """The fields of a section of INFO, named as the server names them; these have a unit."""

    cells: ClassVar = (Cell("{used_memory}/{maxmemory}"),)

    used_memory: Bytes = UNSET
    used_memory_rss: Bytes = UNSET
    used_memory_peak: Bytes = UNSET
    maxmemory: Bytes = UNSET


class RedisReplicaValue(Value):
    """One replica."""

    named_by: ClassVar = ("{address}",)
    noun: ClassVar = ("replica", "replicas")

    address: Annotated[str, field(title="replica")]
    state: Annotated[str, field("online, or how far its synchronisation is.", rank=1)]
    lag_s: Annotated[int, field("Seconds since its last acknowledgement.", rank=1)]
    offset_lag: Annotated[int, field("Bytes behind the master.", rank=2)]


class RedisReplicationValue(Value):
    """The server's role and its replicas."""

    cells: ClassVar = (Cell("{role}, {connected_replicas} replicas"),)

    role: Annotated[str, field("master or replica.")]
    connected_replicas: int
    online: Annotated[int, field("Replicas that are online.")]
    replicas: list[RedisReplicaValue]
    max_lag_s: Annotated[int | UnsetType, field("Lag of the slowest replica; left out without replicas.")] = UNSET
    master_link_up: Annotated[bool | UnsetType, field("Only on a replica.")] = UNSET


class ClusterValue(Value):
    """The cluster; without one, `enabled` is false and the rest zero."""

    enabled: bool
    state: Annotated[str, field("ok, fail, or none without a cluster.")]
    slots_assigned: int
    known_nodes: int
    size: Annotated[int, field("Masters with slots.")]


class SnapshotValue(Value):
    """The last snapshot on disk (RDB)."""

    saved: Annotated[bool, field("Whether there is one.")]
    last_ok: Annotated[bool, field("Whether the last attempt succeeded.")]
    changes: Annotated[int, field("Changes since then.")]
    running: bool
    age_s: Annotated[int | UnsetType, field("Age of the last one, by the server's clock.")] = UNSET


CONFIG = str
HIT_RATE = float | list[Any]
