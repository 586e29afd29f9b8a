"""The shifts of a report: who had the controls from when to when, and what was handed over."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.journal.verify import Report as Verified
from mmcockpit.report.collect import gather
from mmcockpit.report.render import render
from tests.core.handovers.shift import last_phase
from tests.core.sessions import Story

WHOLE = Verified(1, "head", 0, 0, ())


def seat(person: str) -> Seat:
    return Seat(f"s-{person}", f"unix:{person}", person, "", Right.DRIVER, Via.SOCKET, "edge-1", 4711)


def shared() -> Story:
    """Return a night: ana hands over to bo, carla takes over when bo's laptop is gone, and ends the session."""
    story = last_phase()
    story.tell(facts.SeatJoined(seat("ana")), facts.SeatJoined(seat("bo")))
    story.wait(3600)
    story.do(commands.PrepareHandover("ana", "bo"))
    story.wait(60)
    story.do(commands.AcknowledgeHandover("bo", story.session.handover_number))
    story.wait(7200)
    story.tell(facts.DriverChanged("carla", "edge-2", 2, "bo's laptop died", "edge-1", 12.0))
    story.wait(600)
    story.tell(facts.Closed("done", "carla"))
    return story


def shifts(story: Story) -> list[tuple[str, int, int | None, str, str]]:
    past = gather(story.events, WHOLE, "here")
    return [
        (one.who, round(one.start.at / 60), round(one.end.at / 60) if one.end else None, one.began, one.ended)
        for one in past.shifts
    ]


def test_each_shift_has_its_beginning_and_its_end() -> None:
    assert shifts(shared()) == [
        ("ana", 0, 63, "started the session on here", "bo took over"),
        ("bo", 63, 183, "handover from ana", "carla took over"),
        ("carla", 183, 193, "took over on edge-2 after 12s without a driver: bo's laptop died", "the session ended"),
    ]


def test_a_witnessed_handover_begins_a_shift_although_no_controls_pass() -> None:
    story = last_phase()
    story.do(commands.PrepareHandover("ana", "bo"))
    story.do(commands.AcknowledgeHandover("bo", story.session.handover_number, witnessed=True))
    assert [row[3:] for row in shifts(story)] == [
        ("started the session on here", "bo took over"),
        ("handover from ana, witnessed at the same terminal", ""),
    ]


def test_a_session_that_was_left_and_resumed_has_two_shifts() -> None:
    story = last_phase()
    story.tell(facts.OperatorLeft("ana"))
    story.wait(600)
    story.tell(facts.Resumed("bo", "edge-2", 600.0))
    assert [(who, ended) for who, _, _, _, ended in shifts(story)] == [("ana", "ana left"), ("bo", "")]


def test_a_driver_that_took_over_and_resumes_the_session_has_one_shift() -> None:
    story = last_phase()
    story.wait(600)
    story.tell(facts.DriverChanged("bo", "edge-2", 2, "ana's laptop died", "edge-1", 12.0))
    story.tell(facts.Gap(3, story.now, "another machine drives now"), facts.Resumed("bo", "edge-2", 12.0))
    assert [(who, began.partition(" after")[0], ended) for who, _, _, began, ended in shifts(story)] == [
        ("ana", "started the session on here", "bo took over"),
        ("bo", "took over on edge-2", ""),
    ]


def test_granted_and_freed_controls_are_shifts_too() -> None:
    story = last_phase()
    story.tell(facts.ControlsGranted("bo", "ana"), facts.ControlsGranted("", "bo"))
    story.tell(facts.ControlsGranted("carla", "carla", "they were free"))
    assert [(who, began) for who, _, _, began, _ in shifts(story)] == [
        ("ana", "started the session on here"),
        ("bo", "controls from ana"),
        ("carla", "took the controls: they were free"),
    ]


@pytest.mark.parametrize("kind", ["md", "html"])
def test_the_report_shows_shifts_and_what_was_handed_over(kind: str) -> None:
    page = "".join(render(gather(shared().events, WHOLE, "here"), kind))  # type: ignore[arg-type]
    for expected in (
        "Shifts and handovers",
        "handover from ana",
        "carla took over",
        "1 override, 1 deferred item",
        "Alerts firing: unknown, no data from Alerts",
        "restored by hand",
    ):
        assert expected in page


def test_a_handover_that_no_person_acknowledged_is_reported_as_such() -> None:
    story = last_phase()
    story.do(commands.PrepareHandover("ana", "bo"))
    assert "never acknowledged" in "".join(render(gather(story.events, WHOLE, "here"), "md"))
