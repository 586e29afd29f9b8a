"""Endpoints: what responds, how fast, and how long its certificates are valid."""

from typing import ClassVar

from mmcockpit.ui.panels.readings import Readings


class Endpoints(Readings):
    """Results of `http.get`, `tls` and `tcp`, one row each."""

    title = "Endpoints"
    lists_facts: ClassVar[bool] = False


PANEL = Endpoints
