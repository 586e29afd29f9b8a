"""Who attended a shared session, and who agreed as second person, as plain values."""

from dataclasses import dataclass

import msgspec

from mmcockpit.core.model.seat import Seat
from mmcockpit.report.times import When


@dataclass(slots=True)
class SeatTime:
    """The time of one seat; `left` is None while it lasts, `because` why it ended."""

    seat: Seat
    joined: When
    left: When | None = None
    because: str = ""


class SecondPerson(msgspec.Struct, frozen=True):
    """The agreement of a second person to an item or a step: `proof` is authenticated or witnessed."""

    seq: int
    when: When
    what: str
    by: str
    proof: str
    details: str = ""


class DriverTerm(msgspec.Struct, frozen=True):
    """A driver's term: its number, the person, the host, since when and why; `lost` describes what was not recorded."""

    epoch: int
    by: str
    host: str
    since: When
    reason: str = ""
    silent: str = ""
