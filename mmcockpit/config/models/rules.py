"""Other rules for a recorded session, as they are written."""

from typing import Literal

from pydantic import Field

from mmcockpit.config.models.conduct import AbortEntry
from mmcockpit.config.models.signal import Persist
from mmcockpit.config.models.written import Name, Text, Written


class RuleEntry(Written):
    """How a recorded signal is judged instead; what is left out stays as it was."""

    passes: Text | None = Field(default=None, alias="pass")
    """CEL over `value`: true is pass."""
    warns: Text | None = Field(default=None, alias="warn")
    """CEL over `value`, asked when `pass` is false: true is warn; '' takes the rule away."""
    applies: Text | None = None
    """CEL over `value`: where it is false the item does not apply."""
    persist: Persist | None = None
    """A verdict changes after this many agreeing readings."""
    empty: Literal["unknown", "value"] | None = None
    """What an empty answer means."""


class RulesFile(Written):
    """Rules to judge a recorded session by."""

    signals: dict[Name, RuleEntry] = Field(default_factory=dict)
    """Recorded signals by name."""
    abort: tuple[AbortEntry, ...] | None = None
    """All abort rules, in place of the recorded ones."""
