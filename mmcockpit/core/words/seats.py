"""Seats and identities as text: who caused a fact, in which role, from where."""

from mmcockpit.core.model.seat import Seat, Via
from mmcockpit.core.text import plain


def place_words(seat: Seat) -> str:
    """Return where a seat is: `terminal on bastion`, `socket on bastion, process 4711`, `database from laptop`."""
    host = plain(seat.host, 60)
    match seat.via:
        case Via.TERMINAL:
            return f"terminal on {host}" if host else "terminal"
        case Via.SOCKET:
            process = f", process {seat.process}" if seat.process else ""
            return f"socket{f' on {host}' if host else ''}{process}"
    return f"database{f' from {host}' if host else ''}"


def origin_words(identity: str, seat: Seat | None) -> str:
    """Return who caused a fact: `unix:bo, database, socket`; the role and the way only if the seat is known."""
    if seat is None:
        return plain(identity, 120)
    return ", ".join(filter(None, (plain(identity, 120), plain(seat.role, 60), str(seat.via))))


def evidence_words(witnessed: bool, identity: str) -> str:
    """Return the proof of an agreement: `authenticated as unix:bo`, or that a name was entered at the same terminal."""
    if witnessed:
        return "witnessed, same terminal"
    return f"authenticated as {plain(identity, 120)}" if identity else "not authenticated"
