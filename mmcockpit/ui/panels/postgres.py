"""PostgreSQL: connections, replicas with their lag, and slow queries."""

from mmcockpit.ui.panels.readings import Readings


class Postgres(Readings):
    """Results of `postgres.activity` and `replication`."""

    title = "PostgreSQL"


PANEL = Postgres
