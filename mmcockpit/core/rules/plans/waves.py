"""Waves: where each target of a repeated phase is, sorted by severity."""

from mmcockpit.core.model.states import State
from mmcockpit.core.model.work_plan import WaveProgress, WaveTarget
from mmcockpit.core.rules.gate import satisfied
from mmcockpit.core.rules.per_fact import per_fact
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session


@per_fact
def wave_targets(session: Session) -> tuple[WaveTarget, ...]:
    """Return every target, sorted by severity, then in the order of the phases; none without a repeated phase."""
    phases = session.cockpit.checklist.phases
    targets = dict.fromkeys(phase.target for phase in phases if phase.target)
    order = list(WaveProgress)
    return tuple(sorted((_row(session, each) for each in targets), key=lambda row: order.index(row.progress)))


def _row(session: Session, target: str) -> WaveTarget:
    own = [(n, phase) for n, phase in enumerate(session.cockpit.checklist.phases) if phase.target == target]
    states = [session.items[item.id] for _, phase in own for item in phase.items if item.required]
    failing = [(n, item.id) for n, phase in own for item in phase.items if _fails(session, session.items[item.id])]
    reached = tuple(item for n, item in failing if n <= session.phase)
    following = next((phase for n, phase in own if n >= session.phase), None)
    opened = any(n == session.phase for n, _ in own)
    if any(n < session.phase for n, _ in failing):
        progress = WaveProgress.REGRESSED
    elif reached:
        progress = WaveProgress.FAILING
    elif opened:
        progress = WaveProgress.OPEN
    elif following is None:
        progress = WaveProgress.FINISHED
    else:
        progress = WaveProgress.BETWEEN if own[0][0] < session.phase else WaveProgress.NOT_REACHED
    done = sum(satisfied(session, state) for state in states)
    return WaveTarget(target, progress, following.title if following else "", done, len(states), reached)


def _fails(session: Session, state: ItemState) -> bool:
    return state.item.required and state.state in (State.BAD, State.REGRESSED) and not satisfied(session, state)
