"""Messages for stakeholders on a plain desk: previewed, edited, timed, sent once."""

from collections.abc import Sequence

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.procedure import Message
from mmcockpit.core.rules.messages.templates import change
from mmcockpit.ui.actions.command_line import run_line
from mmcockpit.ui.questions import Way
from mmcockpit.ui.render.text import text_of
from tests.ui.desks import PlainDesk
from tests.ui.emergencies import called, emergency_file, telling
from tests.ui.go_lives import GoLive


def pick(plain: PlainDesk, word: str) -> None:
    _, ways, answered = plain.choices[-1]
    assert word in words(ways)
    answered(word)


def words(ways: Sequence[Way]) -> list[str]:
    return [way.word for way in ways]


def shown(plain: PlainDesk) -> str:
    return " ".join(text_of(line).strip() for line in plain.details[-1])


def previewed(night: GoLive | None = None) -> PlainDesk:
    plain = PlainDesk(night or called())
    run_line(plain, "message stakeholders")
    return plain


def test_the_whole_message_is_shown_before_it_is_sent() -> None:
    plain = previewed()
    assert shown(plain).startswith("modelmuxer v2.4.1 (production), ")
    assert "a problem was found" in shown(plain)
    assert "Next update by " in shown(plain)
    assert plain.submitted == []


def test_an_edited_message_is_shown_again_and_sent_as_edited() -> None:
    plain = previewed()
    pick(plain, "edit")
    question = plain.questions[-1]
    assert " ↵ Next update by " in question.value
    question.done("We know more now. ↵ Next update at noon.", 0)
    assert shown(plain) == "We know more now. Next update at noon."
    pick(plain, "post")
    (sent,) = plain.submitted
    assert isinstance(sent, commands.SendMessage)
    assert (sent.text, sent.to) == ("We know more now.\nNext update at noon.", "webhook")
    assert sent.change == change(plain.session)


def test_an_edit_without_a_change_keeps_the_message_up_to_date() -> None:
    plain = previewed()
    pick(plain, "edit")
    plain.questions[-1].done(plain.questions[-1].value, 0)
    assert "time" in words(plain.choices[-1][1])


def test_a_cancelled_edit_leaves_the_message_as_it_was() -> None:
    plain = previewed()
    before = shown(plain)
    pick(plain, "edit")
    plain.questions[-1].cancelled()
    assert shown(plain) == before


def test_the_time_of_the_next_update_can_be_changed() -> None:
    plain = previewed()
    pick(plain, "time")
    plain.questions[-1].done("05:45", 0)
    assert "Next update by 05:45 UTC." in shown(plain)
    pick(plain, "post")
    (sent,) = plain.submitted
    assert isinstance(sent, commands.SendMessage)
    assert sent.text.endswith("Next update by 05:45 UTC.")


def test_an_invalid_time_is_refused_and_the_message_stays() -> None:
    plain = previewed()
    before = shown(plain)
    pick(plain, "time")
    plain.questions[-1].done("soon", 0)
    assert "invalid time 'soon'" in plain.said[-1]
    assert shown(plain) == before


def test_the_same_text_is_posted_once_and_another_text_again() -> None:
    night = telling()
    first = previewed(night)
    pick(first, "post")
    (sent,) = first.submitted
    night.ask(sent)
    again = previewed(night)
    assert "already sent: webhook" in again.choices[-1][0]
    pick(again, "edit")
    again.questions[-1].done(" ↵ ".join(sent.text.splitlines()) if isinstance(sent, commands.SendMessage) else "", 0)
    pick(again, "post")
    assert again.submitted == []
    assert "already sent" in again.said[-1]
    pick(again, "edit")
    again.questions[-1].done("Nothing new yet.", 0)
    pick(again, "post")
    assert [one.text for one in again.submitted if isinstance(one, commands.SendMessage)] == ["Nothing new yet."]


def test_a_template_without_a_next_update_offers_no_time() -> None:
    plain = PlainDesk(called())
    run_line(plain, "message status")
    assert words(plain.choices[-1][1]) == ["back", "copy", "edit", "post"]


def test_a_message_too_long_for_the_prompt_is_copied_instead() -> None:
    long = Message("long", "Long", "word " * 600)
    plain = PlainDesk(GoLive(msgspec.structs.replace(emergency_file(), messages=(long,))).good())
    run_line(plain, "message long")
    pick(plain, "edit")
    assert plain.questions == []
    assert "too long to edit here" in plain.said[-1]


def test_an_unknown_message_names_the_known_ones() -> None:
    plain = PlainDesk(called())
    assert run_line(plain, "message statsu") == "unknown message 'statsu'; known: stakeholders, status"


@pytest.mark.parametrize("name", ["", "stakeholders"])
def test_without_other_messages_the_one_for_stakeholders_is_shown_at_once(name: str) -> None:
    plain = PlainDesk(GoLive().good())
    run_line(plain, f"message {name}".strip())
    assert plain.choices[-1][0] == "To the stakeholders"
