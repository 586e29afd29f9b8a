"""Readings in a few words: the value of any shape as the text of one cell."""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.limits import Limit as Limit
from mmcockpit.core.rules.limits import limits as limits
from mmcockpit.core.rules.limits import simple
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.amounts import counted, field_words, unit_of
from mmcockpit.core.words.verdicts import QUOTED
from mmcockpit.ui.render.text import number, plain

Shape = tuple[frozenset[str], Callable[[dict[str, Any]], str]]


def amount(value: Any, unit: str = "") -> str:
    """Return a number with its unit, or another plain value as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value, unit)
    return "-" if value is None else plain(str(value), 200)


def _of(have: str, want: str) -> Callable[[dict[str, Any]], str]:
    return lambda value: f"{amount(value[have])}/{amount(value[want])}"


def _replication(value: dict[str, Any]) -> str:
    lag = value.get("max_lag_s")
    return f"{amount(value['streaming'])} streaming" + (f", {amount(lag, 's')}" if lag is not None else "")


def _tls(value: dict[str, Any]) -> str:
    error = value.get("error")
    return plain(str(error), 80) if error else f"{amount(value['days_left'])} days left"


def _first(texts: Any) -> str:
    """Return the first of some texts and the number of others; empty if there is none."""
    if not isinstance(texts, list) or not texts:
        return ""
    more = f" and {len(texts) - 1} more" if len(texts) > 1 else ""
    return f"{plain(str(texts[0]), 120)}{more}"


def _reasoned(told: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], str]:
    """Return a function for values with a reason: their reason, or the text of `told` if it is empty."""
    return lambda value: plain(str(value["reason"]), 200) if value["reason"] else told(value)


def _members(value: dict[str, Any]) -> list[list[Any]]:
    return [value[key] for key in ("passing", "failing", "unknown") if isinstance(value.get(key), list)]


# A more specific shape precedes the one it contains.
_SHAPES: tuple[Shape, ...] = (
    (frozenset({"reason", "up", "total"}), _reasoned(lambda value: f"{_of('up', 'total')(value)} up")),
    (frozenset({"reason", "loaded", "expected"}), _reasoned(_of("loaded", "expected"))),
    (
        frozenset({"passing", "failing"}),
        lambda value: f"{len(value['passing'])} of {sum(map(len, _members(value)))} pass",
    ),
    (frozenset({"ready", "total"}), _of("ready", "total")),
    (frozenset({"available", "desired"}), _of("available", "desired")),
    (frozenset({"connections", "max_connections"}), _of("connections", "max_connections")),
    (frozenset({"status", "ms"}), lambda value: f"{amount(value['status'])} in {amount(value['ms'], 'ms')}"),
    (frozenset({"days_left"}), _tls),
    (
        frozenset({"open"}),
        lambda value: f"open in {amount(value.get('ms'), 'ms')}" if value["open"] else "closed",
    ),
    (frozenset({"streaming"}), _replication),
    (
        frozenset({"role", "connected_replicas"}),
        lambda value: f"{amount(value['role'])}, {amount(value['connected_replicas'])} replicas",
    ),
    (
        frozenset({"used_memory", "maxmemory"}),
        lambda value: f"{amount(value['used_memory'], 'bytes')}/{amount(value['maxmemory'], 'bytes')}",
    ),
    (frozenset({"lost", "delivered"}), lambda value: _first(value["lost"]) or _first(value["delivered"]) or "none"),
    (frozenset({"exists"}), lambda value: "exists" if value["exists"] else "does not exist"),
)


def brief(value: Any, signal: Signal) -> str:
    """Return a reading's value in a few words."""
    match value:
        case bool() | None | str():
            return amount(value)
        case int() | float():
            return number(value, signal.unit, signal.saturates_at)
        case list():
            return _list(value, signal)
        case dict():
            for keys, words in _SHAPES:
                if keys <= value.keys():
                    return words(value)
            return ", ".join(f"{word} {text}" for word, text in facts(value, 4)) or counted(
                len(value), "entry", "entries"
            )
    return amount(value)


def facts(value: dict[str, Any], at_most: int = 40) -> list[tuple[str, str]]:
    """Return the plain values of a reading as (label, amount): `max_lag_s: 0.2` is `max lag`, `0.2 s`."""
    plain_ones = [(key, part) for key, part in value.items() if isinstance(part, str | int | float | bool)]
    return [_fact(plain(str(key), 60), part) for key, part in plain_ones[:at_most]]


def _fact(key: str, part: Any) -> tuple[str, str]:
    return field_words(key), amount(part, unit_of(key))


def _list(value: list[Any], signal: Signal) -> str:
    if not value:
        return "0 rows"
    numbers = [row["value"] for row in value if isinstance(row, dict) and isinstance(row.get("value"), int | float)]
    if len(numbers) == len(value):
        worst = number(max(numbers), signal.unit, signal.saturates_at)
        return worst if len(value) == 1 else f"{len(value)} series, up to {worst}"
    ups = [row.get("up") for row in value if isinstance(row, dict) and "up" in row]
    if len(ups) == len(value):
        return f"{sum(map(bool, ups))}/{len(ups)} up"
    return counted(len(value), "row")


def last_value(state: SignalState) -> str:
    """Return the last value, however old; a dash before the first."""
    return brief(state.value, state.signal) if state.reading else "-"


def verdict_words(state: SignalState, level: Level) -> str:
    """Return the text beside an item: the value while its signal passes, else the reason with the limit."""
    if state.asked_at is None:
        return "active check, not run yet" if state.signal.active else "not polled yet"
    if level is Level.PASS:
        return last_value(state)
    if level is Level.UNKNOWN or state.fault or state.signal.group or state.signal.records_baseline:
        return reason(state)
    because = state.verdict.because
    if because and not because.startswith(QUOTED):
        return reason(state)
    limit = needs(state.signal.rule.passes, state.signal)
    return f"{last_value(state)} ({limit})" if limit else last_value(state)


def reason(state: SignalState) -> str:
    """Return in a few words why a signal does not pass: the fault, or the verdict's reason."""
    if state.fault:
        return plain(
            f"{state.fault.kind}: {state.fault.message}" if state.fault.message else str(state.fault.kind), 200
        )
    return plain(state.verdict.because, 200) or str(state.verdict.level)


def needs(rule: str, signal: Signal) -> str:
    """Return the limit of a simple rule: `value < 0.01` of a ratio is `must be < 1 %`; empty for any other rule."""
    limit = simple(rule)
    sign = "" if limit is None or limit[0] == "==" else f"{limit[0]} "
    return f"must be {sign}{number(limit[1], signal.unit)}" if limit else ""


def agreement(state: SignalState) -> str:
    """Return how many of the window's readings agree: `3/3`; empty if one reading decides."""
    return f"{state.verdict.agree}/{state.verdict.of}" if state.verdict.of > 1 else ""
