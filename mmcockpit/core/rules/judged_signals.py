"""Judged signals: those that count in the advice in every phase without an item; also warnings and proof.

They are the signals first defined in the cockpit file that have a rule and are not informational, and every signal of
an abort rule. A signal of the checklist that the cockpit file overrides counts through its item.
"""

from collections.abc import Iterable, Iterator

from mmcockpit.core.facts.go_live import SignalChanged
from mmcockpit.core.latest import Latest
from mmcockpit.core.model.cockpit import Abort, Cockpit
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.targets.reached import counts
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.values import value_line
from mmcockpit.core.words.verdicts import verdict_reason

HEADLINE = "headline"
"""The tag of signals whose changes are recorded although they do not count in the advice."""

_DECIDED = frozenset({State.GOOD, State.DONE})
"""States in which a signal or a tick satisfies an item."""

_PROOF = _DECIDED | {State.HOLDING}
"""States caused by a passing signal or a tick: an override, not applicable and deferred prove nothing."""


def judged_signals(cockpit: Cockpit) -> tuple[str, ...]:
    """Return the names of the judged signals, in the order of the cockpit file."""
    return _latest.of(cockpit)


def _judged(cockpit: Cockpit) -> tuple[str, ...]:
    aborts = {abort.signal for abort in cockpit.aborts}
    return tuple(
        signal.name
        for signal in cockpit.signals
        if signal.name in aborts or (signal.first_in_cockpit and signal.judged and not signal.informational)
    )


_latest = Latest(_judged)
"""Several rules need the judged signals for every fact."""


def at_level(session: Session, level: Level) -> list[SignalState]:
    """Return the judged signals whose verdict is at a level; those of targets that were not reached do not count."""
    states = (session.signals[name] for name in judged_signals(session.cockpit) if name in session.signals)
    known = (state for state in states if state.asked_at is not None and state.verdict.level is level)
    return [state for state in known if counts(session, state.signal.target)]


def without_data(session: Session, aborts: tuple[Abort, ...]) -> tuple[str, ...]:
    """Return the signals of abort rules that have no data, or do not exist."""
    names = dict.fromkeys(abort.signal for abort in aborts)
    return tuple(
        name for name in names if name not in session.signals or session.signals[name].verdict.level is Level.UNKNOWN
    )


def item_warns(session: Session, state: ItemState) -> bool:
    """Return whether an item is satisfied by its signal and that signal warns."""
    signal = session.signal_of(state.item)
    if signal is None or signal.verdict.level is not Level.WARN or state.state not in _DECIDED:
        return False
    # An item that was judged only until its gate is no longer checked.
    return not (state.item.until_gate and session.phase_of(state.item.id) < session.phase)


def warning_items(session: Session, phase: int) -> list[ItemState]:
    """Return the satisfied items up to a phase whose signal warns."""
    phases = session.cockpit.checklist.phases[: phase + 1]
    states = (session.items[item.id] for one in phases for item in one.items)
    return [state for state in states if item_warns(session, state)]


def warning_count(session: Session) -> int:
    """Return how many signals warn: those of satisfied items up to the open phase, and judged ones."""
    names = {state.item.signal for state in warning_items(session, session.phase)}
    return len(names | {state.signal.name for state in at_level(session, Level.WARN)})


def proven(session: Session, phase: int) -> bool:
    """Return whether anything up to a phase was proven: by a passing signal of an item, or by a tick.

    In a checklist without phases, any judged signal that passes is proof.
    """
    phases = session.cockpit.checklist.phases
    if not phases:
        return bool(at_level(session, Level.PASS))
    return any(session.items[item.id].state in _PROOF for one in phases[: phase + 1] for item in one.items)


def announced_signals(cockpit: Cockpit) -> tuple[str, ...]:
    """Return the names of the signals whose changes of verdict are recorded: the judged and the headline signals."""
    headlines = (signal.name for signal in cockpit.signals if HEADLINE in signal.tags and signal.judged)
    return tuple(dict.fromkeys((*judged_signals(cockpit), *headlines)))


def verdict_changes(session: Session, names: Iterable[str]) -> Iterator[SignalChanged]:
    """Yield a SignalChanged for every one of these signals whose verdict differs from the last one recorded."""
    for name in names:
        state = session.signals.get(name)
        was = session.announced.get(name, Level.UNKNOWN)
        if state is None or state.asked_at is None or state.verdict.level is was:
            continue
        reason = verdict_reason(state.verdict)
        value = value_line(state.value, state.signal) if state.reading and not state.fault and not reason else ""
        yield SignalChanged(name, was, state.verdict.level, reason, value)
