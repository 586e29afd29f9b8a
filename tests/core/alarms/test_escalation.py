"""Alarms escalate by facts and time alone, until an operator acknowledges them or their causes are over."""

from typing import Any

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, SessionMode
from mmcockpit.core.model.cockpit import Abort, Cockpit
from mmcockpit.core.model.messages.alarms import AlarmCause, AlarmKind
from mmcockpit.core.model.messages.channels import ChannelKind, DeliveryResult, EscalationStep, MessageChannel
from mmcockpit.core.rules.messages.escalations import alarm_over
from mmcockpit.core.state.deliveries import unknown_deliveries
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.describe import describe, notification
from mmcockpit.core.words.messages.channels import escalation_text
from tests.core.sessions import BAD, GONE, GOOD, Story, plan, sensed

ANA, BO = (MessageChannel(name, ChannelKind.WEBHOOK, {"env": name}) for name in ("ana", "bo"))
STEPS = (EscalationStep(("ana",), 120.0), EscalationStep(("bo", "ana"), 300.0))
ROLLBACK = AlarmCause(AlarmKind.ROLLBACK, "errors")


def alarming(**more: Any) -> Cockpit:
    given = {"aborts": (Abort("errors", 10.0, "ready"),), "channels": (ANA, BO), "escalation": STEPS, **more}
    return plan(sensed("errors"), sensed("lag"), **given)


def failing() -> Story:
    """Return a session whose abort rule just failed for its time."""
    story = Story(alarming())
    story.see("lag", GOOD)
    story.see("errors", *[BAD] * 20)
    assert story.session.alarm is not None
    assert story.session.alarm.causes == (ROLLBACK,)
    return story


def after(story: Story, seconds: float, answer: Any = BAD, lag: Any = GOOD) -> list[facts.Escalated]:
    """Let time pass while the signals of the abort rule and of the other item give these answers."""
    escalations: list[AnyBody] = []
    for _ in range(int(seconds / 10)):
        story.wait(10.0)
        story.answer("errors", answer)
        story.answer("lag", lag)
        escalations += story.settle()
    return [body for body in escalations if isinstance(body, facts.Escalated)]


def test_an_alarm_goes_to_each_contact_once_in_order() -> None:
    story = failing()
    began = story.session.alarm.since.at if story.session.alarm else 0.0
    assert after(story, 60) == []
    first, second = after(story, 400)
    assert (first.level, first.to, first.causes) == (1, ("ana",), (ROLLBACK,))
    assert (second.level, second.to) == (2, ("bo", "ana"))
    told = [event.stamp.at - began for event in story.events if isinstance(event.body, facts.Escalated)]
    assert 120 <= told[0] < 140
    assert 300 <= told[1] < 320
    assert first.text.startswith("Night (staging): not acknowledged for 2m: ROLLBACK: ")


@pytest.mark.parametrize("how", ["ack", "accept", "dismiss"])
def test_an_acknowledged_alarm_escalates_no_further(how: str) -> None:
    story = failing()
    assert len(after(story, 150)) == 1
    if how == "ack":
        (body,) = story.do(commands.AcknowledgeAlarm("bo", (ROLLBACK,), "on it"))
        assert body == facts.AlarmAcknowledged("bo", (ROLLBACK,), "on it")
    else:
        story.do(story.decided(how == "accept", "seen", "bo"))
    alarm = story.session.alarm
    assert alarm is not None
    assert (alarm.open, alarm.by) == ((), "bo")
    assert after(story, 600) == []


def over(story: Story) -> list[tuple[tuple[str, ...], str]]:
    """Return the messages that an alarm is over, as a session that replays the facts one by one computes them."""
    session, messages = Session(), []
    for event in story.events:
        before = session.alarm
        evolve(session, event)
        if (message := alarm_over(before, session, event)) is not None:
            messages.append((message.to, message.text.removeprefix("Night (staging): ")))
    return messages


