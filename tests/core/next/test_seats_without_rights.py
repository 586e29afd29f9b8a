"""NEXT at a seat that cannot act, or whose driver is gone: what this person can do, or whose action it is."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.next_action import Viewpoint, ViewpointKind
from mmcockpit.core.model.seat import Right, Seat, Sharing, Via
from tests.core.next.proposals import story, text
from tests.core.sessions import manual

BO = Seat("2", "unix:bo", "bo", right=Right.OPERATOR, via=Via.SOCKET)
CY = Seat("3", "postgres:cy", "cy", right=Right.DRIVER, via=Via.DATABASE)
VIEWER = Viewpoint(view=ViewpointKind.READ_ONLY)


@pytest.mark.parametrize(
    ("sharing", "says"),
    [
        (
            Sharing(BO, driver="ana-unix"),
            "only ana-unix can continue the session: by `mmcockpit resume` on this machine",
        ),
        (Sharing(BO), "`mmcockpit resume` continues the session"),
        (Sharing(CY), "`mmcockpit resume --shared` continues the session"),
        (
            Sharing(CY, takeover="no cockpit file here"),
            "wait until a driver continues the session: this seat cannot take over: no cockpit file here",
        ),
    ],
    ids=["another user", "the driver's user", "another machine", "without the right"],
)
def test_without_a_driver_each_seat_reads_what_its_person_can_do(sharing: Sharing, says: str) -> None:
    assert text(story(manual("audit")), Viewpoint(sharing.seat.person, gone=True, sharing=sharing)) == says


def test_a_viewer_reads_whose_action_it_is() -> None:
    assert text(story(manual("audit")), VIEWER) == "read-only  ana: 1 audit: needs their tick"
    assert text(story(manual("dns", assignee="bo")), VIEWER) == "read-only  bo: 1 dns: needs their tick"
    several = story(manual("audit"))
    several.tell(facts.OperatorJoined("bo", "there"))
    assert text(several, VIEWER) == "read-only  an operator: 1 audit: needs their tick"


def test_a_viewer_of_a_shared_session_reads_who_has_the_controls() -> None:
    held = story(manual("audit"))
    held.do(commands.HoldSession("ana", True, "wait"))
    sharing = Sharing(Seat("4", "unix:di", "di", via=Via.SOCKET))
    seat = Viewpoint(view=ViewpointKind.READ_ONLY, sharing=sharing)
    assert text(held, seat).startswith("ana  on hold by ana")
