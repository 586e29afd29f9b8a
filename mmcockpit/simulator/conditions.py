"""Traffic, latency and failures of ModelMuxer's production at a time, as functions of seed, time and versions."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from mmcockpit.simulator.noise import uniform, wave
from mmcockpit.simulator.scenarios import ChangeKind, ScenarioChange


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of models: its share of the calls, its normal latency and failure rate."""

    model: str
    share: float
    mean_ms: float
    bad: float


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider("gpt-4o-mini", 0.45, 520.0, 0.004),
    "anthropic": Provider("claude-3-haiku-20240307", 0.30, 610.0, 0.003),
    "mistral": Provider("mistral-small-latest", 0.15, 430.0, 0.006),
    "groq": Provider("llama-3.1-8b-instant", 0.10, 210.0, 0.005),
}

BASE_RPS = 48.0
BASE_ERRORS = 0.002
MEDIAN_MS = 420.0
SIGMA = 0.7
FAILOVER_MISSES = 0.15
"""The share of failed provider calls that no fallback handles: they become 5xx."""


class Conditions:
    """The rates and shares of one seed and its changes; `at` is in world seconds."""

    def __init__(self, seed: int, changes: Sequence[ScenarioChange], served_by: Callable[[str, float], float]) -> None:
        """Store the changes, sorted by time, and a function that returns a version's share of traffic at a time."""
        self.seed, self._served_by = seed, served_by
        self._by_kind = {kind: [change for change in changes if change.kind is kind] for kind in ChangeKind}

    def strength(self, kind: ChangeKind, at: float) -> list[tuple[ScenarioChange, float]]:
        """Return the changes of a kind that have an effect at a time, with its strength."""
        begun = takewhile(lambda change: change.at <= at, self._by_kind[kind])
        return [(change, part) for change in begun if (part := self._felt(change, at)) > 0.0]

    def _felt(self, change: ScenarioChange, at: float) -> float:
        part = change.strength(at)
        if not part or not change.version:
            return part
        share = self._served_by(change.version, at)
        return part * share if share >= change.least else 0.0

    def chat_rps(self, at: float) -> float:
        """Return chat requests per second: a daily cycle, slow variation over minutes, noise over seconds."""
        day = 1.0 + 0.3 * math.sin(math.tau * (at / 86400.0 + uniform(self.seed, "day", 0)))
        wander = 0.10 * wave(self.seed, "wander", at, 420.0) + 0.05 * wave(self.seed, "gust", at, 45.0)
        return BASE_RPS * day * (1.0 + wander)

    def bad_share(self, provider: str, at: float) -> float:
        """Return the share of a provider's calls that fail."""
        usual = PROVIDERS[provider].bad * (1.0 + 0.6 * wave(self.seed, provider, at, 120.0))
        felt = self.strength(ChangeKind.PROVIDER, at)
        return usual + sum(change.size * part for change, part in felt if change.where == provider)

    def error_share(self, at: float) -> float:
        """Return the share of chat requests that get a 5xx response."""
        usual = BASE_ERRORS * (1.0 + 0.4 * wave(self.seed, "errors", at, 90.0))
        excess = sum(max(0.0, self.bad_share(name, at) - 0.01) * each.share for name, each in PROVIDERS.items())
        ramps = sum((change.size - BASE_ERRORS) * part for change, part in self.strength(ChangeKind.ERRORS, at))
        return usual + FAILOVER_MISSES * excess + ramps

    def median_ms(self, slot: int, at: float) -> float:
        """Return the median latency of a slot's responses."""
        factor = 1.0 + 0.08 * wave(self.seed, "latency", at, 200.0) + 0.04 * wave(self.seed, f"lag{slot}", at, 60.0)
        for change, part in self.strength(ChangeKind.SLOW, at):
            if change.slot == slot:
                factor *= 1.0 + (change.size - 1.0) * part
        return MEDIAN_MS * factor

    def hit_ratio(self, at: float) -> float:
        """Return the share of cache look-ups that hit."""
        return 0.93 + 0.025 * wave(self.seed, "cache", at, 300.0)

    def connections(self, at: float) -> int:
        """Return the number of connections that the application keeps open to the database."""
        return 6 + round(2.4 * wave(self.seed, "connections", at, 40.0))
