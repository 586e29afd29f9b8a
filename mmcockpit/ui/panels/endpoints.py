"""Endpoints: what answers, how fast, and for how long its certificates are good."""

from typing import ClassVar

from mmcockpit.ui.panels.readings import Readings


class Endpoints(Readings):
    """Readings of `http.get`, `tls` and `tcp`, one row each."""

    title = "Endpoints"
    lists_facts: ClassVar[bool] = False


PANEL = Endpoints
