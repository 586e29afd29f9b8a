"""ModelMuxer's production as a function of seed, scenario and world time, and of the operators' rollouts.

Every counter is the integral of a rate over the world's time, so a page, a query and a chart of the same time agree,
and repeated queries return the same result. A rollout changes only what comes after it.
"""

import math
import threading
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmcockpit.simulator.clock import WorldClock
from mmcockpit.simulator.conditions import PROVIDERS, SIGMA, Conditions
from mmcockpit.simulator.noise import name_suffix, uniform, wave
from mmcockpit.simulator.scenarios import OLD_VERSION, SCENARIOS, ChangeKind

EPOCH = WorldClock(0.0)
SLOTS = 3
POD_START_S = 3.0
RESTART_S = 6.0
STEP_S = 10.0
ORIGIN = -8400.0
"""The first grid point: two hours of history and the window of a rate before it."""

EDGES_MS = (1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0)
CHAT_ROUTES: Mapping[str, float] = {"/v1/chat/completions": 0.8, "/v1/messages": 0.15, "/messages": 0.05}

QUANTITIES: tuple[str, ...] = (
    "ok",
    "errors",
    "ms",
    *(f"le:{edge}" for edge in EDGES_MS),
    *(f"{name}:{what}" for name in PROVIDERS for what in ("succeeded", "failed", "ms")),
    "cache_hits",
    "cache_misses",
)
_INDEX = {name: index for index, name in enumerate(QUANTITIES)}
_LOG_EDGES = tuple(math.log(edge) for edge in EDGES_MS)
Totals = Sequence[float]
"""One number for each of QUANTITIES; stored ones are arrays, because a day has 9000 of them."""


@dataclass(frozen=True, slots=True)
class ProcessLife:
    """One process in one slot: from its start until it is replaced or restarted (world seconds)."""

    slot: int
    pod: str
    version: str
    born: float
    died: float
    restarts: int


@dataclass(frozen=True, slots=True, order=True)
class Start:
    """When a slot's process is replaced by a pod of a version, or restarted if the version is empty."""

    at: float
    version: str = ""


