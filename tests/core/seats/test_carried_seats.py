"""A journal that continues another one carries who is here, who has the controls, and what was decided."""

from dataclasses import fields

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.refusal import Code
from mmcockpit.core.model.states import Mark
from mmcockpit.core.state.carried import carry
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from tests.core.seats.shared import ANA, BO, CARLA, EVE, PAY, SharedStory, approve


def carried(session: Session) -> Session:
    """Return the session that a seat folds that only has the continuing journal."""
    opening = carry(session)
    assert opening is not None
    assert session.last is not None
    written = msgspec.json.decode(msgspec.json.encode(opening), type=type(opening))
    other = Session()
    evolve(other, Event(session.seq + 1, session.last, written))
    return other


def test_everything_about_seats_is_carried() -> None:
    story = SharedStory(ANA, BO, EVE, CARLA)
    story.ready()
    story.ask(BO, approve())
    story.ask(BO, commands.RequestControls(""))
    story.ask(ANA, commands.MarkItem("", PAY))
    story.ask(EVE, commands.MarkItem("", PAY, mark=Mark.VERIFY))
    story.ask(ANA, commands.PrepareHandover("", "bo"))
    assert story.refused(CARLA, commands.AddNote("", "x")).code is Code.VIEWER_ONLY
    session, other = story.session, carried(story.session)
    for each in fields(Session):
        if each.name not in ("opened", "log", "acts", "seq", "last"):
            assert getattr(other, each.name) == getattr(session, each.name), each.name


def test_a_command_that_was_decided_before_the_journal_continued_is_not_decided_again() -> None:
    story = SharedStory(ANA, BO)
    request = story.request(commands.AddNote("", "once"))
    story.send(BO, request)
    story.session = carried(story.session)
    assert story.send(BO, request) == []
