"""Seats: the processes attached to a session, and what each may do."""

from enum import StrEnum

import msgspec


class Right(StrEnum):
    """What a seat may do: read, also act, or also become the driver."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    DRIVER = "driver"


class Via(StrEnum):
    """How a seat is attached: the driver's own terminal, a Unix socket, or a database."""

    TERMINAL = "terminal"
    SOCKET = "socket"
    DATABASE = "database"


class Seat(msgspec.Struct, frozen=True, omit_defaults=True):
    """A process attached to a session.

    `identity` is its user as the kernel (`unix:ana`) or the database (`postgres:ana`) knows it, never what a person
    typed; `person` is the name in `people` of that identity, else its login. `id` is unique in the session.
    """

    id: str
    identity: str
    person: str
    role: str = ""
    right: Right = Right.VIEWER
    via: Via = Via.TERMINAL
    host: str = ""
    process: int = 0

    @property
    def acts(self) -> bool:
        """Whether it may act."""
        return self.right is not Right.VIEWER


class Sharing(msgspec.Struct, frozen=True):
    """How this process takes part in a shared session, for the screen.

    `seat` is its own. `behind` are the facts that the shared store has not acknowledged, `away` is why the store cannot
    be reached, `silent_s` the seconds since the driver's last sign of life. `takeover` is why this seat cannot become
    the driver; empty if it can. `fenced` is who took the session over from this driver. `driver` is the login of the
    driver, where that is another user of this machine. `refused` is set if the store refuses this driver's login, its
    rights or its version, so that waiting does not help.
    """

    seat: Seat
    behind: int = 0
    away: str = ""
    silent_s: float = 0.0
    takeover: str = ""
    fenced: str = ""
    driver: str = ""
    refused: bool = False
