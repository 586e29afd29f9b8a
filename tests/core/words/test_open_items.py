"""What keeps a gate closed, in one line."""

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.rules.open_items import open_items
from mmcockpit.core.words.open_items import open_items_texts
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


def test_a_failing_source_is_one_phrase_in_front() -> None:
    story = Story(plan(manual("audit"), sensed("errors"), sensed("rate")))
    for name in ("errors", "rate"):
        story.see(name, GOOD, GONE)
    assert text(story) == ("Prometheus: no answer for 3s (2 signals, 2 items); 3 of 3 open: 1 needs your tick")


def test_nothing_open_is_counted_too() -> None:
    story = Story(plan(manual("audit")))
    story.do(commands.MarkItem("ana", "ready/s/audit"))
    assert text(story) == "0 of 1 open"
