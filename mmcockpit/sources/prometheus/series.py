"""Whether a query's metrics exist and how far back they are recorded: otherwise its value proves nothing."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, inf
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.http_status import TEMPORARY
from mmcockpit.sources.prometheus.promql import ALWAYS_POSSIBLE, Selector

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine, ResultSeries

LOOK_EVERY_S = 600.0
"""Seconds for which an existing metric is taken to exist."""
LOOK_AGAIN_S = 10.0
"""Seconds until a missing metric, a selector without series, or a history that is too short, is looked up again."""
COVERED_FOR_S = 300.0
FAILED_FOR_S = 60.0
"""Seconds until a failed lookup is tried again."""
LONG_S = 900.0
"""Ranges of at least so many seconds have to be covered by data."""
COVERED = 0.9
AT_ONCE = 50
POINTS = 60
LOOKBACK_S = 300.0


class Unverified(Exception):
    """The server does not report whether series exist, with the reason."""


@dataclass(slots=True)
class _Known:
    reach_s: float = 0.0
    looked: float = -inf
    exists: bool = False

    @property
    def due(self) -> bool:
        return _is_due(self.looked, self.exists)


def _is_due(looked: float, exists: bool) -> bool:
    """Return whether it is time to look up again what was found, or not found, at that time."""
    return monotonic() - looked >= (LOOK_EVERY_S if exists else LOOK_AGAIN_S)


class KnownSeries:
    """Known series of one server; probes register what they select, so that one lookup serves all."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: dict[tuple[str, bool], _Known] = {}
        self._recorded: dict[tuple[int, str], tuple[float, float]] = {}
        self._failed: tuple[float, ProbeError | Unverified] = (-inf, Unverified())
        self._selected: dict[str, tuple[float, bool]] = {}

    def expect(self, selectors: Iterable[Selector]) -> None:
        """Register the selectors of a probe."""
        for selector in selectors:
            known = self._names.setdefault((selector.name, selector.exact), _Known())
            known.reach_s = max(known.reach_s, selector.range_s + selector.offset_s)

    def forget(self) -> None:
        """Look up everything again: the server was unreachable, and may return with another history."""
        for known in self._names.values():
            known.looked = -inf
        self._recorded.clear()
        self._selected.clear()
        self._failed = (-inf, Unverified())

    def missing(self, line: "PrometheusLine", selectors: Iterable[Selector]) -> list[str]:
        """Return the names without any series, sorted; Unverified or a ProbeError if the server does not report it."""
        wanted = {(selector.name, selector.exact) for selector in selectors if selector.name}
        with self._alone():
            if any(self._names[key].due for key in wanted):
                self._look_up(line)
        if any(self._names[key].looked == -inf for key in wanted):
            raise self._failed[1].with_traceback(None)
        return sorted({name for name, exact in wanted if not self._names[name, exact].exists})

    def too_short(self, line: "PrometheusLine", selectors: Iterable[Selector], possible: frozenset[str]) -> str:
        """Return how much of a query's longest range is recorded if that is too little, else an empty string.

        A metric that may be absent has no history of its own: the server's own (`up`) counts for it.
        """
        for selector in sorted(selectors, key=lambda selector: -(selector.range_s + selector.offset_s)):
            window = ceil(selector.range_s + max(selector.offset_s, 0.0))
            if window < LONG_S:
                break
            own = selector.exact and selector.name not in possible and selector.name not in ALWAYS_POSSIBLE
            name = selector.name if own else "up"
            needed = max(selector.offset_s, 0.0) + COVERED * selector.range_s
            with self._alone():
                recorded_s = self._recorded_s(line, window, name, needed)
            if recorded_s + window / POINTS < needed:
                return f"only {duration(recorded_s)} of {duration(window)} recorded ({name})"
        return ""

    def recorded_s(self, line: "PrometheusLine", name: str, window: int) -> float:
        """Return how many seconds of a window are recorded, of a metric or (`up`) of all that the server scrapes.

        Unverified or a ProbeError if the server does not report it.
        """
        with self._alone():
            return self._recorded_s(line, window, name, COVERED * window)

    def unmatched(self, line: "PrometheusLine", selectors: Iterable[Selector]) -> list[str]:
        """Return the selectors whose labels match no series at present: they may not exist yet, or be misspelt."""
        wanted = {
            selector.text: selector
            for selector in selectors
            if selector.matchers and selector.text and not selector.in_absent
        }
        with self._alone():
            known = {text: self._selected.get(text, (-inf, True)) for text in wanted}
            due = [text for text, (looked, matched) in known.items() if _is_due(looked, matched)][:AT_ONCE]
            if due:
                present = selecting(line, due)
                self._selected |= {text: (monotonic(), text in present) for text in due}
        empty = [selector for text, selector in wanted.items() if not self._selected.get(text, (0.0, True))[1]]
        return sorted(selector.written for selector in empty)

    def _alone(self) -> Lock:
        return self._lock

    def _look_up(self, line: "PrometheusLine") -> None:
        failed, error = self._failed
        is_passing = isinstance(error, ProbeError) and error.kind in TEMPORARY
        if not is_passing and monotonic() - failed < FAILED_FOR_S:
            return
        due = [(key, known) for key, known in self._names.items() if key[0] and known.due]
        exact = [(name, known) for (name, is_exact), known in due if is_exact]
        try:
            for first in range(0, len(exact), AT_ONCE):
                batch = dict(exact[first : first + AT_ONCE])
                present = _present(line, {name: known.reach_s for name, known in batch.items()})
                for name, known in batch.items():
                    known.looked, known.exists = monotonic(), name in present
            for (name, is_exact), known in due:
                if not is_exact:
                    known.exists = bool(_counted(line, f"{{__name__=~{quoted(name)}}}", known.reach_s))
                    known.looked = monotonic()
        except (ProbeError, Unverified) as error:
            # A line that was closed on purpose is not evidence against the server.
            if not line.is_cut:
                self._failed = (monotonic(), error)

    def _recorded_s(self, line: "PrometheusLine", window: int, name: str, needed: float) -> float:
        """Return the recorded seconds of a window; Unverified if the server does not report it."""
        asked, known = self._recorded.get((window, name), (-inf, 0.0))
        if monotonic() - asked < (COVERED_FOR_S if known >= needed else LOOK_AGAIN_S):
            return known
        own = _points(line, name, window)
        others = own if name == "up" else _points(line, "up", window)
        # The step of a long window may be longer than all that is recorded: an instant query still finds the metric.
        if not own and name == "up" and not _counted(line, '{__name__="up"}', 0.0):
            raise Unverified("no series up")
        recorded_s = _covered_s(own, {*own, *others}, window)
        step, inner = _step(window), window
        while recorded_s <= 3 * step and step > 1:
            # Too coarse to measure: repeat with a shorter window.
            inner = ceil(recorded_s + 2 * step)
            step = _step(inner)
            own = _points(line, name, inner)
            recorded_s = _covered_s(own, set(own), inner)
        self._recorded[window, name] = (monotonic(), recorded_s)
        return recorded_s


