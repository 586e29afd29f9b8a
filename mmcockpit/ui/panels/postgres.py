"""PostgreSQL: connections, replicas with their lag, and slow queries."""

from mmcockpit.ui.panels.readings import ReadingsPanel


class PostgresPanel(ReadingsPanel):
    """Results of `postgres.activity` and `replication`."""

    title = "PostgreSQL"


PANEL = PostgresPanel
