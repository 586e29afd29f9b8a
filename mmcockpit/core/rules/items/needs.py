"""What comes before an item: the items that it needs, and the earlier ones of an ordered section."""

from mmcockpit.core.model.checklist import Item
from mmcockpit.core.rules.gate import satisfied
from mmcockpit.core.state.session import Session


def open_needs(session: Session, item: Item) -> tuple[Item, ...]:
    """Return the items that an item needs and that are not satisfied, in the order of its file."""
    states = (session.items[need] for need in item.needs if need in session.items)
    return tuple(state.item for state in states if not satisfied(session, state))


def open_before(session: Session, item: str) -> tuple[str, ...]:
    """Return the ids of the items directly before this one that are not satisfied."""
    before = session.cockpit.checklist.predecessors[item]
    return tuple(one for one in before if not satisfied(session, session.items[one]))
