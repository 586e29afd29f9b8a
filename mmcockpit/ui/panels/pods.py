"""The pods: how many are ready, and one row for each, those that are not ready first."""

from typing import ClassVar

from mmcockpit.ui.panels.readings import ReadingsPanel


class PodsPanel(ReadingsPanel):
    """Results of `kubernetes.pods` as a table, results of `rollout` as a line."""

    title = "Pods"
    lists_facts: ClassVar[bool] = False


PANEL = PodsPanel
