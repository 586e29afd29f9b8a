"""Whose tick an item needs, if it is that of another person."""

from mmcockpit.core.model.people import VIEWER, folded, same
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session


def other_tickers(session: Session, operator: str, state: ItemState) -> tuple[str, ...]:
    """Return its assignee, else who has its role, if that is another person than the operator.

    For a VIEWER it is always another one: without an assignee and a role the operator, if there is only one.
    """
    if state.item.assignee:
        return () if same(state.item.assignee, operator) else (state.item.assignee,)
    role = folded(state.item.role)
    names = tuple(one.name for one in session.cockpit.people if role and folded(one.role) == role)
    if operator == VIEWER:
        return names or (tuple(session.operators) if len(session.operators) == 1 else ("an operator",))
    return () if any(same(name, operator) for name in names) else names
