"""A layout file: panels and their arrangement."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mmcockpit.config.models.fields import FileModel, Line, Name, Tag, mistake


class ChoiceEntry(FileModel):
    """The signals of a panel; a list of names alone is enough."""

    names: tuple[Name, ...] = ()
    """Signals by name, in this order."""
    tags: tuple[Tag, ...] = ()
    """Then every signal that has one of these tags, in the order of the cockpit file. A panel whose tags no signal
    has gets no place; a stat panel then shows every signal."""


def _named(value: Any) -> Any:
    if isinstance(value, str):
        raise mistake("must be a list of signals, such as [a, b], or {tags: [a, b]}")
    return {"names": value} if isinstance(value, list | tuple) else value


Choice = Annotated[ChoiceEntry, BeforeValidator(_named, json_schema_input_type=tuple[Name, ...] | ChoiceEntry)]


class PanelEntry(FileModel):
    """One panel."""

    kind: str
    """What it shows: checklist, stat, chart, pods, rollout, redis, postgres, endpoints, alerts, table,
    decision, log, detail, links, upcoming."""
    title: str = Field(default="", max_length=80)
    """Its title; that of its kind unless given."""
    signals: Choice = ChoiceEntry()
    """The signals it shows: [NAME, ...], or {tags: [TAG, ...]} for every signal with one of these tags. A stat panel
    without signals shows all of them, sorted by severity."""
    follow: bool = False
    """Of a chart: whether it shows the signal selected in another panel, else its own first one. A chart without
    signals always does."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Options of its kind."""


class SlotEntry(FileModel):
    """A panel's place in a column; the name of the panel alone is enough."""

    panel: Name
    """The panel, by its name under `panels`."""
    share: int = Field(default=1, ge=1, le=100)
    """Its share of the height that is left after fixed rows."""
    rows: int = Field(default=0, ge=0, le=200)
    """A fixed number of rows, borders included; 0: use `share`."""


def _short(value: Any) -> Any:
    return {"panel": value} if isinstance(value, str) else value


Slot = Annotated[SlotEntry, BeforeValidator(_short, json_schema_input_type=str | SlotEntry)]


class ColumnEntry(FileModel):
    """A column of panels."""

    slots: tuple[Slot, ...] = Field(min_length=1)
    """The panels, from top to bottom."""
    share: int = Field(default=1, ge=1, le=100)
    """Its share of the width."""


class ArrangementEntry(FileModel):
    """The arrangement for terminals of at least this size; the widest that fits is used."""

    min_width: int = Field(ge=0, le=10_000)
    """Minimum width in characters."""
    min_height: int = Field(default=0, ge=0, le=10_000)
    """Minimum height in rows."""
    columns: tuple[ColumnEntry, ...] = Field(min_length=1)
    """The columns, from left to right."""
    footer: tuple[Slot, ...] = ()
    """Panels below all columns, over the full width."""


class LayoutFile(FileModel):
    """The panels and their arrangements."""

    name: Line
    """Its name."""
    panels: dict[Name, PanelEntry] = Field(min_length=1)
    """The panels by name; their order determines their numbers if an arrangement does not contain them."""
    arrangements: tuple[ArrangementEntry, ...] = Field(min_length=1)
    """Arrangements for terminals of different sizes."""
