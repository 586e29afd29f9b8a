"""Alarms: what needs the acknowledgement of an operator, and how far it has escalated."""

from enum import StrEnum

import msgspec

from mmcockpit.core.model.clock import Stamp


class AlarmKind(StrEnum):
    """What an alarm is about: an abort rule failed for its time, or a required item regressed."""

    ROLLBACK = "rollback"
    REGRESSION = "regression"


class AlarmCause(msgspec.Struct, frozen=True):
    """One cause of an alarm; `subject` is the signal of the abort rule, or the id of the item."""

    kind: AlarmKind
    subject: str


class Alarm(msgspec.Struct, frozen=True):
    """An alarm with all causes that are not resolved, since its first unacknowledged one.

    `acknowledged` are the causes that an operator acknowledged: the latest one `by` at `by_at`. `level` is how often it
    escalated since, the last time at `escalated_at` to the channels `to`; it was not delivered to those in `failed`,
    and whether it reached those in `unknown` is not known.
    """

    causes: tuple[AlarmCause, ...]
    since: Stamp
    acknowledged: tuple[AlarmCause, ...] = ()
    by: str = ""
    by_at: Stamp | None = None
    level: int = 0
    escalated_at: Stamp | None = None
    to: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def open(self) -> tuple[AlarmCause, ...]:
        """The causes that no operator has acknowledged."""
        return tuple(cause for cause in self.causes if cause not in self.acknowledged)
