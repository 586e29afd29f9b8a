"""Redis: hit rate, memory, evictions, roles, and replicas."""

from typing import ClassVar

from mmcockpit.ui.panels.readings import Readings
from mmcockpit.ui.render.table import Column


class Redis(Readings):
    """Results of `redis.info`, `replication`, `cluster` and `hit_rate`."""

    title = "Redis"
    tables: ClassVar[dict[str, tuple[Column, ...]]] = {
        "replicas": (
            Column("replica", "address"),
            Column("state", "state", rank=1),
            Column("lag", "lag_s", "s", rank=1, align="right"),
            Column("offset lag", "offset_lag", rank=2, align="right"),
        )
    }


PANEL = Redis
