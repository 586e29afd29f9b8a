"""Why signals and items have no data, grouped by cause: one failing source is one line, not many unknown items."""

from collections import Counter
from math import inf
from typing import NamedTuple

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.needs import Need
from mmcockpit.core.model.needs import NoDataCause as NoDataCause
from mmcockpit.core.model.needs import NoDataGroup as NoDataGroup
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.signal import BUILT_IN
from mmcockpit.core.model.verdict import Basis, Level
from mmcockpit.core.rules.baseline import compares
from mmcockpit.core.rules.needs import item_needs
from mmcockpit.core.rules.per_fact import per_change, without_value
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState

_OF_SOURCE = frozenset(
    {
        *(FaultKind.REFUSED, FaultKind.TIMEOUT, FaultKind.UNREACHABLE, FaultKind.UNAUTHORISED, FaultKind.FORBIDDEN),
        *(FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR, FaultKind.TLS, FaultKind.CONFIGURATION),
    }
)
"""Faults that a source itself can have; every other fault is one of a query or of its result."""

_ORDER = {cause: n for n, cause in enumerate(NoDataCause)}

_BY_FAULT = {
    FaultKind.EXPIRED: NoDataCause.EXPIRED,
    FaultKind.STALE: NoDataCause.STALE,
    FaultKind.SILENT: NoDataCause.STALE,
}


class _Cause(NamedTuple):
    """What signals of one group have in common."""

    cause: NoDataCause
    source: str = ""
    fault: FaultKind | None = None


def has_no_data(state: SignalState) -> bool:
    """Return whether a signal has no data to judge; one without a rule has none only while its poll has no result."""
    if state.asked_at is not None and not state.signal.judged:
        return state.fault is not None
    return state.verdict.level is Level.UNKNOWN


@per_change
def no_data_groups(session: Session) -> tuple[NoDataGroup, ...]:
    """Return every signal without data, and every item in the group NO DATA, in exactly one group each."""
    causes = signal_causes(session)
    signals: dict[_Cause, list[SignalState]] = {}
    for name, cause in causes.items():
        signals.setdefault(cause, []).append(session.signals[name])
    items: dict[_Cause, list[str]] = {}
    for state, need in item_needs(session):
        if need is Need.NO_DATA:
            items.setdefault(_item_cause(session, state, causes), []).append(state.item.id)
    groups = (_group(key, signals.get(key, []), tuple(items.get(key, ()))) for key in {**signals, **items})
    return tuple(sorted(groups, key=_rank))


def failing_sources(session: Session) -> tuple[NoDataGroup, ...]:
    """Return the groups of sources that fail, the one that matters most first."""
    return tuple(group for group in no_data_groups(session) if group.cause is NoDataCause.SOURCE_FAILING)


def _rank(group: NoDataGroup) -> tuple[int, int, int, float]:
    """Return the place of a group: by cause, then by its items; of sources that fail also by signals and since when."""
    place = _ORDER[group.cause], -len(group.items)
    if group.cause is not NoDataCause.SOURCE_FAILING:
        return *place, 0, 0.0
    return *place, -len(group.signals), group.since.at if group.since is not None else inf


def signal_causes(session: Session) -> dict[str, _Cause]:
    """Return why each signal without data has none, by its name; a combination has the cause of a member."""
    without = {name: state for name, state in session.signals.items() if has_no_data(state)}
    if not without:
        return {}
    failing = _failing_sources(session)
    kinds = {**{name: name for name in BUILT_IN}, **{spec.name: spec.kind for spec in session.cockpit.sources}}
    causes: dict[str, _Cause] = {}
    for name, state in without.items():
        if not state.signal.group:
            causes[name] = _cause(session, state, failing, kinds)
    for name, state in without.items():
        if state.signal.group:
            causes[name] = _cause_of_group(session, state, causes)
    return {name: causes[name] for name in without}


def _failing_sources(session: Session) -> set[str]:
    """Return the sources of which more than half of the signals that were polled have a fault of a source."""
    polled: Counter[str] = Counter()
    faulted: Counter[str] = Counter()
    for state in session.signals.values():
        if state.asked_at is None or state.signal.active or state.signal.group:
            continue
        kind = state.fault.kind if state.fault is not None else None
        polled[state.signal.source] += 1
        faulted[state.signal.source] += kind in _OF_SOURCE
    return {source for source, count in faulted.items() if 2 * count > polled[source]}


