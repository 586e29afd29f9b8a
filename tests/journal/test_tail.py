"""Following a journal while it is written, put away, taken out again, cut short or replaced."""

import shutil
from pathlib import Path

import pytest

from mmcockpit.core.facts.event import Closed, Event, Noted, Resumed
from mmcockpit.journal.archive import put_away
from mmcockpit.journal.files import sidecar, stored
from mmcockpit.journal.reader import Problem
from mmcockpit.journal.tail import Tail, follow
from mmcockpit.journal.writer import Writer
from tests.core.sessions import Story
from tests.journal.child import event


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of thirty facts."""
    path = tmp_path / "night" / "journal.jsonl"
    writer = Writer.create(path, "ana")
    for fact in [Story().events[0], *map(event, range(2, 31))]:
        writer.append(fact)
    writer.close()
    return path


def say(path: Path, *facts: Event) -> None:
    """Continue a session, and leave it."""
    writer = Writer.open(path, "ana")
    for fact in facts:
        writer.append(fact)
    writer.close()


def long_notes(first: int) -> list[Event]:
    """Return so many facts that the journal is worth compressing, and the end."""
    notes = [Event(seq, event(seq).stamp, Noted(f"{seq} " * 900, "ana")) for seq in range(first, first + 200)]
    last = first + len(notes)
    return [*notes, Event(last, event(last).stamp, Closed("done"))]


def test_following_sees_what_is_written_meanwhile(path: Path) -> None:
    writer = Writer.open(path, "ana")
    later = iter(range(31, 34))

    def wait() -> bool | None:
        seq = next(later, None)
        if seq is None:
            return False
        writer.append(event(seq))
        return None

    assert [fact.seq for fact in follow(path, wait)] == list(range(1, 34))
    writer.close()


def test_following_waits_for_the_end_of_a_line(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    seen: list[int] = []
    sizes = iter([whole[:-10], whole[:-30], whole, whole])

    def wait() -> bool:
        content = next(sizes, None)
        if content is not None:
            path.write_bytes(content)
        return content is not None

    for fact in follow(path, wait):
        seen.append(fact.seq)
    assert seen == list(range(1, 31))


def test_following_reads_what_replaced_a_torn_line(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole + b'[31,3.1,0,"Noted",{"text":"lost')
    steps = iter([True, False])

    def wait() -> bool:
        if going_on := next(steps):
            with_repair = Writer.open(path, "ana")
            with_repair.append(Event(31, event(31).stamp, Noted("kept", "ana")))
            with_repair.close()
        return going_on

    assert [fact.body for fact in follow(path, wait)][-1] == Noted("kept", "ana")
    assert sidecar(path, "torn").read_bytes() == b'[31,3.1,0,"Noted",{"text":"lost\n'


def test_a_journal_that_becomes_shorter_ends_the_following(path: Path) -> None:
    problems: list[Problem] = []

    def wait() -> bool:
        path.write_bytes(path.read_bytes()[:100])
        return True

    assert len(list(follow(path, wait, problems.append))) == 30
    assert "truncated" in problems[0].what


def test_a_slow_follower_sees_the_end_of_a_session_that_was_put_away_and_taken_out_again(path: Path) -> None:
    problems: list[Problem] = []
    tail = Tail(path, problems.append)
    assert len(list(tail.events())) == 30
    say(path, *long_notes(31))
    assert put_away(path, path.parent / "cache")
    assert stored(path) != path
    seen = list(tail.events())
    assert [fact.seq for fact in seen] == list(range(31, 232))
    assert seen[-1].body == Closed("done")
    assert list(tail.events()) == []
    say(path, Event(232, event(232).stamp, Resumed("ana", "h", 5.0)))
    assert stored(path) == path
    assert [fact.body for fact in tail.events()] == [Resumed("ana", "h", 5.0)]
    say(path, Event(233, event(233).stamp, Closed("again")))
    assert put_away(path, path.parent / "cache")
    assert [fact.seq for fact in tail.events()] == [233]
    assert (problems, tail.lost) == ([], "")
    tail.close()


def test_more_may_happen_to_a_journal_between_two_looks_than_one_change(path: Path) -> None:
    tail = Tail(path)
    assert len(list(tail.events())) == 30
    say(path, *long_notes(31))
    assert put_away(path, path.parent / "cache")
    say(path, Event(232, event(232).stamp, Resumed("ana", "h", 5.0)))
    assert [fact.seq for fact in tail.events()] == list(range(31, 233))
    tail.close()


def test_a_removed_journal_is_read_to_its_end(path: Path) -> None:
    tail = Tail(path)
    assert len(list(tail.events())) == 30
    say(path, event(31))
    path.unlink()
    assert [fact.seq for fact in tail.events()] == [31]
    assert tail.lost == ""
    tail.close()


@pytest.mark.parametrize("there", ["another", "shorter", "folder"])
def test_a_file_that_replaced_a_journal_is_reported_once_and_not_read(path: Path, there: str) -> None:
    problems: list[Problem] = []
    tail = Tail(path, problems.append)
    assert len(list(tail.events())) == 30
    lines = path.read_bytes().splitlines(keepends=True)
    shutil.move(path, path.with_name("moved"))
    match there:
        case "another":
            path.write_bytes(b"".join(lines).replace(b"mark 20", b"mark 21") + lines[-1])
        case "shorter":
            path.write_bytes(b"".join(lines[:20]))
        case _:
            path.mkdir()
    for _ in range(3):
        assert list(tail.events()) == []
    assert [problem.what for problem in problems] == [tail.lost]
    reason = "path of a session's journal.jsonl" if there == "folder" else "the journal file was replaced"
    assert tail.lost.endswith(reason)
    tail.close()
