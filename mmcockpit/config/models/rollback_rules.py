"""Models of abort rules, the baseline, the maintenance window and the allowed actions."""

from pydantic import Field, model_validator

from mmcockpit.config.models.fields import Duration, FileModel, Line, Moment, Name, mistake


class AbortEntry(FileModel):
    """When to advise ROLLBACK."""

    signal: Name
    """The signal that has to fail."""
    for_s: Duration = Field(alias="for")
    """How long it has to fail; unknown stops the clock."""
    phase: Line = Field(alias="from")
    """The phase that arms the rule, by its id or title: earlier failures do not count."""


class BaselineEntry(FileModel):
    """What is recorded before the cutover, to compare with later."""

    over: Duration = 3600.0
    """Time range of the means."""
    signals: tuple[Name, ...] = Field(min_length=1)
    """Signals with numeric values; their rules may use `baseline`."""
    before: Line | None = None
    """The phase that starts the new production, by its id or title: the time range ends when it opens. Default: the
    first phase that arms an abort rule."""


class AllowEntry(FileModel):
    """What is allowed beyond read-only; nothing unless listed here."""

    procedures: bool = False
    """Whether steps of procedures may be run from the cockpit."""
    probe_commands: tuple[Line, ...] = ()
    """The programs that signals of a command source may run, by the first word of their command line."""
    active: tuple[Name, ...] = ()
    """The active signals that may be run: they change something, cost money or alert people."""


class WindowEntry(FileModel):
    """The maintenance window."""

    start: Moment = Field(alias="from")
    """When it begins."""
    end: Moment = Field(alias="to")
    """When it ends."""

    @model_validator(mode="after")
    def _ordered(self) -> "WindowEntry":
        if self.end <= self.start:
            raise mistake("ends before it begins; write from: the earlier, to: the later")
        return self
