"""What can be read is read, whatever the rest is like; and a journal replayed is the session that wrote it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import MINOR, AnyBody, Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.core.state.session import Session
from mmcockpit.journal.codec import MAX_LINE
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.playback.replay import fold_journal
from mmcockpit.journal.reader import PROGRESS_EVERY, Problem, read
from mmcockpit.journal.versions import LaterVersion
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


LATER = MINOR + 1


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


def test_a_journal_of_a_later_minor_version_opens_if_it_can(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"schema":3', b'"schema":3,"minor":%d,"weather":"calm"' % LATER, 1))
    problems: list[Problem] = []
    session = fold(read(path, problems.append))
    assert session.opened is not None
    assert session.opened.minor == LATER
    assert [what for _, what in problems] == [
        "1 unknown field (Opened.weather), written by a later mmcockpit "
        f"(schema 3.{LATER}; this one reads up to 3.{MINOR}): upgrade to read everything"
    ]


@pytest.mark.parametrize("later", [b'"schema":4', b'"schema":4,"minor":2,"texts":1'])
def test_a_journal_of_a_later_major_version_is_refused(path: Path, later: bytes) -> None:
    path.write_bytes(path.read_bytes().replace(b'"schema":3', later, 1))
    with pytest.raises(LaterVersion, match=rf"later mmcockpit \(schema 4\.\d; this one reads up to 3\.{MINOR}\): upg"):
        fold_journal(path)


def test_a_journal_that_a_later_major_version_resumed_is_refused_from_there_on(path: Path) -> None:
    resumed = b'[31,40.0,0,"Resumed",{"operator":"bo","host":"x","blind_s":1.0,"schema":4},"AAAAAAAAAAAAAAAA"]\n'
    path.write_bytes(path.read_bytes() + resumed)
    with pytest.raises(LaterVersion, match="schema 4"):
        fold(read(path))


def test_a_damaged_opening_is_reported(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"mode":"live"', b'"mode":"dream"', 1))
    with pytest.raises(SessionError, match="the opening fact is damaged"):
        fold_journal(path)


@pytest.mark.parametrize("there", ["missing", "folder"])
def test_the_error_for_a_foreign_file_names_what_it_is(there: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(SessionError, match=r"no such file|not a regular file"):
        list(read(tmp_path / there))


def test_an_empty_journal_has_no_session(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").touch()
    assert fold(read(tmp_path / "journal.jsonl")) == Session()
    with pytest.raises(SessionError, match="the opening fact is missing"):
        fold_journal(tmp_path / "journal.jsonl")


def test_the_facts_of_the_small_session_are_both_marks_and_readings() -> None:
    assert {type(body(seq)) for seq in range(2, 31)} == {facts.ItemMarked, facts.Observed}


def test_a_long_reading_tells_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write_day(path, PROGRESS_EVERY / 10 * 3.5)
    shares: list[float] = []
    assert sum(1 for _ in read(path, progress=shares.append)) > 3 * PROGRESS_EVERY
    assert shares == pytest.approx([2 / 7, 4 / 7, 6 / 7], abs=0.02)
