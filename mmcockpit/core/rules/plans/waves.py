"""Waves: where each target of a repeated phase is, sorted by severity."""

from collections.abc import Iterable, Iterator

import msgspec

from mmcockpit.core.model.checklist import Phase
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.model.work_plan import WaveProgress, WaveTarget
from mmcockpit.core.rules.advice import BROKEN, armed
from mmcockpit.core.rules.gate import satisfied
from mmcockpit.core.rules.judged_signals import at_level, without_data
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.state.session import Session


@per_change
def wave_targets(session: Session) -> tuple[WaveTarget, ...]:
    """Return every target, sorted by severity, then in the order of the phases; none without a repeated phase."""
    phases = session.cockpit.checklist.phases
    targets = dict.fromkeys(phase.target for phase in phases if phase.target)
    order = list(WaveProgress)
    return tuple(sorted((_row(session, each) for each in targets), key=lambda row: order.index(row.progress)))


def by_severity(session: Session, signals: Iterable[str]) -> tuple[str, ...]:
    """Return the signals with those of targets in the order of `wave_targets`; the others keep their places."""
    names = tuple(signals)
    place = {row.target: n for n, row in enumerate(wave_targets(session))}
    targets = {name: session.signals[name].signal.target for name in names if name in session.signals}
    own = iter(sorted((name for name in names if targets.get(name)), key=lambda name: place[targets[name]]))
    return tuple(next(own) if targets.get(name) else name for name in names)


def _row(session: Session, target: str) -> WaveTarget:
    own = [(n, phase) for n, phase in enumerate(session.cockpit.checklist.phases) if phase.target == target]
    required = [session.items[item.id] for _, phase in own for item in phase.items if item.required]
    reached = [phase for n, phase in own if n <= session.phase]
    failing = tuple(_items(session, reached, BROKEN))
    named = {session.items[item].item.signal for item in failing}
    signals = tuple(name for name in _signals(session, target) if name not in named)
    unknown = len([*_items(session, reached, {State.UNKNOWN})]) + len(_unknown(session, target, reached))
    done = sum(satisfied(session, state) for state in required)
    ended = session.closed is not None and done == len(required)
    opened = not ended and any(n == session.phase for n, _ in own)
    following = next((phase for n, phase in own if n >= session.phase and not (ended and n == session.phase)), None)
    row = WaveTarget(
        target,
        WaveProgress.FINISHED,
        following.title.removeprefix(f"{target}: ") if following else "",
        done,
        len(required),
        failing,
        signals,
        unknown,
        opened,
        bool(reached),
    )
    return msgspec.structs.replace(row, progress=_progress(session, row, own))


def _progress(session: Session, row: WaveTarget, own: list[tuple[int, Phase]]) -> WaveProgress:
    passed = [phase for n, phase in own if n < session.phase]
    regressed = any(True for _ in _items(session, passed, BROKEN)) or (row.signals and not row.phase)
    if regressed:
        return WaveProgress.REGRESSED
    if row.failing or row.signals:
        return WaveProgress.FAILING
    if row.unknown:
        return WaveProgress.NO_DATA
    if row.opened:
        return WaveProgress.OPEN
    if not row.reached:
        return WaveProgress.NOT_REACHED
    return WaveProgress.BETWEEN if row.phase else WaveProgress.FINISHED


def _items(session: Session, phases: Iterable[Phase], states: Iterable[State]) -> Iterator[str]:
    """Yield the ids of the required items of these phases that are in one of these states and not satisfied."""
    for item in (item for phase in phases for item in phase.items):
        state = session.items[item.id]
        if item.required and state.state in states and not satisfied(session, state):
            yield item.id


def _signals(session: Session, target: str) -> list[str]:
    """Return the judged signals of a target that fail and count."""
    return [state.signal.name for state in at_level(session, Level.FAIL) if state.signal.target == target]


def _unknown(session: Session, target: str, phases: Iterable[Phase]) -> list[str]:
    """Return the signals of a target's armed abort rules without data that no item of these phases has."""
    own = tuple(rule for rule in session.cockpit.aborts if armed(session, rule))
    items = {item.signal for phase in phases for item in phase.items}
    known = (name for name in without_data(session, own) if name in session.signals and name not in items)
    return [name for name in known if session.signals[name].signal.target == target]
