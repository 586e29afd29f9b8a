"""Redis: hit rate, memory, evictions, roles, and replicas."""

from mmcockpit.ui.panels.readings import Readings


class Redis(Readings):
    """Results of `redis.info`, `replication`, `cluster` and `hit_rate`."""

    title = "Redis"


PANEL = Redis