def quoted(text: str) -> str:
    """Return a text as a PromQL string."""
    return json.dumps(text, ensure_ascii=False)


def _present(line: "PrometheusLine", names: Mapping[str, float]) -> set[str]:
    """Return those names that have a series within their reach (seconds back)."""
    try:
        present = _named(line, names, "")
    except ProbeError as error:
        if error.kind not in (FaultKind.QUERY, FaultKind.CONFIGURATION):
            raise
        # Some services accept no pattern for a metric's name.
        return {name for name, reach_s in names.items() if _counted(line, f"{{__name__={quoted(name)}}}", reach_s)}
    long = {name: reach_s for name, reach_s in names.items() if name not in present and reach_s > LOOKBACK_S}
    if long:
        present |= _named(line, long, f"[{ceil(max(long.values()))}s]")
    return present


def _named(line: "PrometheusLine", names: Iterable[str], window: str) -> set[str]:
    selector = f"{{__name__=~{quoted('|'.join(map(re.escape, sorted(names))))}}}"
    series = f"last_over_time({selector}{window})" if window else selector
    kind, rows = line.query(f"count by (__name__) ({series})")
    present = {row.metric.get("__name__", "") for row in rows}
    if kind != "vector" or not present <= set(names):
        raise Unverified("unexpected response to the query of names")
    return present


def _counted(line: "PrometheusLine", selector: str, reach_s: float) -> "list[ResultSeries]":
    series = f"last_over_time({selector}[{ceil(reach_s)}s])" if reach_s > LOOKBACK_S else selector
    kind, rows = line.query(f"count({series})")
    if kind != "vector" or any(row.metric for row in rows):
        raise Unverified("unexpected response to the query of names")
    return rows


def selecting(line: "PrometheusLine", texts: list[str]) -> set[str]:
    """Return those selectors that select series; all of them if the server does not report it."""
    parts = [f'label_replace(count({text}), "n", "{n}", "", "")' for n, text in enumerate(texts)]
    try:
        _, rows = line.query(" or ".join(parts))
        numbers = {int(row.metric["n"]) for row in rows}
        return {texts[number] for number in numbers}
    except (ProbeError, KeyError, ValueError, IndexError):
        return set(texts)


def _points(line: "PrometheusLine", name: str, window: int) -> list[float]:
    """Return when a metric had series within a window (Unix seconds, in order), sampled about POINTS times."""
    kind, rows = line.query(f"count({{__name__={quoted(name)}}})[{window}s:{_step(window)}s]")
    if kind != "matrix":
        raise Unverified("unexpected response to the query of the oldest sample")
    return sorted(at for row in rows for at, _ in row.values)


def _step(window: int) -> int:
    return max(ceil(window / POINTS), 1)


def _covered_s(own: list[float], all_: set[float], window: int) -> float:
    """Return the seconds of a window since a metric's first sample, without the gaps of the whole server."""
    if not own:
        return 0.0
    step = _step(window)
    return float(min(max(all_) - own[0] + step, len(all_) * step, window))
