"""A signal as it is written; its question, `SOURCE.PROBE: arguments`, is a key of its own."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mmcockpit.config.models.written import Duration, Line, Text, Written, mistake


class PersistEntry(Written):
    """How many of the recent readings have to agree before a verdict changes."""

    agree: int = Field(ge=1, le=100)
    """As many as this have to agree ..."""
    of: int = Field(ge=1, le=100)
    """... of the latest this many."""

    @model_validator(mode="after")
    def _possible(self) -> "PersistEntry":
        if self.agree > self.of:
            raise mistake(f"{self.agree} of {self.of} cannot agree; write agree <= of")
        return self


def _short(value: Any) -> Any:
    return {"agree": value, "of": value} if isinstance(value, int) and not isinstance(value, bool) else value


Persist = Annotated[
    PersistEntry,
    BeforeValidator(_short, json_schema_input_type=Annotated[int, Field(ge=1, le=100)] | PersistEntry),
]


class SignalEntry(Written):
    """One named question to one system, asked again and again, and the rule that judges the answers."""

    title: Line | None = None
    """What the screen calls it; its name unless given."""
    unit: str = Field(default="", max_length=20)
    """ratio, ms, s, bytes, or any short word that stands behind the value."""
    passes: Text = Field(default="", alias="pass")
    """CEL over `value`: true is pass. Without it the signal is shown, never judged."""
    warns: Text = Field(default="", alias="warn")
    """CEL over `value`, asked when `pass` is false: true is warn; false, or no rule, is fail."""
    applies: Text = ""
    """CEL over `value`: where it is false, what is asked about is not there, and the item does not apply."""
    message: Text = ""
    """CEL over `value` that gives a text: what is wrong where the signal warns or fails; else the broken rule."""
    persist: Persist = PersistEntry(agree=1, of=1)
    """A verdict changes after this many agreeing readings: 3, or {agree: 3, of: 5}. Pods and workloads: 3."""
    empty: Literal["unknown", "value"] = "unknown"
    """What an empty answer means: nothing is known, or it is the answer (0, or an empty list)."""
    fresh: Text = ""
    """A Prometheus selector; its newest sample must be younger than `stale_after`."""
    may_be_absent: tuple[Text, ...] = Field(default=(), max_length=100)
    """Metrics of a Prometheus query that may have no series at all: a counter that appears with the first error."""
    every: Duration | None = None
    """How often it is asked; as the source says unless given."""
    timeout: Duration | None = None
    """How long an answer may take; as the source says unless given."""
    stale_after: Duration = 60.0
    """The age at which an answer, or its newest sample, no longer counts."""
    active: bool = False
    """It changes something, costs money or alerts people: run once, on a confirmed `r`, and only where `allow: active`
    names it. A POST, and a command or SQL statement that is not known to only read, is active whatever is written here.
    """
    informational: bool = False
    """Shown and recorded, never part of the advice; refused for a signal of an abort rule."""
    valid_for: Duration = 600.0
    """How long the answer of an active signal counts."""
    saturates_at: float | None = None
    """The largest value the instrument can show: at it the screen says `>=`."""
    about: Text = ""
    """What is asked, why, and what the answer does not prove."""
    effect: Text = ""
    """What polling an active signal costs, changes or sends: the confirmation shows it."""

    @model_validator(mode="after")
    def _ordered(self) -> "SignalEntry":
        written = ((self.warns, "warn rule"), (self.applies, "condition"), (self.message, "message"))
        for rule, name in written:
            if rule and not self.passes:
                raise mistake(f"has a {name} but no pass rule; write pass too")
        return self
