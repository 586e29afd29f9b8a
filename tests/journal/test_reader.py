"""What can be read is read, whatever the rest is like; and a journal replayed is the session that wrote it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings

from mmcockpit.core import event as facts
from mmcockpit.core.clock import Stamp
from mmcockpit.core.event import AnyBody, Event, Noted
from mmcockpit.core.evolve import evolve, fold
from mmcockpit.core.session import Session
from mmcockpit.journal.codec import MAX_LINE
from mmcockpit.journal.files import SessionError, sidecar
from mmcockpit.journal.reader import TOLD_EVERY, Problem, follow, read
from mmcockpit.journal.replay import fold_journal
from mmcockpit.journal.writer import Writer
from tests.bench.day import write_day
from tests.core.sessions import START, Story
from tests.journal.bodies import steps
from tests.journal.child import body, event


@settings(max_examples=60, deadline=None)
@given(steps=steps)
def test_a_replayed_journal_is_the_live_session(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[AnyBody, int, int]]
) -> None:
    story = Story()
    path = tmp_path_factory.mktemp("live") / "journal.jsonl"
    writer = Writer.create(path, "ana")
    writer.append(story.events[0])
    session, at, drift = story.session, 0, 0
    for seq, (told, passed, moved) in enumerate(steps, 2):
        at, drift = at + passed, drift + moved
        fact = Event(seq, Stamp(at / 1000, (round(START * 1000) + at + drift) / 1000), told)
        writer.append(fact)
        evolve(session, fact)
    writer.close()
    assert fold(read(path)) == session
    assert fold_journal(path) == session


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of thirty facts."""
    path = tmp_path / "journal.jsonl"
    writer = Writer.create(path, "ana")
    for fact in [Story().events[0], *map(event, range(2, 31))]:
        writer.append(fact)
    writer.close()
    return path


def numbers(path: Path, report: Callable[[Problem], None]) -> list[int]:
    return [fact.seq for fact in read(path, report)]


def test_a_corrupt_middle_is_reported_and_skipped(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[9] = b"\x00" * 300 + b"\n"
    lines[19] = lines[19][:20] + b"\n"
    path.write_bytes(b"".join(lines))
    problems: list[Problem] = []
    assert numbers(path, problems.append) == [seq for seq in range(1, 31) if seq not in (10, 20)]
    assert [problem.line for problem in problems] == [10, 20]


def test_a_line_without_end_takes_bounded_memory(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:9], b"x" * (MAX_LINE + 9) + b"\n", *lines[9:], b"y" * (MAX_LINE + 9)]))
    problems: list[Problem] = []
    assert numbers(path, problems.append) == list(range(1, 31))
    assert [problem.line for problem in problems] == [10, 32]


def test_a_damaged_first_line_leaves_the_rest_readable(path: Path) -> None:
    path.write_bytes(b"?" + path.read_bytes())
    problems: list[Problem] = []
    assert numbers(path, problems.append) == list(range(2, 31))
    assert [problem.line for problem in problems] == [1]
    with pytest.raises(SessionError, match=r"journal.jsonl:1: not a fact"):
        fold_journal(path)


def test_a_journal_of_a_later_version_opens_if_it_can(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"host":', b'"schema":3,"weather":"calm","host":', 1))
    session = fold_journal(path)
    assert session.opened is not None
    assert session.opened.schema == 3


def test_a_journal_of_a_later_version_that_cannot_be_opened_says_so(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"mode":"live"', b'"schema":3,"mode":"dream"', 1))
    with pytest.raises(SessionError, match=r"later mmcockpit \(schema 3; this one reads up to 2\): upgrade"):
        fold_journal(path)


def test_an_opening_that_is_damaged_says_so(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"mode":"live"', b'"mode":"dream"', 1))
    with pytest.raises(SessionError, match="the opening fact is damaged"):
        fold_journal(path)


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
    assert "shorter" in problems[0].what


@pytest.mark.parametrize("there", ["missing", "folder"])
def test_what_is_no_journal_says_what_it_is(there: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(SessionError, match=r"no such file|not an ordinary file"):
        list(read(tmp_path / there))


def test_an_empty_journal_has_no_session(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").touch()
    assert fold(read(tmp_path / "journal.jsonl")) == Session()
    with pytest.raises(SessionError, match="nothing says what the session was about"):
        fold_journal(tmp_path / "journal.jsonl")


def test_the_facts_of_the_small_session_are_both_marks_and_readings() -> None:
    assert {type(body(seq)) for seq in range(2, 31)} == {facts.ItemMarked, facts.Observed}


def test_a_long_reading_tells_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write_day(path, TOLD_EVERY / 10 * 3.5)
    shares: list[float] = []
    assert sum(1 for _ in read(path, progress=shares.append)) > 3 * TOLD_EVERY
    assert shares == pytest.approx([2 / 7, 4 / 7, 6 / 7], abs=0.02)
