"""What the rules of NEXT look at: a session at a moment, its gate, and the seat at which it is shown."""

from collections.abc import Mapping
from functools import cached_property

import msgspec

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.needs import NoDataGroup, TodoGroup
from mmcockpit.core.model.next_action import Viewpoint, ViewpointKind
from mmcockpit.core.model.people import VIEWER
from mmcockpit.core.rules.gate import Gate, gate
from mmcockpit.core.rules.no_data import no_data_groups
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.rules.todo import todo
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session


@per_change
def unmet_items(session: Session, operator: str = "") -> Mapping[str, ItemState]:
    """Return the items that keep the gate closed by their ids, the most urgent for an operator first."""
    closed = {state.item.id: state for state in gate(session).unmet}
    listed = [name for group in todo(session, operator) for name in group.items if name in closed]
    return {name: closed[name] for name in (*listed, *closed)}


class Situation(msgspec.Struct, frozen=True, dict=True):
    """An opened session at a moment, and the seat; what several rules need is computed once."""

    session: Session
    now: Stamp
    seat: Viewpoint

    @cached_property
    def operator(self) -> str:
        """Who acts at this seat: VIEWER where it only looks; in a replay the operator who joined last."""
        if self.seat.view is ViewpointKind.READ_ONLY:
            return VIEWER
        return self.session.seated(self.seat.operator)

    @cached_property
    def gate(self) -> Gate:
        """The gate of the open phase."""
        return gate(self.session)

    @cached_property
    def unmet(self) -> Mapping[str, ItemState]:
        """The items that keep the gate closed by their ids, the most urgent first."""
        return unmet_items(self.session, self.operator)

    @cached_property
    def todo(self) -> tuple[TodoGroup, ...]:
        """The to-do list."""
        return todo(self.session, self.operator)

    @cached_property
    def left(self) -> frozenset[str]:
        """The items that were left open when the gate of an earlier phase was forced."""
        return frozenset(name for group in self.todo for name in group.left)

    @cached_property
    def no_data(self) -> tuple[NoDataGroup, ...]:
        """Why signals and items have no data."""
        return no_data_groups(self.session)
