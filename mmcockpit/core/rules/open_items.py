"""Counts what keeps the gate of the open phase closed, by what it needs."""

import msgspec

from mmcockpit.core.model.needs import Need, NoDataCause, NoDataGroup
from mmcockpit.core.model.open_items import OpenItems as OpenItems
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.items.tickers import other_tickers
from mmcockpit.core.rules.needs import need_of
from mmcockpit.core.rules.no_data import failing_sources, no_data_groups
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session


@per_change
def open_items(session: Session, operator: str = "") -> OpenItems:
    """Return what keeps the gate of the open phase closed; raises ValueError before the session was opened.

    Ticks of other people than `operator`, if given, are counted apart.
    """
    unmet = gate(session).unmet
    phases = session.cockpit.checklist.phases[: session.phase + 1]
    needs = [(state, need_of(state, session.signals.get(state.item.signal))) for state in unmet]
    people = [state for state, need in needs if need is Need.YOU]
    present = [state for state in people if state.state is not State.WAITING]
    to_tick = [state for state in present if not _warns(session, state)]
    theirs = [other_tickers(session, operator, state) for state in to_tick] if operator else []
    tickers = list(dict.fromkeys(filter(None, theirs)))
    without = {state.item.id for state, need in needs if need is Need.NO_DATA}
    return OpenItems(
        open=len(unmet),
        total=sum(item.required for phase in phases for item in phase.items),
        failing=sum(need is Need.FAILING for _, need in needs),
        ticks=len(to_tick) - sum(map(bool, theirs)),
        other_ticks=sum(map(bool, theirs)),
        tickers=tickers[0] if len(tickers) == 1 else (),
        approvals=len(people) - len(present),
        warnings=len(present) - len(to_tick),
        no_data=len(without),
        settling=sum(need is Need.SETTLING for _, need in needs),
        groups=_causes(session, without) if without else (),
        failing_sources=len(failing_sources(session)),
    )


def _warns(session: Session, state: ItemState) -> bool:
    signal = session.signal_of(state.item)
    return signal is not None and signal.verdict.level is Level.WARN


def _causes(session: Session, items: set[str]) -> tuple[NoDataGroup, ...]:
    """Return the causes of these items, without the other items that they have."""
    pairs = [(group, tuple(name for name in group.items if name in items)) for group in no_data_groups(session)]
    groups = [msgspec.structs.replace(group, items=names) for group, names in pairs if names]
    return tuple(sorted(groups, key=lambda one: (one.cause is not NoDataCause.SOURCE_FAILING, -len(one.items))))
