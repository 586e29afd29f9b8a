"""Handing over: to a known person, with the page; acknowledged by the receiver only, who then has the controls."""

from uuid import uuid4

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.request import Request, decide_request
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.next_action import NextKind, Viewpoint
from mmcockpit.core.model.refusal import Code
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.core.rules.handovers.page import handover_page
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.words.describe import describe
from mmcockpit.core.words.next_actions import next_text
from tests.core.handovers.shift import last_phase
from tests.core.sessions import BAD, START, Story


def seat(person: str) -> Seat:
    return Seat(f"seat-{person}", f"unix:{person}", person, "", Right.OPERATOR, Via.SOCKET, "edge-1", 4711)


def handed_over(*here: str) -> Story:
    """Return the session after ana handed over to bo; `here` are the people with a seat."""
    story = last_phase()
    story.tell(*(facts.SeatJoined(seat(person)) for person in here))
    story.do(commands.PrepareHandover("ana", "bo"))
    return story


def acknowledge(story: Story, by: str, witnessed: bool = False) -> list[facts.AnyBody]:
    return story.do(commands.AcknowledgeHandover(by, story.session.handover_number, witnessed))


def test_the_page_of_that_moment_is_recorded_with_the_handover() -> None:
    story = last_phase()
    page = handover_page(story.session, story.now)
    (body,) = story.do(commands.PrepareHandover("ana", " BO "))
    assert body == facts.HandoverPrepared("ana", "bo", page)
    assert describe(body) == ("handover", "ana hands over to bo: 1 open item, 3 settling, 1 override, 1 deferred item")
    # What happens later does not change what was handed over.
    story.see("access", BAD, BAD, BAD)
    assert fold(story.events).handover == body


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("zoe", "unknown person 'zoe'; known: ana, bo, carla"),
        ("", "unknown person ''; known: ana, bo, carla"),
        ("Ana", "the handover requires another person: ana has already agreed to it"),
    ],
)
def test_a_handover_needs_another_known_person(to: str, why: str) -> None:
    assert last_phase().refusal(commands.PrepareHandover("ana", to)) == why


def test_a_viewer_cannot_receive_a_handover() -> None:
    story = last_phase()
    story.tell(facts.SeatJoined(msgspec.structs.replace(seat("carla"), right=Right.VIEWER)))
    assert story.refusal(commands.PrepareHandover("ana", "carla")) == "carla is a viewer and can only read"
    # A second seat of the same person that may act is enough.
    story.tell(facts.SeatJoined(msgspec.structs.replace(seat("carla"), id="other")))
    assert isinstance(story.do(commands.PrepareHandover("ana", "carla"))[0], facts.HandoverPrepared)


def test_the_receiver_acknowledges_from_their_own_seat_and_gets_the_controls() -> None:
    story = handed_over("ana", "bo")
    number = story.session.handover_number
    assert acknowledge(story, "bo") == [
        facts.HandoverAcknowledged("bo", number),
        facts.ControlsGranted("bo", "ana", "handover"),
    ]
    assert (story.session.controls, story.session.handover) == ("bo", None)


@pytest.mark.parametrize("by", ["ana", "carla"])
def test_no_other_person_can_acknowledge_it(by: str) -> None:
    story = handed_over("ana", "bo", "carla")
    command = commands.AcknowledgeHandover(by, story.session.handover_number)
    assert story.refusal(command) == "only bo can acknowledge this handover"
    assert story.session.controls == "ana"


def test_at_one_terminal_it_is_recorded_as_witnessed_and_no_controls_pass() -> None:
    story = handed_over()
    number = story.session.handover_number
    assert acknowledge(story, "bo", witnessed=True) == [facts.HandoverAcknowledged("bo", number, witnessed=True)]
    assert story.session.controls == "ana"


def test_a_receiver_with_a_seat_cannot_be_witnessed_elsewhere() -> None:
    story = handed_over("ana", "bo")
    command = commands.AcknowledgeHandover("bo", story.session.handover_number, witnessed=True)
    assert story.refusal(command) == "bo has a seat: the handover is acknowledged there, by `:handover ack`"


