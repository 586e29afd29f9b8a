"""An alarm on the screen: how far it has escalated, and the command that acknowledges it."""

import re

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.messages.channels import ChannelKind, EscalationStep, MessageChannel
from mmcockpit.core.rules.gate import gate
from mmcockpit.ui.actions.command_line import run_line
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import Picture, page, settle, shown
from tests.ui.desks import PlainDesk
from tests.ui.emergencies import BAD, emergency_file
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, go_live_layout, made_once

pytestmark = pytest.mark.anyio


@made_once
def escalated() -> GoLive:
    """A night in its last phase whose abort rule failed: the alarm went to ana, and goes to bo later."""
    channels = tuple(MessageChannel(name, ChannelKind.APPRISE, {"env": name}) for name in ("ana", "bo"))
    steps = (EscalationStep(("ana",), 60.0), EscalationStep(("bo",), 600.0))
    night = GoLive(msgspec.structs.replace(emergency_file(), channels=channels, escalation=steps)).watched(620)
    night.ask(commands.RecordBaseline("ana"))
    for reason in ("rehearsed last week", "all hands agree"):
        night.ask(commands.OpenPhase("ana", gate(night.session).phase, reason, override=True)).watched(60)
    night.watched(300, **BAD)
    assert night.session.alarm is not None
    assert night.session.alarm.level == 1
    return night


async def texts(night: GoLive) -> str:
    app = CockpitApp(night.feed(Notebook()), go_live_layout())
    async with shown(app, 160, 45) as pilot:
        await pilot.press("colon", *"panel decision", "enter", "z")
        await settle(app, pilot)
        return "\n".join(page(app))


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 45)])
async def test_an_escalated_alarm(picture: Picture, width: int, height: int) -> None:
    app = CockpitApp(escalated().feed(Notebook()), go_live_layout())
    async with shown(app, width, height) as pilot:
        await settle(app, pilot)
        assert picture(app)


async def test_the_header_and_the_decision_show_how_far_an_alarm_got_and_how_to_acknowledge_it() -> None:
    rows = (await texts(escalated())).splitlines()
    how_far = r"escalated to ana 02:\d\d · (escalates to bo in [\dms ]+ · )?:ack acknowledges"
    assert [row for row in rows[:3] if re.search(rf"ROLLBACK .*; {how_far}", row)], rows[:3]
    assert [row for row in rows if re.search(rf" Alarm +{how_far}", row)], rows


async def test_an_acknowledged_alarm_shows_who_acknowledged_it() -> None:
    night = escalated().copy()
    desk = PlainDesk(night)
    assert run_line(desk, "ack bo rolls back") == ""
    (command,) = desk.submitted
    alarm = night.session.alarm
    assert alarm is not None
    assert command == commands.AcknowledgeAlarm("ana", alarm.open, "bo rolls back")
    night.ask(command)
    shown_now = await texts(night)
    assert re.search(r" Alarm acknowledged by ana 02:\d\d", shown_now), shown_now
    assert "escalates to" not in shown_now


def test_a_message_can_be_sent_to_a_channel() -> None:
    desk = PlainDesk(escalated())
    run_line(desk, "message status")
    _, ways, answered = desk.choices[-1]
    assert [(way.key, way.word) for way in ways if way.key in "12p"] == [("p", "post"), ("1", "ana"), ("2", "bo")]
    answered("bo")
    (sent,) = desk.submitted
    assert isinstance(sent, commands.SendMessage)
    assert sent.to == "bo"
