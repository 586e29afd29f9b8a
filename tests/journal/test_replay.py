"""A journal as a feed, and the moments people ask for."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from mmcockpit.core.facts.event import Event, T0Changed
from mmcockpit.core.model.clock import Stamp
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.playback.replay import ReplayFeed, fold_journal
from mmcockpit.journal.reader import read
from mmcockpit.journal.writer import Writer
from tests.core.sessions import START, Story
from tests.journal.child import body
from tests.ui.replays import Viewer, journal

FACTS = 5_000
"""One every half second: 2,500 seconds in several strides of the timeline."""


@pytest.fixture(scope="module")
def story() -> Story:
    told = Story()
    told.wait(0.5)
    told.tell(T0Changed(START + 600, "ana"))
    for seq in range(3, FACTS + 1):
        told.wait(0.5)
        told.tell(body(seq))
    return told


@pytest.fixture
def path(tmp_path: Path, story: Story) -> Path:
    return journal(tmp_path, story.events)


def sought(path: Path, text: str) -> float:
    """Return the session seconds of the position of a replay that begins there."""
    return ReplayFeed(path, Viewer(), text, playing=False).transport.state.position.at


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("T+12m40s", 1360.0),
        ("t+0s", 600.0),
        ("T-5m", 300.0),
        ("T+00:01:00", 660.0),
        ("00:12:40", 760.0),
        ("12:40", 760.0),
        ("760s", 760.0),
        ("760.5", 760.5),
        ("1h", 2499.5),
        ("0%", 0.0),
        ("100%", 2499.5),
        ("#1", 0.0),
        ("#418", 208.5),
        (f"#{FACTS}", 2499.5),
        ("2026-12-06T02:12:40Z", 760.0),
        ("2026-12-06T03:12:40+01:00", 760.0),
        ("2026-12-06T02:12:40", 760.0),
        ("02:12:40Z", 760.0),
        ("2020-01-01T00:00:00Z", 0.0),
    ],
)
def test_people_say_moments_in_their_own_ways(text: str, at: float, path: Path) -> None:
    assert sought(path, text) == at


@pytest.mark.parametrize("text", [" ", "soon", "T+", "T+soon", "%", "#", "#x", "12:40:99:1", "\x1b[31m", "2026-99-99"])
def test_the_error_for_an_invalid_time_shows_the_valid_forms(text: str, path: Path) -> None:
    with pytest.raises(SessionError, match="is not a time of a session; write T") as refused:
        sought(path, text)
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "at", "note"),
    [
        ("T+9h", 2499.5, "T+9h is after the end of the session (02:41:39Z, "),
        ("10h", 2499.5, "10h is after the end"),
        ("101%", 2499.5, "101% is after the end"),
        ("-1%", 0.0, "-1% is before the start of the session (02:00:00Z): showing the start"),
        ("#9999", 2499.5, f"#9999 is after the end of the session (02:41:39Z, #{FACTS}, 00:41:39 from its start)"),
        ("#0", 0.0, "#0 is before the start"),
        ("T-11m", 0.0, "T-11m is before the start"),
        ("01:59:00Z", 0.0, "01:59:00Z is before the start"),
        ("02:41:50Z", 2499.5, "02:41:50Z is after the end"),
        ("2020-01-01T00:00:00Z", 0.0, "2020-01-01T00:00:00Z is before the start"),
        ("2030-01-01T00:00:00Z", 2499.5, "2030-01-01T00:00:00Z is after the end"),
        ("50%", 1249.75, ""),
        ("0%", 0.0, ""),
        (f"#{FACTS}", 2499.5, ""),
    ],
)
def test_a_time_outside_of_the_session_is_named_and_clamped(text: str, at: float, note: str, path: Path) -> None:
    feed = ReplayFeed(path, Viewer(), text, playing=False)
    assert feed.drain().now.at == at
    assert feed.notice.startswith(note)
    assert bool(feed.notice) is bool(note)


def test_without_t0_moments_count_from_the_start(tmp_path: Path) -> None:
    story = Story()
    story.wait(100)
    story.tell(body(3))
    path = journal(tmp_path, story.events)
    assert sought(path, "T+40s") == 40.0
    assert sought(path, "#2") == 100.0


def test_a_moment_of_a_resumed_session_counts_by_session_time(tmp_path: Path) -> None:
    story = Story()
    path = tmp_path / "journal.jsonl"
    writer = Writer.create(path)
    writer.append(story.events[0])
    writer.append(Event(2, Stamp(50.0, START + 90.0), body(3)))
    writer.close()
    assert fold_journal(path, 50.0).last == Stamp(50.0, START + 90.0)
    assert [event.seq for event in read(path)] == [1, 2]


@pytest.mark.parametrize(
    ("set_by", "text", "at"),
    [
        (3_600.0, "2026-12-06T03:30:00Z", 1_800.0),
        (3_600.0, "03:30:00Z", 1_800.0),
        (3_600.0, "T+1h20m", 1_800.0),
        (3_600.0, "2026-12-06T02:15:00Z", 900.0),
        (-3_600.0, "2026-12-06T01:30:00Z", 1_800.0),
        (-3_600.0, "2026-12-06T02:10:00Z", 600.0),
    ],
)
def test_a_clock_time_is_the_one_that_was_shown_when_the_clock_was_set(
    tmp_path: Path, story: Story, set_by: float, text: str, at: float
) -> None:
    events = [
        replace(event, stamp=Stamp(event.stamp.at, event.stamp.wall + set_by * (event.stamp.at >= 1_000.0)))
        for event in story.events
    ]
    assert sought(journal(tmp_path, events), text) == at
