"""Both formats say everything, and foreign text in them is only text."""

from typing import get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Advised, Event, Opened, PhaseChanged
from mmcockpit.core.model.checklist import Item, Section
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.states import Advice
from mmcockpit.core.rules.todo import todo
from mmcockpit.journal.verify import Report as Verified
from mmcockpit.report.collect import gather
from mmcockpit.report.past import Past
from mmcockpit.report.render import Format, render
from tests.core.sessions import BAD, Story, plan, sensed
from tests.journal.bodies import BODIES, events
from tests.report.journals import HARM, harmful, incident, rollback
from tests.report.markup import Tags, only_ours, only_text, tokens

WHOLE = Verified(1, "head", 0, 0, ())
URL = "http://127.0.0.1:9/canary"


def report(past: Past, kind: Format) -> str:
    return "".join(render(past, kind))


@pytest.mark.parametrize("harm", HARM)
def test_foreign_text_is_only_text(harm: str) -> None:
    past = gather(harmful(harm.replace("{url}", URL)), WHOLE, harm)
    page = report(past, "html")
    only_ours(page)
    markdown = report(past, "md")
    only_text(markdown)
    rows = [token for token in tokens(markdown) if token.type in ("tr_open", "th_open", "td_open")]
    assert rows
    if "{{" in harm:
        assert "{{ 7 * 7 }}" in page


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(st.sampled_from(BODIES).flatmap(events), max_size=12))
def test_whatever_a_journal_may_hold_makes_a_report(told: list[Event]) -> None:
    for kind in get_args(Format):
        text = report(gather(told, WHOLE, "here"), kind)
        if kind == "html":
            only_ours(text)


def test_an_item_is_in_the_phase_that_lists_it_whatever_its_id_is() -> None:
    cockpit = plan(sensed("a"), aborts=(Abort("a", 0.0, "ready"),))
    last = Item("nowhere", 2, "Last", no_return=True, needs=("unknown",))
    *phases, end = cockpit.checklist.phases
    end = msgspec.structs.replace(end, sections=(Section("s", "S", (last,)),))
    checklist = msgspec.structs.replace(cockpit.checklist, phases=(*phases, end))
    story = Story(msgspec.structs.replace(cockpit, checklist=checklist))
    session = story.session
    assert session.phase_of("nowhere") == 2
    story.see("a", *[BAD] * 3)
    story.tell(PhaseChanged("ready", "cutover", "ana", reason="it is time"))
    assert "nowhere" in {item for group in todo(session) for item in group.items}
    story.do(commands.MarkItem("ana", "nowhere"))
    advised = [event.body.advice for event in story.events if isinstance(event.body, Advised)]
    assert [advised[-2], advised[-1]] == [Advice.ROLLBACK, Advice.FIX_FORWARD]
    for kind in get_args(Format):
        assert "Last" in report(gather(story.events, WHOLE, "here"), kind)


@pytest.mark.parametrize("kind", get_args(Format))
def test_a_report_tells_the_whole_night(kind: Format) -> None:
    past = gather([*incident().events], WHOLE, "here")
    text = report(past, kind)
    text = "".join(Tags(text).text) if kind == "html" else text.replace("\\", "")
    for words in (
        "ended: rolled back",
        "ROLLBACK advised for",
        "rehearsed last week",
        "wait for the database role",
        "AOF is rewritten",
        "expired, 02:",
        "STILL IN EFFECT",
        "network says no",
        "old answers",
        "T+00:05:20",
        "02:15:20",
        "baseline 0.2%",
        "6 faults",
        "chain ok",
        "ana",
        "database",
    ):
        assert words in text, words


@pytest.mark.parametrize("kind", get_args(Format))
def test_steps_stand_with_their_output(kind: Format) -> None:
    text = report(gather(rollback(), WHOLE, "here"), kind)
    text = "".join(Tags(text).text) if kind == "html" else text
    for words in ("undo 40", "41 <b>two</b> ```", "! not found", "exit 1", "revision 40 by ana", "never ended"):
        assert words in text, words


def test_the_policy_of_a_page_allows_its_own_style_and_nothing_else() -> None:
    page = report(gather(incident().events, WHOLE, "here"), "html")
    (policy,) = [
        attributes["content"]
        for tag, attributes in Tags(page).tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert page.index("Content-Security-Policy") < page.index("<style>")


def test_a_session_without_decisions_has_a_report() -> None:
    (opened, *_) = incident().events
    assert isinstance(opened.body, Opened)
    cockpit = msgspec.structs.replace(opened.body.cockpit, signals=(), aborts=())
    quiet = Event(1, opened.stamp, msgspec.structs.replace(opened.body, cockpit=cockpit))
    text = report(gather([quiet], WHOLE, "here"), "md")
    assert "No decision was made" in text
    assert "No procedure was started" in text