class World:
    """The production at any time; see QUANTITIES for its counters."""

    def __init__(self, seed: int = 1, scenario: str = "golive", clock: WorldClock = EPOCH) -> None:
        """Create the world of a scenario; the clock only maps its times to epoch times."""
        self.seed, self.scenario, self.clock = seed, scenario, clock
        self.changes = tuple(sorted(SCENARIOS[scenario], key=lambda change: change.at))
        self.conditions = Conditions(seed, self.changes, self.served_by)
        weights = [0.9 + 0.2 * uniform(seed, "weight", slot) for slot in range(SLOTS)]
        self._shares = tuple(weight / sum(weights) for weight in weights)
        self._starts = [self._planned(slot) for slot in range(SLOTS)]
        self._lives = [self._lives_of(slot) for slot in range(SLOTS)]
        self._splits: list[tuple[float, str, float]] = []
        self._rates: list[tuple[Totals, ...]] = []
        self._totals: list[tuple[Totals, ...]] = []
        self._growing = threading.Lock()

    def live(self, slot: int, at: float) -> ProcessLife | None:
        """Return the process that serves in a slot, None while it is down."""
        life = self.pod(slot, at)
        return life if at < life.died else None

    def pod(self, slot: int, at: float) -> ProcessLife:
        """Return the latest process of a slot, also while it is down."""
        lives = self._lives[slot]
        return lives[max(0, bisect_right(lives, at, key=lambda life: life.born) - 1)]

    def served_by(self, version: str, at: float) -> float:
        """Return the share of the traffic that a version serves."""
        for since, split, part in reversed(self._splits):
            if since <= at:
                return part if split == version else 1.0 - part
        return sum(share for slot, share in enumerate(self._shares) if self.pod(slot, at).version == version)

    def split(self, version: str, part: float, at: float) -> None:
        """Give a version a part of the traffic from now on, as a router does; as `rolled`, without past values."""
        with self._growing:
            if self._splits and self._splits[-1][1:] == (version, part):
                return
            index = math.floor((at - ORIGIN) / STEP_S)
            self._grow(index + 1)
            self._splits.append((at, version, part))
            del self._rates[index + 2 :], self._totals[index + 2 :]

    def rolled(self, slot: int, version: str, at: float) -> None:
        """Give a slot a pod of a version from now on, overriding later rollouts of the scenario.

        Past values do not change: `at` is now, and rates change from the second grid point after it.
        """
        with self._growing:
            index = math.floor((at - ORIGIN) / STEP_S)
            self._grow(index + 1)
            kept = [start for start in self._starts[slot] if start.at <= at or not start.version]
            if self.pod(slot, at).version != version:
                kept = sorted([*kept, Start(at, version)])
            if kept != self._starts[slot]:
                self._starts[slot] = kept
                self._lives[slot] = self._lives_of(slot)
                del self._rates[index + 2 :], self._totals[index + 2 :]

    def restarts(self, at: float) -> Mapping[str, int]:
        """Return container restarts per pod that exists at a time; a crash counts from the time it happens."""
        pods = [self.pod(slot, at) for slot in range(SLOTS)]
        return {life.pod: life.restarts + (at >= life.died) for life in pods}

    def blind(self, at: float) -> bool:
        """Return whether Prometheus is unavailable."""
        return bool(self.conditions.strength(ChangeKind.BLIND, at))

    def counters(self, life: ProcessLife, at: float) -> Mapping[str, float]:
        """Return all counters of one process at a time."""
        before, after = self._total(life.slot, life.born), self._total(life.slot, min(at, life.died))
        share = self._shares[life.slot]
        return {
            name: share * max(0.0, last - first) for name, first, last in zip(QUANTITIES, before, after, strict=True)
        }

    def total(self, quantity: str, at: float) -> float:
        """Return the count of the whole fleet at a time, without resets."""
        index = _INDEX[quantity]
        return sum(share * self._one(slot, at, index) for slot, share in enumerate(self._shares))

    def increase(self, quantity: str, at: float, window: float) -> float:
        """Return how much a quantity grew in the whole fleet over a window."""
        return self.total(quantity, at) - self.total(quantity, at - window)

    def _planned(self, slot: int) -> list[Start]:
        """Return what the scenario does to a slot's processes, by time."""
        starts = []
        for change in self.changes:
            if change.kind is ChangeKind.ROLLOUT:
                starts.append(Start(change.at + (slot + 1) * POD_START_S, change.version))
            elif change.kind is ChangeKind.RESTART and change.slot == slot:
                starts.append(Start(change.at))
        return sorted(starts)

    def _lives_of(self, slot: int) -> tuple[ProcessLife, ...]:
        version, born, restarts = OLD_VERSION, -90000.0 - 40.0 * slot, 0
        pod, lives = self._pod_name(slot, version, born), []
        for start in self._starts[slot]:
            if born < start.at:
                lives.append(ProcessLife(slot, pod, version, born, start.at, restarts))
            if start.version:
                version, born, restarts = start.version, start.at, 0
                pod = self._pod_name(slot, version, born)
            else:
                born, restarts = start.at + RESTART_S, restarts + 1
        return (*lives, ProcessLife(slot, pod, version, born, math.inf, restarts))

    def _pod_name(self, slot: int, version: str, born: float) -> str:
        group = name_suffix(self.seed, f"rs{version}", 9)
        return f"modelmuxer-{group}-{name_suffix(self.seed, f'pod{slot}/{born:g}', 5)}"

    def _rates_at(self, at: float) -> tuple[Totals, ...]:
        """Return the rate of every quantity per slot, as if the slot served all traffic."""
        now = self.conditions
        rps, errors, hits = now.chat_rps(at), now.error_share(at), now.hit_ratio(at)
        shared: list[float] = []
        for name, provider in PROVIDERS.items():
            calls, bad = rps * provider.share, now.bad_share(name, at)
            lag = 1.0 + 0.1 * wave(self.seed, f"{name} ms", at, 150.0)
            shared += (calls * (1.0 - bad), calls * bad, calls * provider.mean_ms * lag)
        shared += (0.25 * rps * hits, 0.25 * rps * (1.0 - hits))
        rows = []
        for slot in range(SLOTS):
            median = math.log(now.median_ms(slot, at))
            under = [rps * 0.5 * math.erfc((median - edge) / (SIGMA * math.sqrt(2.0))) for edge in _LOG_EDGES]
            mean_ms = math.exp(median + SIGMA * SIGMA / 2.0)
            rows.append(array("d", (rps * (1.0 - errors), rps * errors, rps * mean_ms, *under, *shared)))
        return tuple(rows)

    def _grow(self, index: int) -> None:
        if not self._rates:
            self._rates.append(self._rates_at(ORIGIN))
            self._totals.append((array("d", (0.0,) * len(QUANTITIES)),) * SLOTS)
        while len(self._rates) <= index:
            before, after = self._rates[-1], self._rates_at(ORIGIN + len(self._rates) * STEP_S)
            self._totals.append(
                tuple(
                    array("d", [t + (a + b) * (STEP_S / 2.0) for t, a, b in zip(*slot, strict=True)])
                    for slot in zip(self._totals[-1], before, after, strict=True)
                )
            )
            self._rates.append(after)

    def _total(self, slot: int, at: float) -> Totals:
        """Return the integral of every quantity from the origin to `at`; before the origin its rates are constant."""
        index, passed, bend = self._place(at)
        rates, totals, following = self._rates[index][slot], self._totals[index][slot], self._rates[index + 1][slot]
        return tuple([t + passed * (a + (b - a) * bend) for t, a, b in zip(totals, rates, following, strict=True)])

    def _one(self, slot: int, at: float, which: int) -> float:
        """Return one component of `_total`."""
        index, passed, bend = self._place(at)
        rate, following = self._rates[index][slot][which], self._rates[index + 1][slot][which]
        return self._totals[index][slot][which] + passed * (rate + (following - rate) * bend)

    def _place(self, at: float) -> tuple[int, float, float]:
        index = max(0, math.floor((at - ORIGIN) / STEP_S))
        if len(self._rates) < index + 2:
            with self._growing:
                self._grow(index + 1)
        passed = at - ORIGIN - index * STEP_S
        return index, passed, max(0.0, passed / (2.0 * STEP_S))
