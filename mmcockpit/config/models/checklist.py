"""A checklist file, or one part of a folder of them."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mmcockpit.config.models.written import Line, Name, Text, Written


class ItemEntry(Written):
    """One thing that has to be true."""

    title: Line
    """What the list calls it."""
    text: Text = ""
    """What to check, and how."""
    signal: Name | dict[str, Any] | None = None
    """The signal that decides it: its name, or a signal written here."""
    mode: Literal["manual", "sensed", "attested"] | None = None
    """manual: by hand; sensed: the signal decides; attested: both. With a signal it is sensed unless given."""
    required: bool = True
    """Whether the phase cannot be left without it."""
    role: str = Field(default="", max_length=80)
    """Whose item it is."""
    links: tuple[str, ...] = ()
    """Where to look: URLs."""
    caveat: Text = ""
    """What a pass of the signal does not prove."""


class SectionEntry(Written):
    """A group of items."""

    title: Line
    """Its heading."""
    ordered: bool = False
    """Whether an item can only be ticked after the one before."""
    items: tuple[ItemEntry, ...] = ()
    """Its items, in order."""


class PhaseEntry(Written):
    """A stretch of the night."""

    id: Name | None = None
    """Its short name; made of the title unless given."""
    title: Line
    """Its heading."""
    sections: tuple[SectionEntry, ...] = ()
    """Its sections, in order."""


class StepEntry(Written):
    """One step of a procedure."""

    title: Line
    """What to do, in a few words."""
    text: Text = ""
    """How."""


class ProcedureEntry(Written):
    """An emergency or rollback runbook."""

    id: Name | None = None
    """Its short name; made of the title unless given."""
    title: Line
    """Its heading."""
    steps: tuple[StepEntry, ...] = ()
    """Its steps, in order."""


class ContactEntry(Written):
    """Whom to call."""

    role: Line
    """What they are responsible for."""
    name: Line
    """Name and number; a placeholder stands in square brackets."""


class LinkEntry(Written):
    """Where to look."""

    title: Line
    """What is found there."""
    url: Line
    """Its address."""


def _scalars(value: Any) -> Any:
    """Let numbers and booleans be variables; what they look like is kept from the file."""
    if not isinstance(value, dict):
        return value
    return {name: str(part) if isinstance(part, int | float) else part for name, part in value.items()}


Vars = Annotated[dict[Name, str], BeforeValidator(_scalars, json_schema_input_type=dict[str, str | int | float | bool])]


class ChecklistFile(Written):
    """What has to be true for one go-live: a file, or a folder of files that are read in the order of their names."""

    name: Name | None = None
    """Its short name; of a folder, only checklist.yaml has it."""
    title: Line | None = None
    """Its heading."""
    vars: Vars = Field(default_factory=dict)
    """Values for `${name}` that a cockpit file may replace."""
    phases: tuple[PhaseEntry, ...] = ()
    """The phases, in the order of the night."""
    signals: dict[Name, Any] = Field(default_factory=dict)
    """Signals by name; a cockpit file replaces or changes any of them."""
    procedures: tuple[ProcedureEntry, ...] = ()
    """Runbooks for emergencies."""
    contacts: tuple[ContactEntry, ...] = ()
    """Whom to call."""
    links: tuple[LinkEntry, ...] = ()
    """Where to look."""
