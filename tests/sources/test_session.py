"""Facts of the session as a source: signals put together say which of them is to blame, and why."""

import pytest

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.sources.session.source import SessionSource
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, manual, number, plan
from tests.sources.polling import fault, probe, value

pytestmark = pytest.mark.anyio


def asked(story: Story) -> SessionSource:
    source = SessionSource()
    source.look = lambda: (story.session, story.now.wall)
    return source


async def test_known_members_may_decide_and_otherwise_the_unknown_one_gives_the_reason() -> None:
    story = Story(plan(manual("audit"), signals=(number("one"), number("two"))))
    source, names = asked(story), {"signals": ["one", "two"]}
    every, some = probe("session", source, "all_of", names), probe("session", source, "any_of", names)
    story.see("one", GOOD)
    story.see("two", GONE)
    told = await fault(every)
    assert (told.kind, told.message) == (FaultKind.NO_DATA, "two unknown: refused: gone")
    assert (await value(some))["passing"] == ["one"]
    story.see("one", BAD)
    assert (await value(every))["failing"] == ["one"]
    story.see("one", WARNS)
    story.see("two", GOOD)
    assert await value(every) == {"passing": ["two"], "failing": ["one"], "warning": ["one"]}
