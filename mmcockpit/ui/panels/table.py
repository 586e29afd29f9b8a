"""Any signals: one row each, their fields, and their lists as tables."""

from mmcockpit.ui.panels.readings import ReadingsPanel


class Table(ReadingsPanel):
    """Results of any probe; a probe that returns a list is a table with the columns that it declares."""

    title = "Table"


PANEL = Table
