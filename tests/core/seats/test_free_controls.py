"""A driver without a screen leaves the controls to people who join."""

from mmcockpit.core.decide.command import EndSession, RequestControls
from mmcockpit.core.decide.request import Request, decide_request
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event, SessionMode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.refusal import Code
from mmcockpit.core.model.seat import Right, Seat
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from tests.core.sessions import START, cockpit

ANA = Seat("a1", "unix:ana", "ana", right=Right.OPERATOR)


def happened(session: Session, *bodies: AnyBody) -> None:
    for body in bodies:
        evolve(session, Event(session.seq + 1, Stamp(float(session.seq), START + session.seq), body))


def asked(session: Session, number: int, command: EndSession | RequestControls) -> AnyBody:
    assert session.last is not None
    (body,) = decide_request(session, Request(f"{number:032x}", command, session.seq), ANA, session.last)
    return body


def headless() -> Session:
    session = Session()
    opened = facts.Opened("s", "1", "service", "edge-1", SessionMode.LIVE, cockpit(), headless=True)
    happened(session, opened, facts.SeatJoined(ANA))
    return session


def test_without_a_screen_the_first_request_gets_the_controls() -> None:
    session = headless()
    assert session.controls == ""
    refused = asked(session, 1, EndSession("ana", "done"))
    assert isinstance(refused, facts.Refused)
    assert refused.refusal.code is Code.CONTROLS_NEEDED
    granted = asked(session, 2, RequestControls("ana"))
    assert granted == facts.ControlsGranted("ana", "ana", "they were free")
    happened(session, granted)
    assert asked(session, 3, EndSession("ana", "done")) == facts.Closed("done", "ana")


def test_a_restart_of_a_driver_without_a_screen_leaves_the_controls_where_they_are() -> None:
    session = headless()
    happened(session, facts.ControlsGranted("ana", "ana"), facts.Resumed("service", "edge-1", 2.0, headless=True))
    assert session.controls == "ana"
    happened(session, facts.Resumed("bo", "edge-1", 2.0))
    assert session.controls == "bo"
