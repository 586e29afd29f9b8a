"""A checklist file, or one file of a checklist folder."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mmcockpit.config.models.fields import Duration, FileModel, Line, Name, Text, Vars, mistake
from mmcockpit.config.models.procedure import MOST_PROCEDURES, ProcedureEntry
from mmcockpit.config.models.rollback_rules import AbortEntry, BaselineEntry
from mmcockpit.config.models.use import Uses
from mmcockpit.core.words.durations import is_duration


class HoldEntry(FileModel):
    """How long a signal has to pass before its item is done."""

    first: Duration | None = None
    """How long for the gate; the full time unless given."""
    full: Duration | None = None
    """How long for the item."""
    rule: Text = ""
    """CEL over `value` that returns a duration; replaces both."""

    @model_validator(mode="after")
    def _one(self) -> "HoldEntry":
        times = [time for time in (self.first, self.full) if time is not None]
        if bool(times) == bool(self.rule):
            raise mistake("must be a duration (15m), {first: 60m, full: 24h}, or CEL that returns a duration")
        if len(times) == 2 and times[0] > times[1]:
            raise mistake("must have first <= full")
        return self


def _short_hold(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return {"full": value} if is_duration(value) else {"rule": value}


Hold = Annotated[HoldEntry, BeforeValidator(_short_hold, json_schema_input_type=str | HoldEntry)]


class ItemStepEntry(FileModel):
    """One step of the work on an item; the cockpit never runs it."""

    text: Text = ""
    """What to do."""
    command: Annotated[str, Field(max_length=4000)] = ""
    """A line for a shell, to copy."""

    @model_validator(mode="after")
    def _filled(self) -> "ItemStepEntry":
        if not (self.text.strip() or self.command.strip()):
            raise mistake("must have `text` or `command`")
        if "\n" in self.command.strip():
            raise mistake("must have a `command` of one line; write a step for each line")
        return self


def _short_step(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


ItemStepField = Annotated[ItemStepEntry, BeforeValidator(_short_step, json_schema_input_type=str | ItemStepEntry)]


class ItemEntry(FileModel):
    """One thing that has to be true."""

    title: Line
    """Its title in the list."""
    text: Text = ""
    """What to check, and how."""
    signal: Name | dict[str, Any] | None = None
    """The signal that decides it: its name, or a signal written inline."""
    mode: Literal["manual", "sensed", "attested"] | None = None
    """manual: an operator ticks it; sensed: the signal decides; attested: both. Default with a signal: sensed."""
    required: bool = True
    """Whether the gate of its phase stays closed until it is satisfied."""
    role: str = Field(default="", max_length=80)
    """The role that is responsible for it; others may tick it, too, and the record shows who did."""
    links: tuple[str, ...] = ()
    """Related URLs."""
    caveat: Text = ""
    """What a pass of the signal does not prove."""
    hold: Hold | None = None
    """How long the signal has to pass once the phase is open: 15m, {first: 60m, full: 24h}, or CEL for a duration.

    Default if the signal reads Kubernetes pods or workloads: 60 s, or minReadySeconds if longer.
    """
    judge: Literal["always", "until_gate"] = "always"
    """until_gate: after the gate of its phase was passed, the signal no longer counts, such as the age of a backup."""
    applicable: Text = ""
    """CEL over the signal's `value`: if it is false, the item does not apply."""
    approvals: int = Field(default=1, ge=1, le=9)
    """How many people have to approve a tick or an override."""
    evidence: Literal["required", "optional"] = "optional"
    """required: ticking it needs a reason that names where the evidence is."""
    warning: Literal["open", "accept"] = "open"
    """accept: an attested item can be ticked, with a reason, while its signal warns."""
    point_of_no_return: bool = False
    """Once this is satisfied, no rollback is possible: ROLLBACK becomes FIX FORWARD."""
    estimate: Duration | None = None
    """How long its work usually takes."""
    procedure: Name | None = None
    """The id of the procedure that does its work; `!` on the item opens it. It does not satisfy the item."""
    steps: Annotated[tuple[ItemStepField, ...], Field(max_length=50)] = ()
    """What a person does for it: texts, or {text: ..., command: ...} with a line for a shell to copy."""
    assignee: str = Field(default="", max_length=80)
    """The person who does it."""
    needs: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    """Items that have to be satisfied first: `phase/section/title` in lower case with hyphens, or only the title."""


class SectionEntry(FileModel):
    """A group of items."""

    title: Line
    """Its heading."""
    ordered: bool = False
    """Whether an item can be ticked only after the previous one."""
    items: tuple[ItemEntry, ...] = ()
    """Its items, in order."""


class PhaseEntry(FileModel):
    """A phase of the go-live; the next file may continue it with more sections, under the same id and title."""

    id: Name | None = None
    """Its short name; derived from the title unless given."""
    title: Line
    """Its heading."""
    estimate: Duration | None = None
    """How long it is planned to take; the sum of the estimates of its items unless given."""
    targets: Annotated[tuple[Name, ...], Field(min_length=1, max_length=50)] = ()
    """Sources of kind kubernetes: the phase exists once for each, in this order, with a gate after each.

    Its signals on the source `cluster` and its procedures with `${cluster.context}` are those of the target;
    `${target}` is its name.
    """
    sections: tuple[SectionEntry, ...] = ()
    """Its sections, in order."""


class ContactEntry(FileModel):
    """A person or team to contact."""

    role: Line
    """What they are responsible for."""
    name: Line
    """Name and number; a placeholder is in square brackets."""


class LinkEntry(FileModel):
    """A useful link."""

    title: Line
    """Its title."""
    url: Line
    """Its address."""


class ChecklistFile(FileModel):
    """What has to be true for one go-live: a file, or a folder of files that are read in the order of their names."""

    name: Name | None = None
    """Its short name; in a folder, only checklist.yaml has it."""
    title: Line | None = None
    """Its heading."""
    vars: Vars = Field(default_factory=dict)
    """Values for `${name}` that a cockpit file may replace."""
    use: Uses = ()
    """Packs: reusable signals, items and procedures; a name, or {pack: NAME, vars: {...}}."""
    phases: tuple[PhaseEntry, ...] = Field(default=(), max_length=200)
    """The phases, in order."""
    signals: dict[Name, Any] = Field(default_factory=dict)
    """Signals by name; a cockpit file replaces or changes any of them."""
    abort: tuple[AbortEntry, ...] | None = Field(default=None, max_length=200)
    """When to advise ROLLBACK."""
    baseline: BaselineEntry | None = None
    """What is recorded before the cutover, to compare with later."""
    readiness: tuple[Name, ...] | None = None
    """Signals that have to pass before you can rely on a rollback."""
    procedures: tuple[ProcedureEntry, ...] = Field(default=(), max_length=MOST_PROCEDURES)
    """Runbooks for emergencies."""
    messages: dict[Name, Any] = Field(default_factory=dict)
    """Ready-made messages by name."""
    contacts: tuple[ContactEntry, ...] = ()
    """People and teams to contact."""
    links: tuple[LinkEntry, ...] = ()
    """Useful links."""