def test_whoever_was_alerted_gets_one_message_that_the_alarm_was_acknowledged() -> None:
    story = failing()
    assert len(after(story, 150)) == 1
    assert over(story) == []
    story.do(commands.AcknowledgeAlarm("bo", (ROLLBACK,), "on it"))
    told = [(("ana",), "alarm over: acknowledged by bo: on it")]
    assert over(story) == told
    after(story, 60, GOOD)
    assert story.session.alarm is None
    assert over(story) == told, "its end is no second message"


def test_an_accepted_advice_and_a_recovery_and_the_end_of_the_session_end_an_alarm() -> None:
    accepted = failing()
    assert len(after(accepted, 400)) == 2
    accepted.do(accepted.decided(True, "seen", "bo"))
    assert over(accepted) == [(("ana", "bo"), "alarm over: acknowledged by bo")]
    resolved = failing()
    assert len(after(resolved, 150)) == 1
    after(resolved, 60, GOOD)
    ((to, text),) = over(resolved)
    assert (to, text.partition(" after ")[0]) == (("ana",), "alarm over: resolved")
    assert text.endswith("; the advice is GO"), text
    ended = failing()
    assert len(after(ended, 150)) == 1
    ended.tell(facts.Closed("rolled back", "ana"))
    assert over(ended) == [(("ana",), "session ended by ana: rolled back")]


def test_an_alarm_that_did_not_escalate_ends_in_silence() -> None:
    story = failing()
    story.do(commands.AcknowledgeAlarm("bo", (ROLLBACK,)))
    after(story, 60, GOOD)
    assert over(story) == []


def test_a_new_cause_after_the_acknowledgement_escalates_from_the_beginning() -> None:
    story = failing()
    story.do(commands.AcknowledgeAlarm("bo"))
    assert [(one.level, one.causes) for one in after(story, 400, lag=BAD)] == [
        (1, (AlarmCause(AlarmKind.REGRESSION, "ready/s/lag"),)),
        (2, (AlarmCause(AlarmKind.REGRESSION, "ready/s/lag"),)),
    ]


def test_a_regression_alone_is_an_alarm_and_a_recovery_ends_it() -> None:
    story = Story(alarming())
    story.see("errors", GOOD)
    story.see("lag", GOOD, BAD)
    assert story.session.alarm is not None
    assert story.session.alarm.causes == (AlarmCause(AlarmKind.REGRESSION, "ready/s/lag"),)
    story.see("lag", GOOD)
    assert story.session.alarm is None
    assert after(story, 600, GOOD) == []


def test_a_signal_without_data_neither_ends_an_alarm_nor_escalates_it() -> None:
    story = failing()
    story.see("errors", GONE)
    assert story.session.alarm is not None
    assert after(story, 300, GONE) == []
    assert [one.level for one in after(story, 20)] == [1]


def test_a_resumed_session_repeats_no_level_and_takes_one_at_a_time() -> None:
    story = failing()
    assert [one.level for one in after(story, 150)] == [1]
    story.wait(3600.0)
    story.tell(facts.Resumed("ana", "here", 3600.0, facts.SCHEMA, facts.MINOR))
    assert not [body for body in story.settle() if isinstance(body, facts.Escalated)]
    assert [one.level for one in after(story, 30)] == [2]
    assert after(story, 600) == []


def recording(minor: int = facts.MINOR) -> Story:
    """Return a session of a version that records the results of messages, whose alarm escalated to ana."""
    story = failing()
    assert story.session.opened is not None
    story.session.opened = msgspec.structs.replace(story.session.opened, minor=minor)
    assert len(after(story, 150)) == 1
    return story


