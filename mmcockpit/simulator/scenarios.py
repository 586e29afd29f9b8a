"""Scenarios of the simulated production: tables of timed changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

OLD_VERSION, VERSION = "2.4.0", "2.4.1"
ROLLOUT_AT = 180.0
CYCLE_S = 1500.0
CYCLES = 60


class Kind(StrEnum):
    """The kind of a change."""

    ROLLOUT = "rollout"
    """Every slot gets a pod of `version`, one after the other."""
    RESTART = "restart"
    """The container of one slot restarts: its counters begin at zero."""
    ERRORS = "errors"
    """The share of chat requests with a 5xx response changes to `size`."""
    PROVIDER = "provider"
    """The share `size` of the calls to provider `where` fails."""
    SLOW = "slow"
    """One slot responds `size` times as slowly."""
    BLIND = "blind"
    """Prometheus is unavailable."""


@dataclass(frozen=True, slots=True)
class Change:
    """One timed change, in world seconds after the start."""

    at: float
    kind: Kind
    lasts: float = float("inf")
    ramp: float = 0.0
    size: float = 0.0
    where: str = ""
    slot: int = 0
    version: str = ""
    """The version of a rollout; for other changes, the only version with the fault (empty: all versions)."""

    def strength(self, at: float) -> float:
        """Return the strength of the change at a time: 0 to 1, with linear ramps at both ends."""
        since, until = at - self.at, self.at + self.lasts - at
        if since < 0 or until <= 0:
            return 0.0
        return min(1.0, since / self.ramp, until / self.ramp) if self.ramp else 1.0


def _small_incidents() -> Iterator[Change]:
    cycle = (
        Change(420, Kind.PROVIDER, lasts=90, ramp=10, size=0.35, where="anthropic"),
        Change(720, Kind.SLOW, lasts=120, ramp=15, size=2.5, slot=1),
        Change(1020, Kind.RESTART, slot=2),
        Change(1320, Kind.PROVIDER, lasts=60, ramp=10, size=0.5, where="mistral"),
        Change(1620, Kind.SLOW, lasts=90, ramp=15, size=2.0, slot=0),
    )
    for turn in range(CYCLES):
        for change in cycle:
            yield replace(change, at=change.at + turn * CYCLE_S)


SCENARIOS: Mapping[str, tuple[Change, ...]] = {
    "golive": (Change(ROLLOUT_AT, Kind.ROLLOUT, version=VERSION), *_small_incidents()),
    "quiet": (Change(ROLLOUT_AT, Kind.ROLLOUT, version=VERSION),),
    "incident": (
        Change(60, Kind.ROLLOUT, version=VERSION),
        Change(120, Kind.ERRORS, ramp=120, size=0.06, version=VERSION),
    ),
    "blind": (Change(90, Kind.BLIND, lasts=120), Change(ROLLOUT_AT + 120, Kind.ROLLOUT, version=VERSION)),
}
