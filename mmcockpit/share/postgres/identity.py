"""Which seat a row of the store belongs to: the login that the database recorded, never what the row claims."""

from collections.abc import Sequence

from mmcockpit.core.model.cockpit import Person
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.share.identity import known_by_db_user

VIEWER_PROGRAM = "mmcockpit view"
"""The program of a seat that chose to read only."""


def seat_id(id: str) -> str:
    """Return the id in the session of a seat of the store: it can never be that of another kind of seat."""
    return f"db:{id}"


def seat_of(who: str, right: str, id: str, people: Sequence[Person], host: str = "", process: str = "") -> Seat:
    """Return the seat of a database login with this right of the database."""
    known = known_by_db_user(who, people)
    may = Right(right) if right in set(Right) else Right.VIEWER
    # Whom the cockpit file does not list may only read, whatever the database allows.
    may = may if known.right is not Right.VIEWER else Right.VIEWER
    number = int(process) if process.isdigit() else 0
    return Seat(seat_id(id), f"postgres:{who}", known.person, known.role, may, Via.DATABASE, host, number)
