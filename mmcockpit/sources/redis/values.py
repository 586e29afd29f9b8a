"""What the Redis probes return."""

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field

Bytes = Annotated[int | UnsetType, field(unit="bytes")]


class InfoNodeValue(Value, forbid_unknown_fields=False):
    """The fields of one master; these have a unit."""

    named_by: ClassVar = ("{address}",)
    noun: ClassVar = ("master", "masters")

    address: Annotated[str, field(title="master")]
    used_memory: Bytes = UNSET
    used_memory_rss: Bytes = UNSET
    used_memory_peak: Bytes = UNSET
    maxmemory: Bytes = UNSET


class InfoValue(Value, forbid_unknown_fields=False):
    """The fields of a section of INFO, named as the server names them; these have a unit."""

    cells: ClassVar = (Cell("{used_memory}/{maxmemory}"),)

    used_memory: Bytes = UNSET
    used_memory_rss: Bytes = UNSET
    used_memory_peak: Bytes = UNSET
    maxmemory: Bytes = UNSET
    nodes: Annotated[list[InfoNodeValue] | UnsetType, field("Each master; only with `cluster: true`.")] = UNSET


class RedisReplicaValue(Value):
    """One replica."""

    named_by: ClassVar = ("{address}",)
    noun: ClassVar = ("replica", "replicas")

    address: Annotated[str, field(title="replica")]
    state: Annotated[str, field("online, or how far its synchronisation is.", rank=1)]
    lag_s: Annotated[
        int | UnsetType, field("Seconds since its last acknowledgement; left out until it is online.", rank=1)
    ] = UNSET
    offset_lag: Annotated[int | UnsetType, field("Bytes behind the master.", rank=2)] = UNSET


class RedisReplicationValue(Value):
    """The server's role and its replicas."""

    cells: ClassVar = (Cell("{role}, replicas: {connected_replicas}"),)

    role: Annotated[str, field("master or replica; of KeyDB also active-replica, which accepts writes, too.")]
    connected_replicas: int
    online: Annotated[int, field("Replicas that are online.")]
    replicas: list[RedisReplicaValue]
    max_lag_s: Annotated[
        int | UnsetType, field("Of the slowest online replica; left out without any, and by Dragonfly but for 0.")
    ] = UNSET
    master_link_up: Annotated[
        bool | UnsetType, field("Only on a replica; of several masters, whether all links are up.")
    ] = UNSET


class ClusterNodeValue(Value):
    """One node, as the polled one sees it."""

    named_by: ClassVar = ("{address}",)
    noun: ClassVar = ("node", "nodes")

    address: Annotated[str, field(title="node")]
    role: Annotated[str, field("master or replica.", rank=1)]
    state: Annotated[str, field("ok, fail, fail? (suspected), handshake or noaddr.", rank=1)]
    slots: Annotated[int, field(rank=2)]


class ClusterValue(Value):
    """The cluster; without one, `enabled` is false and the rest zero."""

    cells: ClassVar = (
        Cell("{state}, masters: {size}", when="enabled"),
        Cell("not a cluster"),
    )

    enabled: bool
    state: Annotated[str, field("ok, fail (also if slots have no working master), or none without a cluster.")]
    slots_assigned: int
    known_nodes: int
    size: Annotated[int, field("Masters with slots.")]
    nodes: Annotated[list[ClusterNodeValue] | UnsetType, field("Left out without permission for CLUSTER NODES.")] = (
        UNSET
    )


class SnapshotValue(Value):
    """The last snapshot on disk (RDB)."""

    saved: Annotated[bool, field("Whether there is one.")]
    last_ok: Annotated[bool, field("Whether the last attempt succeeded.")]
    changes: Annotated[int, field("Changes since then.")]
    running: bool
    age_s: Annotated[int | UnsetType, field("Age of the last one, by the server's clock.")] = UNSET


CONFIG = str
HIT_RATE = float | list[Any]
