"""Model of a signal as written; its probe, `SOURCE.PROBE: arguments`, is a separate key."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mmcockpit.config.models.fields import Duration, FileModel, Line, Tag, Text, mistake


class PersistEntry(FileModel):
    """How many of the recent readings have to agree before a verdict changes."""

    agree: int = Field(ge=1, le=100)
    """The number of readings that have to agree ..."""
    of: int = Field(ge=1, le=100)
    """... of this many recent ones."""

    @model_validator(mode="after")
    def _possible(self) -> "PersistEntry":
        if self.agree > self.of:
            raise mistake("must have agree <= of")
        return self


def _short(value: Any) -> Any:
    return {"agree": value, "of": value} if isinstance(value, int) and not isinstance(value, bool) else value


Persist = Annotated[
    PersistEntry,
    BeforeValidator(_short, json_schema_input_type=Annotated[int, Field(ge=1, le=100)] | PersistEntry),
]


class SignalEntry(FileModel):
    """A signal: a probe of one source, polled at an interval, and the rules that judge its results."""

    title: Line | None = None
    """Its title on the screen; its name unless given."""
    unit: str = Field(default="", max_length=20)
    """ratio, ms, s, bytes, or a short word after the value; nouns in the plural: `pods` is `1 pod`, `2 pods`."""
    passes: Text = Field(default="", alias="pass")
    """CEL over `value`: true is pass. A signal without it is shown but never judged."""
    warns: Text = Field(default="", alias="warn")
    """CEL over `value`, evaluated if `pass` is false: true is warn; false, or no rule, is fail."""
    applies: Text = ""
    """CEL over `value`: if it is false, the thing to check does not exist, and the item does not apply."""
    message: Text = ""
    """CEL over `value` that returns a text: what is wrong when it warns or fails. Default: the clause that failed."""
    persist: Persist = PersistEntry(agree=1, of=1)
    """How many recent readings have to agree before a verdict changes: 3, or {agree: 3, of: 5}. Pods, workloads: 3."""
    empty: Literal["unknown", "value"] = "unknown"
    """The meaning of an empty result: unknown, or a value (0, or an empty list)."""
    fresh: Text = ""
    """A Prometheus selector; its newest sample must be younger than `stale_after`."""
    may_be_absent: tuple[Text, ...] = Field(default=(), max_length=100)
    """Metrics of a Prometheus query that may have no series: a counter that appears with the first error."""
    every: Duration | None = None
    """Polling interval; that of the source unless given."""
    timeout: Duration | None = None
    """Timeout of one poll; that of the source unless given."""
    stale_after: Duration = 60.0
    """Maximum age of a result, or of its newest sample; an older one does not count."""
    active: bool = False
    """Whether it changes something, costs money or alerts people: then it is polled once, after `r` and a confirmation,
    and only if `allow.active` lists it. A POST, and a command or an SQL statement that is not known as read-only, is
    always active.
    """
    informational: bool = False
    """Whether it is shown and recorded but never part of the advice; not allowed for a signal of an abort rule."""
    valid_for: Duration = 600.0
    """How long the result of an active signal is valid."""
    tags: tuple[Tag, ...] = Field(default=(), max_length=20)
    """What it is about, for layouts that choose signals by tag: headline, errors, latency, traffic, saturation,
    or any other slug. A headline signal is in the Signals panel of the shipped layouts."""
    saturates_at: float | None = None
    """The largest value that the metric can have: the screen shows `>=` at this value."""
    about: Text = ""
    """What is checked, why, and what the result does not prove."""
    impact: str = Field(default="", max_length=80)
    """What its failure means for users, for stakeholders to read: `some requests fail`. Default: its title."""
    effect: Text = ""
    """What polling an active signal costs, changes or sends; shown in the confirmation."""

    @model_validator(mode="after")
    def _ordered(self) -> "SignalEntry":
        written = ((self.warns, "warn rule"), (self.applies, "condition"), (self.message, "message"))
        for rule, name in written:
            if rule and not self.passes:
                raise mistake(f"has a {name} but no pass rule; add `pass:`")
        return self
