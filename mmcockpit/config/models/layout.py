"""A layout file: panels, and where they stand."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mmcockpit.config.models.written import Line, Name, Written


class PanelEntry(Written):
    """One panel."""

    kind: str
    """What it shows: checklist, stat, chart, pods, rollout, redis, postgres, endpoints, alerts, decision, log, detail,
    links."""
    title: str = Field(default="", max_length=80)
    """Its heading; that of its kind unless given."""
    signals: tuple[Name, ...] = ()
    """The signals it shows, in order."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Options of its kind."""


class SlotEntry(Written):
    """A panel's place in a column; the bare name of a panel is enough."""

    panel: Name
    """The panel, by its name under `panels`."""
    share: int = Field(default=1, ge=1, le=100)
    """Its part of the height that fixed rows leave."""
    rows: int = Field(default=0, ge=0, le=200)
    """So many rows, borders included; 0 shares instead."""


def _short(value: Any) -> Any:
    return {"panel": value} if isinstance(value, str) else value


Slot = Annotated[SlotEntry, BeforeValidator(_short, json_schema_input_type=str | SlotEntry)]


class ColumnEntry(Written):
    """Panels on top of each other."""

    slots: tuple[Slot, ...] = Field(min_length=1)
    """The panels, from the top."""
    share: int = Field(default=1, ge=1, le=100)
    """Its part of the width."""


class ArrangementEntry(Written):
    """Where panels stand on a terminal of at least this size; the widest that fits is used."""

    min_width: int = Field(ge=0, le=10_000)
    """Columns of characters it needs."""
    min_height: int = Field(default=0, ge=0, le=10_000)
    """Rows it needs."""
    columns: tuple[ColumnEntry, ...] = Field(min_length=1)
    """From the left."""
    footer: tuple[Slot, ...] = ()
    """Panels below all columns, over the full width."""


class LayoutFile(Written):
    """Which panels there are and where they stand."""

    name: Line
    """Its name."""
    panels: dict[Name, PanelEntry] = Field(min_length=1)
    """The panels by name; their order is that of their numbers where they stand nowhere."""
    arrangements: tuple[ArrangementEntry, ...] = Field(min_length=1)
    """Arrangements for terminals of different sizes."""
