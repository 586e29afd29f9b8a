"""The items in a state that an operator's mark gives them, such as the overrides."""

from mmcockpit.core.facts.event import ItemMarked
from mmcockpit.core.model.states import State
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session


def marked_items(session: Session, wanted: State) -> list[tuple[ItemState, ItemMarked]]:
    """Return the items in this state with their mark in force; by when it expires, those that never expire last."""
    found = [
        (state, state.standing)
        for state in session.items.values()
        if state.state is wanted and state.standing is not None
    ]
    return sorted(found, key=lambda one: (not one[1].expires, one[1].expires))
