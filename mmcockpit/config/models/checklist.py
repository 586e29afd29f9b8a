"""A checklist file, or one part of a folder of them."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mmcockpit.config.models.conduct import AbortEntry, BaselineEntry
from mmcockpit.config.models.procedure import MOST_PROCEDURES, ProcedureEntry
from mmcockpit.config.models.written import Duration, Line, Name, Text, Written, is_duration, mistake


class HoldEntry(Written):
    """How long a signal has to pass before its item is done."""

    first: Duration | None = None
    """What the gate wants; all of it unless given."""
    full: Duration | None = None
    """What the item wants."""
    rule: Text = ""
    """CEL over `value` that answers a duration, in place of both."""

    @model_validator(mode="after")
    def _one(self) -> "HoldEntry":
        times = [time for time in (self.first, self.full) if time is not None]
        if bool(times) == bool(self.rule):
            raise mistake("is a duration (15m), {first: 60m, full: 24h}, or CEL that answers a duration")
        if len(times) == 2 and times[0] > times[1]:
            raise mistake("wants more first than in full; write first <= full")
        return self


def _short_hold(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return {"full": value} if is_duration(value) else {"rule": value}


Hold = Annotated[HoldEntry, BeforeValidator(_short_hold, json_schema_input_type=str | HoldEntry)]


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
    hold: Hold | None = None
    """How long the signal has to pass once the phase is open: 15m, {first: 60m, full: 24h}, or CEL for a duration.

    Where nothing is said and the signal reads Kubernetes pods or workloads: 60 s, or minReadySeconds if longer.
    """
    judge: Literal["always", "until_gate"] = "always"
    """until_gate: what the signal says after the phase was left changes nothing; a backup's age may grow later."""
    applicable: Text = ""
    """CEL over the signal's `value`: where it is false the item does not apply."""
    approvals: int = Field(default=1, ge=1, le=9)
    """How many people have to agree to a tick or an override."""
    evidence: Literal["required", "optional"] = "optional"
    """required: a tick needs a reason that says where the evidence is."""
    warning: Literal["open", "accept"] = "open"
    """accept: an attested item can be ticked, with a reason, also while its signal warns."""
    point_of_no_return: bool = False
    """Once this is satisfied there is no way back: ROLLBACK reads NO-GO: FIX FORWARD."""


class SectionEntry(Written):
    """A group of items."""

    title: Line
    """Its heading."""
    ordered: bool = False
    """Whether an item can only be ticked after the one before."""
    items: tuple[ItemEntry, ...] = ()
    """Its items, in order."""


class PhaseEntry(Written):
    """A stretch of the night; the next file may continue it with more sections, under the same id and title."""

    id: Name | None = None
    """Its short name; made of the title unless given."""
    title: Line
    """Its heading."""
    sections: tuple[SectionEntry, ...] = ()
    """Its sections, in order."""


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
    phases: tuple[PhaseEntry, ...] = Field(default=(), max_length=200)
    """The phases, in the order of the night."""
    signals: dict[Name, Any] = Field(default_factory=dict)
    """Signals by name; a cockpit file replaces or changes any of them."""
    abort: tuple[AbortEntry, ...] | None = Field(default=None, max_length=200)
    """When to advise ROLLBACK."""
    baseline: BaselineEntry | None = None
    """What is recorded before the cutover, to compare with."""
    readiness: tuple[Name, ...] | None = None
    """Signals that have to pass before a rollback can be relied on."""
    procedures: tuple[ProcedureEntry, ...] = Field(default=(), max_length=MOST_PROCEDURES)
    """Runbooks for emergencies."""
    messages: dict[Name, Any] = Field(default_factory=dict)
    """Ready-made messages by name."""
    contacts: tuple[ContactEntry, ...] = ()
    """Whom to call."""
    links: tuple[LinkEntry, ...] = ()
    """Where to look."""
