"""What keeps a gate closed, in one line."""

from typing import Any

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.feed import Batch
from mmcockpit.core.model.cockpit import Abort, SourceSpec
from mmcockpit.core.rules.open_items import open_items
from mmcockpit.core.words.open_items import open_items_texts
from mmcockpit.ui.render.header.state_line import state_line
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import text_of
from mmcockpit.ui.session_view import Sight
from tests.core.sessions import GONE, GOOD, WARNS, Story, attested, manual, number, plan, sensed


def text(story: Story) -> str:
    story.settle()
    return open_items_texts(open_items(story.session), story.now)[0]


def test_open_items_are_counted_by_what_they_need() -> None:
    chart = msgspec.structs.replace(number("chart"), source="grafana")
    story = Story(
        plan(
            *(manual("audit"), manual("pay", approvals=2), attested("access"), sensed("chart"), sensed("rate")),
            signals=(chart,),
        )
    )
    story.see("access", GOOD)
    story.see("rate", WARNS)
    story.do(commands.MarkItem("ana", "ready/s/pay"))
    assert text(story) == (
        "5 of 5 open: 2 need your tick, 1 needs a second person, 1 no data (1 source missing), 1 warning"
    )


def test_a_tick_of_another_person_is_not_counted_as_the_operators() -> None:
    story = Story(plan(manual("audit"), manual("dns", assignee="bo"), manual("mail", assignee="cy")))
    texts = {name: open_items_texts(open_items(story.session, name))[0] for name in ("ana", "bo", "")}
    assert texts["ana"] == "3 of 3 open: 1 needs your tick, 2 need a tick by others"
    assert texts["bo"] == "3 of 3 open: 2 need your tick, 1 needs a tick by cy"
    assert texts[""] == "3 of 3 open: 3 need your tick"


def test_a_failing_source_is_one_phrase_in_front() -> None:
    story = Story(plan(manual("audit"), sensed("errors"), sensed("rate")))
    for name in ("errors", "rate"):
        story.see(name, GOOD, GONE)
    assert text(story) == ("Prometheus: no answer for 3s (2 signals, 2 items); 3 of 3 open: 1 needs your tick")


def two_sources(**more: Any) -> Story:
    """Return a story in which both sources failed: first PostgreSQL, then Prometheus, with the same number of items."""
    share = msgspec.structs.replace(number("share"), source="postgres")
    made = plan(sensed("errors"), sensed("share"), signals=(number("errors"), share), **more)
    sources = tuple(SourceSpec(name, name) for name in ("prometheus", "postgres"))
    story = Story(msgspec.structs.replace(made, sources=sources))
    story.see("errors", GOOD)
    story.see("share", GOOD, GONE)
    story.wait(30)
    story.see("errors", GONE)
    return story


def test_of_two_failing_sources_the_one_that_failed_first_is_named_and_the_other_counted() -> None:
    story = two_sources()
    assert text(story) == (
        "PostgreSQL: no answer for 32s (1 signal, 1 item); 1 more source failing; "
        "2 of 2 open: 1 no data (Prometheus: no answer)"
    )


def test_of_two_failing_sources_with_abort_rules_the_second_line_names_the_one_that_failed_first() -> None:
    story, sight = two_sources(aborts=(Abort("errors", 60.0, "ready"), Abort("share", 60.0, "ready"))), Sight()
    story.settle()
    sight.take(Batch(story.now, base=story.session))
    assert text_of(state_line(sight, Lens(), 120)).split(maxsplit=1)[1].rstrip() == (
        "PostgreSQL: no answer for 32s (1 signal, 1 item); 1 more source failing; an abort rule has no data"
    )


def test_the_source_of_most_items_is_named_though_another_failed_before() -> None:
    share = msgspec.structs.replace(number("share"), source="postgres")
    made = plan(sensed("errors"), sensed("rate"), sensed("share"), signals=(share,))
    sources = tuple(SourceSpec(name, name) for name in ("prometheus", "postgres"))
    story = Story(msgspec.structs.replace(made, sources=sources))
    story.see("share", GOOD, GONE)
    for name in ("errors", "rate"):
        story.see(name, GOOD, GONE)
    assert text(story).startswith("Prometheus: no answer for 3s (2 signals, 2 items); 1 more source failing; ")


def test_nothing_open_is_counted_too() -> None:
    story = Story(plan(manual("audit")))
    story.do(commands.MarkItem("ana", "ready/s/audit"))
    assert text(story) == "0 of 1 open"
