"""Endpoints: what responds, how fast, and how long its certificates are valid."""

from typing import ClassVar

from mmcockpit.ui.panels.readings import ReadingsPanel


class EndpointsPanel(ReadingsPanel):
    """Results of `http.get`, `tls` and `tcp`, one row each."""

    title = "Endpoints"
    lists_facts: ClassVar[bool] = False


PANEL = EndpointsPanel
