"""Model of a file with other rules for a recorded session."""

from typing import Literal

from pydantic import Field

from mmcockpit.config.models.fields import FileModel, Name, Text
from mmcockpit.config.models.rollback_rules import AbortEntry
from mmcockpit.config.models.signal import Persist


class RuleEntry(FileModel):
    """Replaces how a recorded signal is judged; keys that are left out keep their recorded values."""

    passes: Text | None = Field(default=None, alias="pass")
    """CEL over `value`: true is pass."""
    warns: Text | None = Field(default=None, alias="warn")
    """CEL over `value`, evaluated if `pass` is false: true is warn; '' removes the rule."""
    applies: Text | None = None
    """CEL over `value`: if it is false, the item does not apply."""
    persist: Persist | None = None
    """How many recent readings have to agree before a verdict changes."""
    empty: Literal["unknown", "value"] | None = None
    """The meaning of an empty result."""


class RulesFile(FileModel):
    """Rules to judge a recorded session by."""

    signals: dict[Name, RuleEntry] = Field(default_factory=dict)
    """Recorded signals by name."""
    abort: tuple[AbortEntry, ...] | None = None
    """All abort rules; replace the recorded ones."""
