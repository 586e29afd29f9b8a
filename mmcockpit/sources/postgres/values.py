"""What the PostgreSQL probes return."""

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field

Bytes = Annotated[int | UnsetType, field(unit="bytes")]
SCALAR = Any
ROW = dict[str, Any]
"""By the names of the statement's columns."""
ROWS = list[dict[str, Any]]


class StandbyValue(Value):
    """One replica; a lag is left out if the server does not know it."""

    noun: ClassVar = ("replica", "replicas")

    name: Annotated[str, field("Its application_name.", title="replica")]
    state: Annotated[str, field("streaming, catchup, …", rank=1)]
    sync: Annotated[str, field("sync, async, quorum or potential.", rank=3)]
    lag_s: Annotated[float | UnsetType, field("Replay lag.", rank=1)] = UNSET
    lag_bytes: Annotated[int | UnsetType, field("Behind this server.", title="behind", rank=2)] = UNSET


class PostgresReplicationValue(Value):
    """The replicas of this server; the largest lags are left out without replicas, or if one is unknown."""

    cells: ClassVar = (Cell("{streaming} streaming, {max_lag_s}"), Cell("{streaming} streaming"))

    streaming: Annotated[int, field("Replicas that are streaming.")]
    replicas: list[StandbyValue]
    in_recovery: Annotated[bool, field("Whether this server is a standby.")]
    max_lag_s: float | UnsetType = UNSET
    max_lag_bytes: Annotated[int | UnsetType, field(title="max lag")] = UNSET


class TransactionValue(Value):
    """One open transaction."""

    named_by: ClassVar = ("{query}",)
    noun: ClassVar = ("transaction", "transactions")

    query: Annotated[str, field("Its last statement, without literals.", title="slow query")]
    seconds: Annotated[float, field("How long it is open.", title="for", unit="s", rank=1)]
    state: Annotated[str, field(rank=2)]
    pid: Annotated[int, field(rank=3)]


class ActivityValue(Value):
    """Connections and open transactions; our own query is not `active`."""

    cells: ClassVar = (Cell("{connections}/{max_connections}"),)

    connections: Annotated[int, field("With our own.", of="max_connections")]
    max_connections: int
    share: Annotated[float, field("Of max_connections.", unit="ratio")]
    active: int
    idle: int
    idle_in_transaction: int
    longest_s: Annotated[float, field("The oldest open transaction.")]
    slow: Annotated[list[TransactionValue], field("The oldest open ones.")]


class SettingsValue(Value, forbid_unknown_fields=False):
    """The settings by name: sizes in bytes, times in seconds; these are sizes."""

    shared_buffers: Bytes = UNSET
    effective_cache_size: Bytes = UNSET
    work_mem: Bytes = UNSET
    maintenance_work_mem: Bytes = UNSET
