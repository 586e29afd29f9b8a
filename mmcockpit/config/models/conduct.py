"""How the night is conducted: when to go back, what to compare with, what is allowed."""

from pydantic import Field, model_validator

from mmcockpit.config.models.written import Duration, Line, Moment, Name, Written, mistake


class AbortEntry(Written):
    """When to advise ROLLBACK."""

    signal: Name
    """The signal that has to fail."""
    for_s: Duration = Field(alias="for")
    """For how long it has to fail; unknown stops the clock."""
    phase: Line = Field(alias="from")
    """The phase that arms the rule, by its id or title: what fails before counts nothing."""


class BaselineEntry(Written):
    """What is recorded before the cutover, to compare with."""

    over: Duration = 3600.0
    """Over how long the means are taken."""
    signals: tuple[Name, ...] = Field(min_length=1)
    """Signals that are numbers; their rules may use `baseline`."""
    before: Line | None = None
    """The phase that brings the new production, by its id or title: the window ends where it opens. Unless given, the
    first one that arms an abort rule."""


class AllowEntry(Written):
    """What is allowed beyond looking; nothing unless it stands here."""

    procedures: bool = False
    """Whether the steps of procedures may be run from here."""
    probe_commands: tuple[Line, ...] = ()
    """The programs that signals of a command source may run, by the first word of their command line."""
    active: tuple[Name, ...] = ()
    """The active signals that may be run: they change something, cost money or alert people."""


class WindowEntry(Written):
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