def test_an_escalation_without_a_recorded_result_is_not_known_to_be_sent_and_is_not_sent_again() -> None:
    story = recording()
    (unknown,) = unknown_deliveries(story.session)
    sent = next(event for event in story.events if isinstance(event.body, facts.Escalated))
    assert unknown == facts.MessageDelivered(sent.seq, "ana", DeliveryResult.UNKNOWN)
    story.tell(facts.Resumed("ana", "here", 60.0, facts.SCHEMA, facts.MINOR), unknown)
    words = "escalation to ana: not known whether it was sent; the cockpit ended before its result was recorded"
    assert describe(unknown) == ("delivery", words)
    assert notification(unknown) == f"{words}; ask whether it arrived"
    alarm = story.session.alarm
    assert alarm is not None
    assert "escalated to ana 02:05, not known whether it reached ana" in escalation_text(alarm, "", "02:05", ":ack")
    assert unknown_deliveries(story.session) == []
    assert [one.level for one in after(story, 300)] == [2]
    assert story.session.alarm is not None
    assert story.session.alarm.unknown == ()


@pytest.mark.parametrize("result", [DeliveryResult.SENT, DeliveryResult.FAILED])
def test_an_escalation_with_a_recorded_result_is_known(result: DeliveryResult) -> None:
    story = recording()
    (unknown,) = unknown_deliveries(story.session)
    story.tell(facts.MessageDelivered(unknown.number, "ana", result))
    assert unknown_deliveries(story.session) == []
    assert notification(story.events[-1].body) == ""


def test_an_escalation_that_was_not_delivered_is_not_shown_as_if_it_were() -> None:
    story = recording()
    (sending,) = story.session.sending
    story.tell(facts.MessageDelivered(sending.number, "ana", DeliveryResult.FAILED))
    assert story.session.alarm is not None
    shown = escalation_text(story.session.alarm, "", "02:05", ":ack")
    assert shown == "escalated to ana 02:05, not delivered to ana · :ack acknowledges"
    assert [one.level for one in after(story, 300)] == [2]
    assert story.session.alarm.failed == ()


def test_the_result_of_the_message_that_an_alarm_is_over_is_not_that_of_an_escalation() -> None:
    story = recording()
    told = facts.MessageDelivered(7, "ana", DeliveryResult.UNKNOWN, over=True)
    story.tell(told)
    assert [one.to for one in story.session.sending] == ["ana"]
    assert story.session.alarm is not None
    assert story.session.alarm.unknown == ()
    sent = msgspec.structs.replace(told, result=DeliveryResult.SENT)
    assert describe(sent) == ("delivery", "end of the alarm to ana: delivered")


def test_sessions_of_versions_that_recorded_no_results_are_not_asked_for_them() -> None:
    assert unknown_deliveries(recording(minor=6).session) == []


def test_an_acknowledgement_survives_a_resume() -> None:
    story = failing()
    story.do(commands.AcknowledgeAlarm("bo"))
    story.tell(facts.Resumed("ana", "here", 60.0, facts.SCHEMA, facts.MINOR))
    assert after(story, 600) == []


def test_the_replayed_session_has_the_same_alarm() -> None:
    story = failing()
    after(story, 150)
    story.do(commands.AcknowledgeAlarm("bo"))
    assert fold(story.events) == story.session


@pytest.mark.parametrize(("mode", "rehearsal", "levels"), [
    (SessionMode.REHEARSAL, False, []),
    (SessionMode.REHEARSAL, True, [("ana",)]),
    (SessionMode.DEMO, True, []),
])  # fmt: skip
def test_a_rehearsal_escalates_only_to_channels_that_are_configured_for_it(
    mode: SessionMode, rehearsal: bool, levels: list[tuple[str, ...]]
) -> None:
    ana = MessageChannel("ana", ChannelKind.WEBHOOK, {"env": "ana"}, rehearsal=rehearsal)
    story = Story(alarming(channels=(ana, BO), escalation=(STEPS[0],)))
    story.session.opened = facts.Opened("s", "0", "ana", "here", mode, story.session.cockpit)
    story.see("lag", GOOD)
    story.see("errors", *[BAD] * 20)
    assert [one.to for one in after(story, 300)] == levels


def test_an_ended_session_does_not_escalate() -> None:
    story = failing()
    story.do(commands.EndSession("ana", "stopped"))
    assert after(story, 300) == []
