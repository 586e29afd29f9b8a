"""Redis: hit rate, memory, evictions, roles, and replicas."""

from mmcockpit.ui.panels.readings import ReadingsPanel


class RedisPanel(ReadingsPanel):
    """Results of `redis.info`, `replication`, `cluster` and `hit_rate`."""

    title = "Redis"


PANEL = RedisPanel
