"""The `use:` key of a cockpit or checklist file: the packs that it uses."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from mmcockpit.config.models.fields import FileModel, Line, Name, Vars, mistake

MOST_USES = 50
"""Maximum number of packs that one file uses."""

LONGEST_PREFIX = 40
"""Maximum number of characters of a prefix; a name with it has at most 64."""

Prefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=LONGEST_PREFIX)]


class UseEntry(FileModel):
    """A pack that a file uses; the name of the pack alone is enough if its variables have values."""

    pack: Line
    """The pack: its name, or the path of a YAML file, relative to this file."""
    prefix: Prefix | None = None
    """Put before the names of its signals and procedures and before its titles; to use one pack several times."""
    source: Name | None = None
    """The source that it polls, if it needs only one."""
    sources: dict[Name, Name] = Field(default_factory=dict)
    """The name of a source in the pack to the name of yours."""
    vars: Vars = Field(default_factory=dict)
    """The values of its variables. One that is missing here has the value of the variable of the same name of the
    cockpit or checklist file, or else its default."""
    phase: Line | dict[Line, Line] | None = None
    """The phase that its items and abort rules belong to, by id or title; or the name of a phase in the pack to one of
    the checklist. Default: the phase with the same id or title."""
    without: tuple[Name, ...] = ()
    """Its signals, items and procedures that are left out, by name or id; a signal with its items and abort rules."""
    only: tuple[Literal["signals", "items", "procedures", "abort", "readiness"], ...] | None = None
    """Which parts of it are used; all of them unless given."""

    @model_validator(mode="after")
    def _one_way(self) -> "UseEntry":
        if self.source and self.sources:
            raise mistake("must have `source` or `sources`, not both")
        return self


def _name_alone(value: Any) -> Any:
    return {"pack": value} if isinstance(value, str) else value


Uses = Annotated[
    tuple[Annotated[UseEntry, BeforeValidator(_name_alone, json_schema_input_type=str | UseEntry)], ...],
    Field(max_length=MOST_USES),
]
"""The packs that a file uses: names, or mappings with variables."""
