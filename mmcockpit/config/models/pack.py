"""A pack: reusable signals, items and procedures with variables."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mmcockpit.config.models.checklist import ItemEntry
from mmcockpit.config.models.fields import Duration, FileModel, Line, Name, Text
from mmcockpit.config.models.procedure import MOST_PROCEDURES, ProcedureEntry


def _scalar(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) else value


Scalar = Annotated[str, BeforeValidator(_scalar, json_schema_input_type=str | int | float | bool)]
"""A value of a variable; the spelling of numbers is kept."""


class VariableEntry(FileModel):
    """A variable of a pack; the file that uses the pack sets it."""

    about: Line
    """What it means."""
    type: Literal["text", "name", "number", "duration", "metric", "matchers"] = "text"
    """What it may hold: any text; a name without spaces or quotes (a host, an object); a number; a duration (5m); the
    name of a metric or a label; or label matchers of PromQL, such as `job="api"`."""
    default: Scalar | None = None
    """Its value unless set, perhaps with `${name}` of a variable above it; without a default it is required."""
    example: Scalar = ""
    """A value as an example, with which a pack is checked on its own."""


class NeedEntry(FileModel):
    """A source that a pack polls."""

    kind: Line
    """The kind of the source, such as redis."""
    about: Line
    """Which system it is, and what it has to provide: an exporter, a permission."""


class PackItemEntry(ItemEntry):
    """An item of a pack."""

    id: Name | None = None
    """Its short name within the pack, for `without`; derived from the title unless given."""
    signal: Name | None = None
    """The signal that decides it, by its name in this pack."""
    phase: Line
    """The phase that it belongs to, by id or title: readiness, deployment, cutover, verification or another one."""
    section: Line | None = None
    """The section that it is added to; one with the pack's title unless given."""


class PackAbortEntry(FileModel):
    """When to advise ROLLBACK; added to the rules of the file that uses the pack."""

    signal: Name
    """The signal of this pack that has to fail."""
    for_s: Duration = Field(alias="for")
    """How long it has to fail; unknown stops the clock."""
    phase: Line = Field(alias="from")
    """The phase that arms the rule, as in an item of the pack."""


class PackFile(FileModel):
    """Signals, items and procedures that several go-lives share. A pack cannot give permissions."""

    name: Name
    """Its short name."""
    title: Line
    """The heading of its items in a checklist."""
    about: Text
    """What it shows, and when to use it."""
    needs: dict[Name, NeedEntry] = Field(default_factory=dict)
    """The sources that it polls, by the name that its signals use; `use:` can name others."""
    vars: dict[Name, VariableEntry] = Field(default_factory=dict)
    """Its variables, `${name}` in its texts. Only these can be used in a pack."""
    signals: dict[Name, Any] = Field(default_factory=dict)
    """Its signals by name."""
    items: tuple[PackItemEntry, ...] = Field(default=(), max_length=200)
    """Its items, in order."""
    abort: tuple[PackAbortEntry, ...] = Field(default=(), max_length=200)
    """When to advise ROLLBACK."""
    readiness: tuple[Name, ...] = ()
    """Its signals that have to pass before you can rely on a rollback."""
    procedures: tuple[ProcedureEntry, ...] = Field(default=(), max_length=MOST_PROCEDURES)
    """Its runbooks."""