def _cause(session: Session, state: SignalState, failing: set[str], kinds: dict[str, str]) -> _Cause:
    """Return why a signal that is no combination has no data."""
    signal, fault, verdict = state.signal, state.fault, state.verdict
    if signal.source not in kinds:
        return _Cause(NoDataCause.SOURCE_MISSING, signal.source)
    if signal.active and signal.name not in session.cockpit.allow.active:
        return _Cause(NoDataCause.NOT_ALLOWED)
    if program := _barred_program(session, state, kinds):
        return _Cause(NoDataCause.NOT_ALLOWED, program)
    if signal.active and (state.asked_at is None or verdict.basis is Basis.NOT_RUN):
        return _Cause(NoDataCause.ACTIVE_NOT_RUN)
    if fault is not None:
        return _by_fault(state, fault, failing)
    if state.asked_at is None or not verdict.agree:
        return _Cause(NoDataCause.ACTIVE_NOT_RUN if signal.active else NoDataCause.NOT_ASKED)
    if verdict.raw is not Level.UNKNOWN:
        return _Cause(NoDataCause.UNDECIDED)
    if without_value(state.reading):
        return _Cause(NoDataCause.OTHER, signal.source, FaultKind.NO_DATA)
    recorded = session.baseline.values if session.baseline else {}
    if signal.name not in recorded and compares(signal):
        return _Cause(NoDataCause.MANUAL_VALUE)
    return _Cause(NoDataCause.RULE)


def _by_fault(state: SignalState, fault: Fault, failing: set[str]) -> _Cause:
    source = state.signal.source
    if source in failing and fault.kind in _OF_SOURCE:
        return _Cause(NoDataCause.SOURCE_FAILING, source)
    if fault.kind in _BY_FAULT:
        return _Cause(_BY_FAULT[fault.kind])
    return _Cause(NoDataCause.OTHER, source, fault.kind)


def _barred_program(session: Session, state: SignalState, kinds: dict[str, str]) -> str:
    """Return the program of a command probe that `allow.probe_commands` does not list; empty for any other signal."""
    argv = state.signal.args.get("argv")
    if kinds[state.signal.source] != "command" or not isinstance(argv, list | tuple) or not argv:
        return ""
    program = str(argv[0])
    return "" if program in session.cockpit.allow.probe_commands else program


def _cause_of_group(session: Session, state: SignalState, causes: dict[str, _Cause]) -> _Cause:
    """Return the most urgent cause of the members of a combination, also of nested ones."""
    waiting, seen, known = list(state.signal.group), set[str](), list[_Cause]()
    while waiting:
        name = waiting.pop()
        member = session.signals.get(name)
        if name in seen or member is None:
            continue
        seen.add(name)
        waiting += member.signal.group
        if name in causes and not member.signal.group:
            known.append(causes[name])
    if known:
        return min(known, key=lambda cause: (_ORDER[cause.cause], cause.source))
    if state.asked_at is None or not state.verdict.agree:
        return _Cause(NoDataCause.NOT_ASKED)
    return _Cause(NoDataCause.UNDECIDED if state.verdict.raw is not Level.UNKNOWN else NoDataCause.RULE)


def _item_cause(session: Session, state: ItemState, causes: dict[str, _Cause]) -> _Cause:
    """Return why an item has no data: the cause of its signal, or a settle time that cannot be evaluated."""
    if state.item.signal not in session.signals:
        return _Cause(NoDataCause.OTHER)
    return causes.get(state.item.signal, _Cause(NoDataCause.RULE))


def _since(state: SignalState) -> Stamp | None:
    """Return since when a signal has no data; one without a rule has no verdict that changes."""
    return state.since if state.signal.judged or state.read_at is None else state.read_at


def _group(key: _Cause, signals: list[SignalState], items: tuple[str, ...]) -> NoDataGroup:
    stamps = [since for state in signals if state.asked_at is not None and (since := _since(state)) is not None]
    faults = [state.fault for state in signals if state.fault is not None]
    kind = key.fault or (Counter(fault.kind for fault in faults).most_common(1)[0][0] if faults else None)
    text = next((fault.message for fault in faults if fault.kind is kind), "")
    source, names = key.source, tuple(state.signal.name for state in signals)
    allowed: tuple[str, ...] = ()
    if key.cause is NoDataCause.NOT_ALLOWED:
        text = "allow.probe_commands" if key.source else "allow.active"
        source, allowed = "", (key.source,) if key.source else names
    since = min(stamps, key=lambda stamp: stamp.at) if stamps else None
    return NoDataGroup(key.cause, source, names, items, since, kind, text, allowed)
