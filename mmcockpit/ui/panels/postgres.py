"""PostgreSQL: connections, replicas with their lag, and slow queries."""

from typing import ClassVar

from mmcockpit.ui.panels.readings import Readings
from mmcockpit.ui.render.table import Column


class Postgres(Readings):
    """Results of `postgres.activity` and `replication`."""

    title = "PostgreSQL"
    tables: ClassVar[dict[str, tuple[Column, ...]]] = {
        "replicas": (
            Column("replica", "name"),
            Column("state", "state", rank=1),
            Column("sync", "sync", rank=3),
            Column("lag", "lag_s", "s", rank=1, align="right"),
            Column("behind", "lag_bytes", "bytes", rank=2, align="right"),
        ),
        "slow": (
            Column("slow query", "query"),
            Column("for", "seconds", "s", rank=1, align="right"),
            Column("state", "state", rank=2),
            Column("pid", "pid", rank=3, align="right"),
        ),
    }


PANEL = Postgres
