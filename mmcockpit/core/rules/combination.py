"""Combinations: signals that require all or any of their members to pass."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mmcockpit.core.facts.event import Observed
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.judge import judge, members_in_words
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState

SOONEST_S = 0.5
"""Minimum seconds between two judgements of a combination whose members do not change."""


def combine(session: Session, names: Sequence[str], every: bool) -> Answer:
    """Return the combined result of the named signals: a reading that lists them, or a fault where it is undecided.

    All of them: fail before unknown before warn before pass, the first that any member has. Any of them: one that
    passes is enough; else unknown before warn before fail, because an unknown one may pass. A member that does not
    apply here passes, but does not count where one of several has to pass. `failing` includes those that warn;
    `warning` are those of the failing that only warn.
    """
    levels = {name: _level(session, name) for name in names}
    proofs = _applying(session, names) if not every else list(names)
    passing = [name for name in proofs if levels[name] is Level.PASS]
    unknown = [name for name, level in levels.items() if level is Level.UNKNOWN]
    failed = any(level is Level.FAIL for level in levels.values())
    if unknown and not (failed if every else passing):
        worse = [name for name, level in levels.items() if level is not Level.PASS]
        return Fault(FaultKind.NO_DATA, members_in_words(session, worse))
    failing = [name for name, level in levels.items() if level in (Level.FAIL, Level.WARN)]
    warning = [name for name in failing if levels[name] is Level.WARN]
    value = {"passing": passing, "failing": failing, "warning": warning}
    return Reading({**value, "unknown": unknown} if unknown else value)


def combined(session: Session, signal: Signal) -> Answer:
    """Return the combined result of the members of a combination."""
    return combine(session, signal.group, signal.probe == "all_of")


def fails_by_statistics(name: str, signals: Mapping[str, Signal]) -> bool:
    """Return whether a signal can fail although nothing but statistical comparisons fails.

    `any_of` fails only if all members fail, `all_of` and a combination with a rule of its own if one of them does.
    """
    signal = signals.get(name)
    if signal is None or not signal.group:
        return signal is not None and signal.statistical
    members = [fails_by_statistics(member, signals) for member in signal.group]
    return all(members) if signal.probe == "any_of" and not signal.rule.passes else any(members)


def fails_only_by_statistics(session: Session, name: str) -> bool:
    """Return whether the present failure of a signal has no other ground than statistical comparisons."""
    state = session.signals.get(name)
    if state is None or not state.signal.group:
        return state is not None and state.signal.statistical
    failing = [member for member in state.signal.group if _level(session, member) in (Level.FAIL, Level.WARN)]
    return bool(failing) and all(fails_only_by_statistics(session, member) for member in failing)


def regrouped(session: Session, now: Stamp, combinations: Iterable[SignalState]) -> Iterator[Observed]:
    """Yield an Observed for every one of these combinations with a changed member, or whose interval is over."""
    for state in combinations:
        members = [one for name in state.signal.group if (one := session.signals.get(name))]
        if not _may_be_due(state, members, now):
            continue
        answer = combined(session, state.signal)
        pending = any(one.asked_at is None and not one.signal.active for one in members)
        # Until every member was polled once, only a result that is already decided is recorded.
        if (pending and isinstance(answer, Fault)) or not _due(state, members, answer, now):
            continue
        yield Observed(state.signal.name, answer, judge(state.signal, answer, session, now))


def _may_be_due(state: SignalState, members: Sequence[SignalState], now: Stamp) -> bool:
    """Return whether the interval of a combination is over or one of its members may differ from its last judgement."""
    asked_at = state.asked_at
    if asked_at is None or now.at - asked_at.at >= max(state.signal.every, SOONEST_S):
        return True
    last = asked_at.at
    return any(
        (m.asked_at is not None and m.asked_at.at >= last) or (m.since is not None and m.since.at >= last)
        for m in members
    )


def _due(state: SignalState, members: Sequence[SignalState], answer: Answer, now: Stamp) -> bool:
    asked_at = state.asked_at
    if asked_at is None or now.at - asked_at.at >= max(state.signal.every, SOONEST_S):
        return True
    if any(one.since is not None and one.since.at > asked_at.at for one in members):
        return True
    last: Answer | None = state.fault or state.reading
    if isinstance(answer, Reading):
        changed = not isinstance(last, Reading) or last.value != answer.value
    else:
        changed = not isinstance(last, Fault) or last.kind is not answer.kind
    # A level that `persist` has not decided yet is judged again with every further result of a member.
    undecided = state.verdict.raw is not state.verdict.level
    return changed or (undecided and any(one.asked_at and one.asked_at.at > asked_at.at for one in members))


def _level(session: Session, name: str) -> Level:
    state = session.signals.get(name)
    return state.verdict.level if state else Level.UNKNOWN


def _applying(session: Session, names: Sequence[str]) -> list[str]:
    """Return the members that apply here; all of them where none does."""
    states = [session.signals.get(name) for name in names]
    applying = [name for name, state in zip(names, states, strict=True) if state is None or state.verdict.applies]
    return applying or list(names)


def polled_by(session: Session, names: Sequence[str]) -> tuple[str, ...]:
    """Return the names with combinations replaced by their members; active members only where they are named."""
    polled: dict[str, None] = {}
    queue = [(name, True) for name in names]
    seen: set[str] = set()
    while queue:
        name, named = queue.pop(0)
        state = session.signals.get(name)
        if state is None or name in seen:
            continue
        seen.add(name)
        if state.signal.group:
            queue += [(member, False) for member in state.signal.group]
        elif named or not state.signal.active:
            polled[name] = None
    return tuple(polled)


def active_signals(session: Session, names: Sequence[str]) -> tuple[SignalState, ...]:
    """Return the active signals among the named ones and the members of combinations, also nested ones, each once."""
    active: dict[str, SignalState] = {}
    queue, seen = list(names), set[str]()
    while queue:
        name = queue.pop(0)
        state = session.signals.get(name)
        if state is None or name in seen:
            continue
        seen.add(name)
        queue = [*state.signal.group, *queue]
        if state.signal.active:
            active[name] = state
    return tuple(active.values())