def test_a_handover_is_acknowledged_once_and_only_the_latest_one() -> None:
    story = handed_over("ana", "bo", "carla")
    first = story.session.handover_number
    story.do(commands.PrepareHandover("ana", "carla"))
    none = "no such handover waits to be acknowledged; `:handover` shows the present one"
    assert story.refusal(commands.AcknowledgeHandover("bo", first)) == none
    number = story.session.handover_number
    acknowledge(story, "carla")
    assert story.refusal(commands.AcknowledgeHandover("carla", number)) == none


def test_controls_that_moved_on_meanwhile_stay_where_they_are() -> None:
    story = handed_over("ana", "bo", "carla")
    story.tell(facts.ControlsGranted("carla", "ana"))
    acknowledge(story, "bo")
    assert story.session.controls == "carla"


def test_next_asks_the_receiver_and_only_at_one_terminal_the_sender() -> None:
    story = handed_over("ana", "bo")
    asked = next_action(story.session, story.now, Viewpoint("bo"))
    assert asked.kind is NextKind.HANDOVER
    assert next_text(asked) == ":handover  handover from ana: bo reads the page and acknowledges it"
    assert next_action(story.session, story.now, Viewpoint("ana")).kind is not NextKind.HANDOVER
    alone = handed_over()
    assert next_action(alone.session, alone.now, Viewpoint("ana")).kind is NextKind.HANDOVER


def test_after_the_last_gate_the_watch_layout_is_proposed_for_half_an_hour() -> None:
    story = last_phase()
    story.do(commands.MarkItem("ana", "cutover/s/debrief"))
    given = next_action(story.session, story.now, Viewpoint("ana", layout="go-live"))
    assert given.kind is NextKind.WATCH
    assert next_text(given).startswith(":layout watch  watch Cutover: ")
    assert next_action(story.session, story.now, Viewpoint("ana", layout="watch")).kind is NextKind.SETTLING
    story.wait(1801)
    assert next_action(story.session, story.now, Viewpoint("ana", layout="go-live")).kind is NextKind.SETTLING


def requested(story: Story, person: str, command: commands.AnyCommand, via: Via = Via.SOCKET) -> list[facts.AnyBody]:
    """Return the facts of a command from the seat of a person."""
    sender = msgspec.structs.replace(seat(person), via=via)
    bodies = decide_request(story.session, Request(uuid4().hex, command, story.session.seq), sender, story.now)
    story.tell(*bodies)
    return bodies


def test_a_name_in_the_command_does_not_count_but_the_seat_it_comes_from() -> None:
    story = handed_over("ana", "bo", "carla")
    number = story.session.handover_number
    (refused,) = requested(story, "carla", commands.AcknowledgeHandover("bo", number))
    assert isinstance(refused, facts.Refused)
    (refused,) = requested(story, "carla", commands.AcknowledgeHandover("bo", number, witnessed=True))
    assert isinstance(refused, facts.Refused)
    assert story.session.controls == "ana"
    requested(story, "bo", commands.AcknowledgeHandover("carla", number))
    assert story.session.controls == "bo"


def test_after_the_acknowledgement_the_receiver_passes_gates_and_the_sender_does_not() -> None:
    story = handed_over("ana", "bo")
    requested(story, "bo", commands.AcknowledgeHandover("", story.session.handover_number))
    (refused,) = requested(story, "ana", commands.SetT0("ana", START))
    assert isinstance(refused, facts.Refused)
    assert refused.refusal.code is Code.CONTROLS_NEEDED
    assert requested(story, "bo", commands.SetT0("bo", START)) == [facts.T0Changed(START, "bo")]


def test_a_viewer_cannot_hand_over_or_acknowledge() -> None:
    story = handed_over("ana", "bo")
    viewer = msgspec.structs.replace(seat("bo"), right=Right.VIEWER)
    for command in (commands.PrepareHandover("bo", "ana"), commands.AcknowledgeHandover("bo", 1)):
        bodies = decide_request(story.session, Request(uuid4().hex, command, story.session.seq), viewer, story.now)
        assert [type(body) for body in bodies] == [facts.Refused]
