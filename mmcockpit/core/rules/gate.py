"""The gate of a phase: open once every required item so far is satisfied and no judged signal fails."""

from collections.abc import Iterator

import msgspec

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.states import SATISFIED, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.baseline import without_baseline
from mmcockpit.core.rules.judge import hold_of
from mmcockpit.core.rules.judged_signals import at_level, judged_signals, proven, without_data
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.rules.targets.reached import counts
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState


class Gate(msgspec.Struct, frozen=True):
    """Whether a phase can be left: the items that keep its gate closed (`unmet`), the `next` phase (None: the last).

    `unfilled` are the roles of contacts without a name: they keep only the gate of the first phase closed. `failing`
    are the judged signals that fail. `without_data` are the signals of abort rules that the next phase arms and that
    have no data, `next_failing` those that fail and count only then, such as those of the next target of a wave: they
    do not keep the gate closed. `proven` is set once something up to this phase was proven.
    `no_baseline` are the signals that compare with a baseline that is not recorded, if it has to be recorded before
    the next phase.
    """

    phase: str
    next: str | None
    unmet: tuple[ItemState, ...]
    unfilled: tuple[str, ...] = ()
    failing: tuple[SignalState, ...] = ()
    without_data: tuple[str, ...] = ()
    proven: bool = True
    no_baseline: tuple[str, ...] = ()
    next_failing: tuple[SignalState, ...] = ()

    @property
    def against(self) -> tuple[str, ...]:
        """What keeps the gate closed: ids of items, titles of signals, roles of contacts."""
        return (
            *(state.item.id for state in self.unmet),
            *(state.signal.title for state in self.failing),
            *self.unfilled,
        )

    @property
    def failing_apart(self) -> tuple[SignalState, ...]:
        """The failing signals that decide none of the open items."""
        deciding = {state.item.signal for state in self.unmet}
        return tuple(state for state in self.failing if state.signal.name not in deciding)

    @property
    def open(self) -> bool:
        """Whether nothing keeps the gate closed."""
        return not self.unmet and not self.unfilled and not self.failing


@per_change
def gate(session: Session, phase: int | None = None) -> Gate:
    """Return the gate of a phase, of the open one by default; raises ValueError before the session was opened."""
    phases = session.cockpit.checklist.phases
    index = session.phase if phase is None else phase
    states = [session.items[item.id] for one in phases[: index + 1] for item in one.items]
    unmet = tuple(state for state in states if state.item.required and not satisfied(session, state))
    following = phases[index + 1].id if index + 1 < len(phases) else None
    unfilled = unfilled_roles(session) if index == 0 else ()
    armed = tuple(abort for abort in session.cockpit.aborts if abort.phase == following)
    return Gate(
        phases[index].id if phases else "",
        following,
        unmet,
        unfilled,
        failing=tuple(at_level(session, Level.FAIL)),
        without_data=without_data(session, armed),
        proven=proven(session, index),
        next_failing=tuple(_next_failing(session, following)),
        no_baseline=without_baseline(session) if following and following == session.cockpit.baseline.before else (),
    )


def _next_failing(session: Session, following: str | None) -> Iterator[SignalState]:
    """Yield the failing signals of the next phase's target that do not count before it opens."""
    target = next((phase.target for phase in session.cockpit.checklist.phases if phase.id == following), "")
    for name in judged_signals(session.cockpit) if target and not counts(session, target) else ():
        state = session.signals.get(name)
        if state is not None and state.signal.target == target and state.verdict.level is Level.FAIL:
            yield state


def unfilled_roles(session: Session) -> tuple[str, ...]:
    """Return the roles of contacts whose name is a placeholder."""
    return tuple(one.role for one in session.cockpit.checklist.contacts if one.placeholder)


def satisfied(session: Session, state: ItemState) -> bool:
    """Return whether an item is satisfied for its gate: a settling one is, once its first settle time is over."""
    if state.state in SATISFIED:
        return True
    if state.state is not State.HOLDING:
        return False
    agreed = state.item.mode is not Mode.ATTESTED or state.attested
    return agreed and session.served(state.item) >= hold_of(state.item, session)[0]
