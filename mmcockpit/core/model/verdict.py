"""The verdict on a signal: pass, warn, fail or unknown, and why."""

from enum import StrEnum

import msgspec


class Level(StrEnum):
    """The level of a signal; unknown is never go."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What a verdict is based on, where it is neither a rule nor a fault."""

    NOT_POLLED = "not polled"
    NOT_RUN = "not run"
    """An active check that was never run."""
    NOT_APPLICABLE = "not applicable"
    """The signal passes because it found that its item does not apply."""


SEVERITY = {Level.PASS: 0, Level.WARN: 1, Level.UNKNOWN: 2, Level.FAIL: 3}
"""Levels by severity; the largest is shown first."""


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The level of a signal after `persist`, the level of its latest result, and how many recent results agree.

    `agree` of `of` counts the readings of the window at level `raw`; `because` is one line: the broken rule, the defect
    or the fault. It is empty where there is a `basis`.
    """

    level: Level
    raw: Level
    because: str = ""
    agree: int = 1
    of: int = 1
    basis: Basis | None = None

    @property
    def applies(self) -> bool:
        """Whether the item of the signal applies here."""
        return self.basis is not Basis.NOT_APPLICABLE
