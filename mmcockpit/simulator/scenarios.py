"""Scenarios of the simulated production: tables of timed changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

OLD_VERSION, VERSION = "2.4.0", "2.4.1"
ROLLOUT_AT = 180.0
CYCLE_S = 1500.0
CYCLES = 60


class ChangeKind(StrEnum):
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
class ScenarioChange:
    """One timed change, in world seconds after the start."""

    at: float
    kind: ChangeKind
    lasts: float = float("inf")
    ramp: float = 0.0
    size: float = 0.0
    where: str = ""
    slot: int = 0
    least: float = 0.0
    """The share of the traffic that the version must serve before the fault shows."""
    version: str = ""
    """The version of a rollout; for other changes, the only version with the fault (empty: all versions)."""

    def strength(self, at: float) -> float:
        """Return the strength of the change at a time: 0 to 1, with linear ramps at both ends."""
        since, until = at - self.at, self.at + self.lasts - at
        if since < 0 or until <= 0:
            return 0.0
        return min(1.0, since / self.ramp, until / self.ramp) if self.ramp else 1.0


def _small_incidents() -> Iterator[ScenarioChange]:
    cycle = (
        ScenarioChange(420, ChangeKind.PROVIDER, lasts=90, ramp=10, size=0.35, where="anthropic"),
        ScenarioChange(720, ChangeKind.SLOW, lasts=120, ramp=15, size=2.5, slot=1),
        ScenarioChange(1020, ChangeKind.RESTART, slot=2),
        ScenarioChange(1320, ChangeKind.PROVIDER, lasts=60, ramp=10, size=0.5, where="mistral"),
        ScenarioChange(1620, ChangeKind.SLOW, lasts=90, ramp=15, size=2.0, slot=0),
    )
    for turn in range(CYCLES):
        for change in cycle:
            yield replace(change, at=change.at + turn * CYCLE_S)


SCENARIOS: Mapping[str, tuple[ScenarioChange, ...]] = {
    "golive": (ScenarioChange(ROLLOUT_AT, ChangeKind.ROLLOUT, version=VERSION), *_small_incidents()),
    "quiet": (ScenarioChange(ROLLOUT_AT, ChangeKind.ROLLOUT, version=VERSION),),
    "incident": (
        ScenarioChange(15, ChangeKind.ROLLOUT, version=VERSION),
        ScenarioChange(60, ChangeKind.ERRORS, ramp=20, size=0.25, version=VERSION),
    ),
    "gradual": (
        ScenarioChange(60, ChangeKind.ROLLOUT, version=VERSION),
        ScenarioChange(120, ChangeKind.ERRORS, ramp=120, size=0.06, version=VERSION),
    ),
    "shop": (
        ScenarioChange(90, ChangeKind.ROLLOUT, version=VERSION),
        ScenarioChange(135, ChangeKind.ERRORS, ramp=15, size=0.18, version=VERSION),
    ),
    "canary": (ScenarioChange(0, ChangeKind.ERRORS, size=0.3, version=VERSION, least=0.15),),
    "blind": (
        ScenarioChange(90, ChangeKind.BLIND, lasts=120),
        ScenarioChange(ROLLOUT_AT + 120, ChangeKind.ROLLOUT, version=VERSION),
    ),
}
