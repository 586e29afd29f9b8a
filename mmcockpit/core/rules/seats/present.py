"""Who is here: every person of the attached seats once, with what they may do and who has the controls."""

from collections.abc import Sequence
from typing import NamedTuple

from mmcockpit.core.model.people import folded, same
from mmcockpit.core.model.seat import Seat
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.state.session import Session


class Present(NamedTuple):
    """A person with their seats, in the order in which they joined; several seats of one person count once."""

    person: str
    seats: tuple[Seat, ...]
    controls: bool

    @property
    def acts(self) -> bool:
        """Whether one of the seats may act."""
        return any(seat.acts for seat in self.seats)

    @property
    def role(self) -> str:
        """The person's role; empty without one."""
        return next((seat.role for seat in self.seats if seat.role), "")


@per_change
def present(session: Session) -> tuple[Present, ...]:
    """Return the people who are here: who has the controls first, then who may act, then the viewers."""
    groups: dict[str, list[Seat]] = {}
    for seat in session.seats.values():
        groups.setdefault(folded(seat.person), []).append(seat)
    people = [
        Present(seats[0].person, tuple(seats), same(seats[0].person, session.controls)) for seats in groups.values()
    ]
    return tuple(sorted(people, key=lambda one: (not one.controls, not one.acts)))


def others(session: Session, seat: Seat) -> Sequence[Seat]:
    """Return the other seats of a seat's person: together with it they are one identity."""
    return [one for one in session.seats.values() if one.id != seat.id and same(one.person, seat.person)]
