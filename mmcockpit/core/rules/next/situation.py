"""What the rules of NEXT look at: a session at a moment, its gate, and the seat at which it is shown."""

from typing import NamedTuple

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.next_action import Seat
from mmcockpit.core.rules.gate import Gate
from mmcockpit.core.state.session import Session


class Situation(NamedTuple):
    """An opened session at a moment, the gate of its open phase, and the seat."""

    session: Session
    now: Stamp
    seat: Seat
    gate: Gate

    @property
    def operator(self) -> str:
        """Who acts at this seat; without one, the operator who joined last."""
        operators = self.session.operators
        return self.seat.operator or (operators[-1] if operators else "")
