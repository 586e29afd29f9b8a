"""What comes before an item: the items that it needs, and the earlier ones of an ordered section."""

from mmcockpit.core.model.checklist import Item
from mmcockpit.core.rules.gate import satisfied
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.state.session import Session


@per_change
def predecessors(session: Session) -> dict[str, tuple[str, ...]]:
    """Return for each item, by id, the ids of the items directly before it; unknown ids are left out."""
    checklist = session.cockpit.checklist
    known = {item.id for item in checklist.items}
    before = {item.id: tuple(need for need in item.needs if need in known) for item in checklist.items}
    for section in (section for phase in checklist.phases for section in phase.sections if section.ordered):
        for earlier, item in zip(section.items, section.items[1:], strict=False):
            if earlier.id not in before[item.id]:
                before[item.id] += (earlier.id,)
    return before


def open_needs(session: Session, item: Item) -> tuple[Item, ...]:
    """Return the items that an item needs and that are not satisfied, in the order of its file."""
    states = (session.items[need] for need in item.needs if need in session.items)
    return tuple(state.item for state in states if not satisfied(session, state))


def open_before(session: Session, item: str) -> tuple[str, ...]:
    """Return the ids of the items directly before this one that are not satisfied."""
    before = predecessors(session)[item]
    return tuple(one for one in before if not satisfied(session, session.items[one]))
