"""Following a journal that another process writes, and who is known to watch."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from msgspec import structs

from mmcockpit.core.facts.event import Noted, ObserverJoined, ObserverLeft, Opened
from mmcockpit.core.feed import Feed
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.evolve import evolve
from mmcockpit.journal.files import SessionError, sidecar
from mmcockpit.journal.observers import Observers, Presence
from mmcockpit.journal.watch import WatchFeed
from mmcockpit.journal.writer import Writer
from tests.core.sessions import START, Story

ZERO = 5_000.0
"""What the viewer's own clock shows when the session begins."""


Watching = Callable[[Path, Story], WatchFeed]


class Viewer:
    """A clock that runs on demand, in step with the story's wall clock."""

    def __init__(self, story: Story) -> None:
        self.story = story

    def now(self) -> Stamp:
        """Return the story's moment by the viewer's clock."""
        return Stamp(ZERO + self.story.now.at, START + self.story.now.at)


@pytest.fixture
def watching() -> Iterator[Watching]:
    with ExitStack() as opened:
        yield lambda path, story: opened.enter_context(closing(WatchFeed(path, Viewer(story))))


@pytest.fixture
def story() -> Story:
    return Story()


@pytest.fixture
def driver(tmp_path: Path, story: Story) -> Iterator[Writer]:
    writer = Writer.create(tmp_path / "s1" / "journal.jsonl", "ana")
    for event in story.events:
        writer.append(event)
    yield writer
    writer.close()


@pytest.fixture
def path(tmp_path: Path, driver: Writer) -> Path:
    return tmp_path / "s1" / "journal.jsonl"


def say(story: Story, driver: Writer, text: str) -> None:
    count = len(story.events)
    story.tell(Noted(text, "ana"))
    for event in story.events[count:]:
        driver.append(event)


def test_what_is_written_is_seen_at_its_time(path: Path, story: Story, driver: Writer, watching: Watching) -> None:
    story.wait(100)
    feed: Feed = watching(path, story)
    first = feed.drain()
    assert (first.now.at, first.now.wall) == (100.0, START + 100)
    assert first.base is not None
    session = first.base
    story.wait(5)
    say(story, driver, "hello")
    batch = feed.drain()
    assert [event.stamp.at for event in batch.events] == [105.0]
    for event in batch.events:
        evolve(session, event)
    assert (session, batch.base, batch.now.at) == (story.session, None, 105.0)
    assert feed.commands is None
    assert feed.transport is None


def test_a_torn_line_is_waited_for(path: Path, story: Story, driver: Writer, watching: Watching) -> None:
    feed = watching(path, story)
    feed.drain()
    whole = path.stat().st_size
    say(story, driver, "hello")
    line = path.read_bytes()[whole:]
    os.truncate(path, whole + len(line) // 2)
    assert feed.drain().events == ()
    with path.open("r+b") as file:
        file.seek(whole)
        file.write(line)
    assert [event.body for event in feed.drain().events] == [Noted("hello", "ana")]
    assert feed.problems == []


def test_a_driver_that_is_gone_is_missed_since_it_was_last_seen(
    path: Path, story: Story, driver: Writer, watching: Watching
) -> None:
    feed = watching(path, story)
    assert feed.drain().gone is None
    story.wait(10)
    assert feed.drain().gone is None
    driver.close()
    for seconds in (1, 20):
        story.wait(seconds)
        assert feed.drain().gone == Stamp(10.0, START + 10)
    again = Writer.open(path, "bo")
    story.wait(1)
    assert feed.drain().gone is None
    again.close()


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_a_driver_is_silent_for_as_many_real_seconds_at_any_speed_of_the_session(
    tmp_path: Path, story: Story, watching: Watching, speed: float
) -> None:
    first, *rest = story.events
    assert isinstance(first.body, Opened)
    opened = structs.replace(first, body=structs.replace(first.body, speed=speed))
    with closing(Writer.create(tmp_path / "fast" / "journal.jsonl", "ana")) as driver:
        for event in (opened, *rest):
            driver.append(event)
        feed = watching(tmp_path / "fast" / "journal.jsonl", story)
        os.utime(sidecar(tmp_path / "fast" / "journal.jsonl", "lock"), (START + story.now.at - 4.0,) * 2)
        batch = feed.drain()
    assert batch.pulse is not None
    assert (batch.now.at - batch.pulse.at) / speed == 4.0


def test_a_session_left_long_ago_is_gone_since_its_last_fact(
    path: Path, story: Story, driver: Writer, watching: Watching
) -> None:
    driver.close()
    last = story.events[-1].stamp
    story.wait(3600)
    assert watching(path, story).drain().gone == last


def test_a_journal_that_another_one_replaced_is_followed_no_further(
    path: Path, story: Story, driver: Writer, watching: Watching
) -> None:
    feed = watching(path, story)
    assert feed.drain().lost == ""
    path.unlink()
    path.write_bytes(b"hello\n")
    assert feed.drain().lost == "the journal file was replaced"


def test_nothing_to_watch_is_an_error_before_there_is_a_screen(tmp_path: Path, story: Story) -> None:
    (tmp_path / "journal.jsonl").write_bytes(b"hello\n")
    with pytest.raises(SessionError, match="not a fact"):
        WatchFeed(tmp_path / "journal.jsonl", Viewer(story))


WATCHER = """\
import sys
from pathlib import Path
from mmcockpit.journal.observers import Presence
presence = Presence(Path(sys.argv[1]), sys.argv[2], "edge")
print("here", flush=True)
sys.stdin.read()
"""


def test_the_driver_sees_who_comes_and_who_goes_however_they_go(path: Path) -> None:
    observers = Observers(path)
    assert observers.look() == []
    mine = Presence(path, "bo", "edge")
    me = os.getpid()
    assert sidecar(path, f"observer.{me}").stat().st_mode & 0o777 == 0o600
    assert observers.look() == [ObserverJoined("bo", me)]
    assert observers.look() == []
    argv = [sys.executable, "-c", WATCHER, os.fspath(path), "\x1b[31mcy"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"here\n"
        (came,) = observers.look()
        assert isinstance(came, ObserverJoined)
        assert came.process == other.pid
        assert "\x1b" not in came.observer
        other.kill()
    assert observers.look() == [ObserverLeft(came.observer, other.pid)]
    mine.end()
    assert observers.look() == [ObserverLeft("bo", me)]
    assert not list(path.parent.glob("*observer*"))


def test_an_invalid_lock_file_names_no_observer(path: Path) -> None:
    for name in ("observer.x", "observer.", "observer.4711"):
        sidecar(path, name).write_bytes(b"\xff{")
    sidecar(path, "observer.4712").mkdir()
    assert Observers(path).look() == []
    assert not sidecar(path, "observer.4711").exists()
