"""The pods: how many are ready, and one row for each, those that are not ready first."""

from typing import ClassVar

from mmcockpit.ui.panels.readings import Readings
from mmcockpit.ui.render.table import Column


class Pods(Readings):
    """Results of `kubernetes.pods` as a table, results of `rollout` as a line."""

    title = "Pods"
    lists_facts: ClassVar[bool] = False
    tables: ClassVar[dict[str, tuple[Column, ...]]] = {
        "pods": (
            Column("pod", "name", keep="tail"),
            Column("ready", "ready", rank=1),
            Column("restarts", "restarts", rank=1, align="right"),
            Column("phase", "phase", rank=3),
            Column("reason", "reason", rank=2),
            Column("age", "age_s", "age", rank=3, align="right"),
            Column("zone", "zone", rank=4),
            Column("digest", "digest", "digest", rank=5),
            Column("node", "node", rank=6),
        )
    }


PANEL = Pods
