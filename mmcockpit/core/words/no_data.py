"""Why there is no data as text: the cause, its way out, and how much is affected."""

from collections.abc import Sequence

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.needs import NoDataCause, NoDataGroup
from mmcockpit.core.model.reading import FaultKind
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.keys import NO_KEYS, Keys, key_or_command

_SYSTEMS = {
    "prometheus": "Prometheus",
    "kubernetes": "Kubernetes",
    "cluster": "Kubernetes",
    "alertmanager": "Alertmanager",
    "postgres": "PostgreSQL",
    "redis": "Redis",
    "grafana": "Grafana",
    "loki": "Loki",
    "http": "HTTP",
    "dns": "DNS",
    "tls": "TLS",
}
"""Names of systems as people write them, by the usual name of their source."""

_SILENT = frozenset({FaultKind.REFUSED, FaultKind.TIMEOUT, FaultKind.UNREACHABLE, FaultKind.SILENT})
"""Faults without any response of the source."""

_BEFORE_POLL = {
    FaultKind.UNAUTHORISED: "renew its credentials",
    FaultKind.FORBIDDEN: "grant the permission",
}

_NAMED = 2
"""Maximum names of signals in a way out."""


def source_title(source: str) -> str:
    """Return a source as people write it: `Prometheus`; its name in the cockpit file for any other system."""
    return _SYSTEMS.get(source, plain(source, 40))


def cause_text(group: NoDataGroup, now: Stamp | None = None) -> str:
    """Return the cause in a few words; with `now` also for how long a source has been failing."""
    match group.cause:
        case NoDataCause.SOURCE_FAILING:
            return f"{source_title(group.source)}: {_failure(group)}{_since(group, now)}"
        case NoDataCause.SOURCE_MISSING:
            return f"source `{plain(group.source, 40)}` is not configured"
        case NoDataCause.NOT_ALLOWED if len(group.names) == 1:
            return f"{plain(group.names[0], 40)} is not allowed"
        case NoDataCause.OTHER if group.source:
            return f"{source_title(group.source)}: {_failure(group)}"
    return _CAUSES[group.cause]


def short_cause_text(group: NoDataGroup, now: Stamp | None = None) -> str:
    """Return the cause in the fewest words, for a narrow row: ``source `dns` missing``."""
    if group.cause is NoDataCause.SOURCE_MISSING:
        return f"source `{plain(group.source, 40)}` missing"
    return _SHORT.get(group.cause) or cause_text(group, now)


def way_out(group: NoDataGroup, keys: Keys) -> str:
    """Return what an operator can do about a cause; empty where waiting is enough."""
    match group.cause:
        case NoDataCause.NOT_ALLOWED:
            more = f" and {len(group.names) - _NAMED} more" if len(group.names) > _NAMED else ""
            return f"add {', '.join(plain(name, 40) for name in group.names[:_NAMED])}{more} to {group.text}"
        case NoDataCause.SOURCE_FAILING | NoDataCause.STALE:
            again = key_or_command(keys, "resense_all")
            first = first_thing(group)
            return f"{first}, then {again}" if first else f"{again} polls again"
        case NoDataCause.ACTIVE_NOT_RUN:
            return f"{key_or_command(keys, 'resense')} runs one"
        case NoDataCause.EXPIRED:
            return f"{key_or_command(keys, 'resense')} runs one again"
        case NoDataCause.RULE | NoDataCause.OTHER:
            return f"{key_or_command(keys, 'details')} shows why"
    return _WAYS_OUT.get(group.cause, "")


def first_thing(group: NoDataGroup) -> str:
    """Return what has to be done before another poll of a failing source can succeed; empty if nothing has to be."""
    return _BEFORE_POLL.get(group.fault, "") if group.cause is NoDataCause.SOURCE_FAILING and group.fault else ""


def group_text(group: NoDataGroup, keys: Keys, now: Stamp | None = None) -> str:
    """Return a group in one line: `active checks not run: 8 items (r runs one)`."""
    cause, way = cause_text(group, now), way_out(group, keys)
    items, signals = counted(len(group.items), "item"), counted(len(group.signals), "signal")
    if group.cause is NoDataCause.SOURCE_FAILING:
        return f"{cause} ({signals}, {items})" if group.items else f"{cause} ({signals})"
    return f"{cause}: {items if group.items else signals}" + (f" ({way})" if way else "")


def failing_source_text(group: NoDataGroup, failing: int, now: Stamp | None) -> str:
    """Return the failing source that matters most in one line, with how many more of all `failing` ones there are."""
    more = f"; {counted(failing - 1, 'more source')} failing" if failing > 1 else ""
    return f"{group_text(group, NO_KEYS, now)}{more}"


def missing_sources_text(groups: Sequence[NoDataGroup]) -> str:
    """Return the sources that are not configured in one line, with how much each would serve."""
    names = [f"{plain(one.source, 40)} ({_affected(one)})" for one in groups]
    what = counted(len(groups), "source")
    return f"{what} not configured: {', '.join(names)}; {_WAYS_OUT[NoDataCause.SOURCE_MISSING]}"


def _affected(group: NoDataGroup) -> str:
    return counted(len(group.items), "item") if group.items else counted(len(group.signals), "signal")


def _failure(group: NoDataGroup) -> str:
    """Return what is wrong with a source or its result: no answer, or the kind of the fault with its message."""
    if group.fault is None:
        return "no valid value"
    if group.fault in _SILENT:
        return "no answer"
    message = plain(group.text, 120)
    return f"{group.fault}: {message}" if group.fault is FaultKind.CONFIGURATION and message else str(group.fault)


def _since(group: NoDataGroup, now: Stamp | None) -> str:
    return f" for {age(now.at - group.since.at)}" if now is not None and group.since is not None else ""


_CAUSES = {
    NoDataCause.NOT_ALLOWED: "active checks are not allowed",
    NoDataCause.ACTIVE_NOT_RUN: "active checks not run",
    NoDataCause.EXPIRED: "active checks expired",
    NoDataCause.MANUAL_VALUE: "no baseline recorded",
    NoDataCause.RULE: "rule cannot be evaluated",
    NoDataCause.STALE: "results are too old",
    NoDataCause.OTHER: "unknown signal",
    NoDataCause.UNDECIDED: "more results needed",
    NoDataCause.NOT_ASKED: "not polled yet",
}

_SHORT = {
    NoDataCause.ACTIVE_NOT_RUN: "checks not run",
    NoDataCause.EXPIRED: "checks expired",
    NoDataCause.MANUAL_VALUE: "no baseline",
    NoDataCause.RULE: "rule error",
    NoDataCause.STALE: "too old",
}

_WAYS_OUT = {
    NoDataCause.SOURCE_MISSING: "add it under sources: in the cockpit file",
    NoDataCause.MANUAL_VALUE: ":baseline records it",
}
