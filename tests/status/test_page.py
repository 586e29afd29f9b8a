"""The page shows how a go-live goes, and nothing that only its operators may know."""

import re

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event, Opened
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.pages.status_page import GROUPS, MEANINGS
from mmcockpit.status.page import StatusPage, status_page
from mmcockpit.status.render import body, page_file
from tests.core.sessions import Story
from tests.journal.bodies import BODIES, events
from tests.report.journals import HARM, harmful, incident
from tests.report.markup import Tags

TAGS = {
    *(
        "html",
        "head",
        "meta",
        "link",
        "title",
        "style",
        "body",
        "main",
        "article",
        "header",
        "section",
        "footer",
        "div",
    ),
    *("h1", "h2", "h3", "p", "span", "b", "ul", "ol", "li", "dl", "dt", "dd", "time", "svg", "rect", "progress"),
}


def only_ours(page: str) -> None:
    """Assert that a page has our tags only, no attribute that acts, and no address."""
    for tag, attributes in Tags(page).tags:
        assert tag in TAGS
        assert not any(name.startswith("on") or name in ("style", "src", "action") for name in attributes)
        assert attributes.get("href") in (None, "data:,")
    assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 or char == "\u202e" for char in page)


def page_of(session: Session, silent_since: float | None = None) -> StatusPage:
    assert session.last is not None
    return status_page(session, session.last, silent_since)


def text_of(page: StatusPage) -> str:
    return " ".join("".join(Tags(body(page)).text).split())


def test_every_advice_and_state_has_words() -> None:
    assert set(MEANINGS) == set(Advice)
    assert set(GROUPS) == set(State)


def test_the_page_of_an_incident_shows_its_course_and_its_end() -> None:
    page = page_of(fold(incident(closed=False).events))
    text = text_of(page)
    assert (page.headline, page.tone) == ("HOLD", "wait")
    for words in (
        MEANINGS[Advice.HOLD],
        "The advice is ROLLBACK",
        "The go/no-go poll ended with NO-GO",
        "The go-live is on hold",
    ):
        assert words in text, words
    assert sum(group.items for group in page.groups) == page.items
    ended = page_of(fold(incident().events))
    assert (ended.headline, ended.tone) == ("ENDED", "over")
    assert ended.milestones[0].text == "The go-live ended"
    assert [phase.state for phase in ended.phases] == ["done", "done", "last"]
    assert "ended here" in text_of(ended)


def test_no_value_host_name_of_a_person_or_typed_text_is_on_the_page() -> None:
    story = incident(closed=False)
    opened = story.events[0]
    assert isinstance(opened.body, Opened)
    cockpit = msgspec.structs.replace(
        opened.body.cockpit,
        sources=(SourceSpec("api", "http", {"url": "https://db-7.corp.internal:8443/x", "host": "redis-3.corp"}),),
        vars={"deployment": "shop on db-7.corp.internal and 10.1.2.3 see https://wiki.corp/x redis-3.corp"},
    )
    changed = Event(opened.seq, opened.stamp, msgspec.structs.replace(opened.body, cockpit=cockpit, host="edge-1"))
    session = fold([changed, *story.events[1:]])
    page = page_of(session)
    shown = page_file(page)
    assert page.name.startswith("shop on … and … see … …")
    typed = {
        value
        for event in story.events
        for name in ("by", "reason", "text", "role", "operator", "host")
        if isinstance(value := getattr(event.body, name, None), str) and len(value) > 2
    }
    assert {"wait for the database role", "network says no", "AOF is rewritten"} <= typed
    visible = "".join(Tags(shown).text)
    assert [text for text in typed if re.search(rf"\b{re.escape(text)}\b", visible)] == []
    for secret in ("ana", "edge-1", "corp", "10.1.2.3", "8.1", "0.081", "5xx"):
        assert not re.search(rf"\b{re.escape(secret)}\b", visible), secret


def test_a_silent_session_shows_no_advice_as_the_present_one() -> None:
    session = fold(incident(closed=False).events)
    assert session.last is not None
    page = page_of(session, session.last.wall - 240)
    assert (page.headline, page.tone) == ("NO CURRENT DATA", "none")
    assert "The last advice was " in page.meaning
    assert "has sent nothing since" in text_of(page)
    assert page.lines == ()
    ended = page_of(fold(incident().events), session.last.wall)
    assert ended.silence == ""


def test_a_session_that_just_began_has_no_advice() -> None:
    story = Story()
    page = page_of(fold(story.events[:1]))
    assert page.headline == "NO ADVICE YET"
    story.tell(facts.Held(True, "ana"))
    assert "The go-live is on hold" in text_of(page_of(fold(story.events)))


@pytest.mark.parametrize("harm", HARM)
def test_foreign_text_is_only_text(harm: str) -> None:
    session = fold(harmful(harm.replace("{url}", "http://127.0.0.1:9/canary")))
    shown = page_file(page_of(session))
    only_ours(shown)
    assert "canary" not in shown


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(st.sampled_from(BODIES).flatmap(events), max_size=12), st.booleans())
def test_whatever_a_journal_may_hold_makes_a_page(told: list[Event], silent: bool) -> None:
    first = Story().events[0]
    session = fold([first, *told])
    if session.opened is not None:
        only_ours(page_file(status_page(session, Stamp(9.0, 9.0), 5.0 if silent else None)))
