"""Sessions that run faster than real time: what concerns the person at the screen is measured in real time."""

import msgspec
import pytest

from mmcockpit.core.facts.event import Opened, SessionMode
from mmcockpit.ui.actions.ask import cursor_seen
from mmcockpit.ui.plain.screen import PlainScreen
from mmcockpit.ui.session_view import Sight
from tests.ui.desks import PlainDesk
from tests.ui.feeds import ListFeed, Notebook
from tests.ui.go_lives import GoLive

SPEED = 20.0


def fast() -> ListFeed:
    """Return a feed whose session runs 20 times as fast."""
    first, *rest = GoLive().events
    assert isinstance(first.body, Opened)
    opened = msgspec.structs.replace(first.body, mode=SessionMode.DEMO, speed=SPEED)
    return ListFeed([msgspec.structs.replace(first, body=opened), *rest], Notebook())


class NoLines:
    """An input without lines."""

    ended = False

    def next(self, within_s: float) -> str | None:
        return None

    def drop(self) -> list[str]:
        return []


@pytest.mark.parametrize(("real_s", "stalled_s"), [(2.9, 0.0), (4.0, 4.0)])
@pytest.mark.parametrize("first", [True, False])
def test_the_engine_is_stalled_after_three_real_seconds_from_the_first_batch_on(
    first: bool, real_s: float, stalled_s: float
) -> None:
    feed, sight = fast(), Sight()
    if not first:
        sight.take(feed.drain())
    feed.beating = False
    feed.wait(real_s * SPEED)
    sight.take(feed.drain())
    assert sight.stalled_s == pytest.approx(stalled_s)


def test_a_screen_waits_three_real_seconds_for_the_record_of_its_end() -> None:
    feed = fast()
    screen = PlainScreen(feed, NoLines(), lambda line: None)
    screen.show()
    screen.desk.leave("ended")
    for waited_s, closed in ((2.5, None), (1.0, "ended")):
        feed.wait(waited_s * SPEED)
        screen.show()
        assert screen.return_value == closed


@pytest.mark.parametrize(("real_s", "seen"), [(0.2, False), (0.6, True)])
def test_a_row_that_moved_under_the_cursor_counts_after_half_a_real_second(real_s: float, seen: bool) -> None:
    feed = fast()
    desk = PlainDesk(GoLive())
    desk.view = Sight()
    desk.view.take(feed.drain())
    desk.pane.displaced_at = desk.now.at
    feed.wait(real_s * SPEED)
    desk.view.take(feed.drain())
    assert cursor_seen(desk, "87 Database Backup") is seen
    assert bool(desk.said) is not seen
