"""The judgement on a signal: pass, warn, fail or unknown, and why."""

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How a signal stands; unknown is never go."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


NOT_APPLICABLE = "does not apply here"
"""What a passing verdict says where the signal found that its item does not apply."""

SEVERITY = {Level.PASS: 0, Level.WARN: 1, Level.UNKNOWN: 2, Level.FAIL: 3}
"""Order in which levels claim attention: the largest first."""


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A signal's level after `persist`, with this answer's own level and how many recent ones agree with it.

    `agree` of `of` counts the readings of the window at level `raw`; `because` is one line: the broken rule, the
    defect or the fault.
    """

    level: Level
    raw: Level
    because: str = ""
    agree: int = 1
    of: int = 1

    @property
    def applies(self) -> bool:
        """Whether the signal's item applies here at all."""
        return self.because != NOT_APPLICABLE
