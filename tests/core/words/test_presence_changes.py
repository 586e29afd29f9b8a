"""What changed: people who join together share a line."""

from mmcockpit.core.facts.event import Event, SeatJoined
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.seat import Seat
from mmcockpit.core.words.changes import change_text, what_changed
from mmcockpit.core.words.naming import Wording


def test_people_who_join_together_share_a_line() -> None:
    seats = [Seat(str(n), f"unix:{name}", name) for n, name in enumerate(("ana", "bo", "bo", "carla"))]
    events = [Event(n, Stamp(float(n), 0.0), SeatJoined(seat)) for n, seat in enumerate(seats, 1)]
    changes = what_changed(events)
    assert [change_text(one, Wording()) for one in changes] == [("joined", "ana, bo, carla")]
    alone = what_changed(events[:1])
    assert change_text(alone[0], Wording(full=False))[1].startswith("ana joined as viewer")
