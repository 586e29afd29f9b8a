"""Models of abort rules and the baseline."""

from pydantic import Field

from mmcockpit.config.models.fields import Duration, FileModel, Line, Name


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
