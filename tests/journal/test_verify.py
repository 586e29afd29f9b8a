"""Damage, careless edits, and what a head that was noted elsewhere finds."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.cli import main
from mmcockpit.core.facts.event import MINOR, Event, Noted, Opened
from mmcockpit.core.state.evolve import fold
from mmcockpit.journal.codec import ROOT, base_of, decode, encode, link
from mmcockpit.journal.files import SessionError
from mmcockpit.journal.playback.timeline import Timeline
from mmcockpit.journal.reader import read
from mmcockpit.journal.verify import MAX_PROBLEMS, verify
from tests.core.sessions import Story
from tests.journal.child import body


def told(count: int) -> list[Event]:
    story = Story()
    for seq in range(2, count + 1):
        story.wait(0.5)
        story.tell(body(seq))
    return story.events


def chained(events: list[Event]) -> list[bytes]:
    """Return the events as lines, each with its line feed."""
    lines: list[bytes] = []
    for event in events:
        prev = link(lines[-1][:-1]) if lines else ROOT
        lines.append(encode(event, prev, base_of(events[0].stamp) if lines else None))
    return lines


EVENTS = told(30)
LINES = chained(EVENTS)
HEAD = link(LINES[-1][:-1])


@pytest.fixture
def journal(tmp_path: Path) -> Callable[[list[bytes]], Path]:
    def write(lines: list[bytes]) -> Path:
        path = tmp_path / "journal.jsonl"
        path.write_bytes(b"".join(lines))
        return path

    return write


Journal = Callable[[list[bytes]], Path]


def problem_lines(path: Path, head: str | None = None) -> set[int]:
    report = verify(path, head)
    assert report.ok == (not report.problems)
    return {problem.line for problem in report.problems}


def test_a_whole_journal_is_in_order(journal: Journal) -> None:
    report = verify(journal(LINES))
    assert (report.ok, report.lines, report.head, report.problems) == (True, 30, HEAD, ())


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_is_found_with_its_line(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(LINES) - 2))
    line = bytearray(LINES[place])
    line[data.draw(st.integers(0, len(line) - 20))] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path_factory.mktemp("flip") / "journal.jsonl"
    path.write_bytes(b"".join([*LINES[:place], bytes(line), *LINES[place + 1 :]]))
    assert place + 1 in problem_lines(path)


def test_a_flipped_bit_in_the_last_line_takes_a_head_to_find(journal: Journal) -> None:
    path = journal([*LINES[:-1], LINES[-1].replace(b"mark 30", b"mark 31")])
    assert verify(path).ok
    assert problem_lines(path, HEAD) == {30}


CHANGED = {
    "taken out": ([*LINES[:9], *LINES[10:]], {9}),
    "put in twice": ([*LINES[:10], LINES[9], *LINES[10:]], {10, 11}),
    "put in from elsewhere": ([*LINES[:10], chained(told(40))[35], *LINES[10:]], {10, 11, 12}),
    "two in another order": ([*LINES[:9], LINES[10], LINES[9], *LINES[11:]], {9, 10, 11}),
    "first taken out": (LINES[1:], {1}),
    "all of another beginning": ([*LINES[:5], *chained(told(30)[1:])[4:]], {5}),
    "an empty line": ([*LINES[:9], b"\n", *LINES[9:]], {9, 10}),
    "no fact": ([*LINES[:9], b"hello\n", *LINES[9:]], {9, 10}),
    "empty": ([], {1}),
    "torn": ([*LINES[:9], LINES[9][:-5]], {10}),
    "nothing but torn": ([LINES[0][:-1]], {1}),
}


@pytest.mark.parametrize(("lines", "where"), CHANGED.values(), ids=CHANGED.keys())
def test_what_was_changed_is_found_where_it_was(lines: list[bytes], where: set[int], journal: Journal) -> None:
    assert problem_lines(journal(lines)) == where


@pytest.mark.parametrize("lines", [lines for lines, _ in CHANGED.values()], ids=CHANGED.keys())
def test_what_was_changed_opens_as_far_as_it_can_be_read(lines: list[bytes], journal: Journal) -> None:
    path = journal(lines)
    readable = list(read(path))
    if not readable or not isinstance(readable[0].body, Opened):
        with pytest.raises(SessionError):
            Timeline(path)
        return
    assert Timeline(path).session_after(10**9) == fold(readable)


def test_a_rewritten_journal_takes_a_head_to_find(journal: Journal) -> None:
    rewritten = chained([*EVENTS[:10], *told(31)[11:]])
    assert verify(journal(rewritten)).ok
    assert problem_lines(journal(rewritten), HEAD) == {len(rewritten)}


def test_a_journal_cut_short_takes_a_head_to_find(journal: Journal) -> None:
    assert verify(journal(LINES[:20])).ok
    assert problem_lines(journal(LINES[:20]), HEAD) == {20}


def test_a_head_noted_before_the_end_covers_what_came_before_it(journal: Journal) -> None:
    report = verify(journal(LINES), link(LINES[11][:-1]))
    assert report.ok
    assert report.noted == 12


def test_an_invalid_head_is_refused(journal: Journal) -> None:
    (problem,) = verify(journal(LINES), "9f3c").problems
    assert "16 characters" in problem.what


def test_numbers_that_go_back_are_found_even_in_a_right_chain(journal: Journal) -> None:
    assert problem_lines(journal(chained([*EVENTS[:9], EVENTS[10], EVENTS[9]]))) == {11}


def test_numbers_may_be_left_out_by_what_could_not_be_written(journal: Journal) -> None:
    assert verify(journal(chained([*EVENTS[:9], *EVENTS[15:]]))).ok


def test_a_known_fact_that_does_not_say_what_it_has_to_is_found(journal: Journal) -> None:
    assert problem_lines(journal([*LINES[:-1], LINES[-1].replace(b'"done"', b'"said"')])) == {30}


def test_a_journal_that_does_not_open_a_session_is_found(journal: Journal) -> None:
    assert problem_lines(journal(chained(EVENTS[3:]))) == {1}


def test_a_journal_of_a_later_version_may_say_more(journal: Journal) -> None:
    opened = decode(LINES[0][:-1])
    assert isinstance(opened.body, Opened)
    first = LINES[0].replace(b'"schema":3', b'"schema":3,"minor":%d' % (MINOR + 1))
    later = b'[2,0.5,0,"ItemMarked",{"mark":"override"},"%s"]\n' % link(first[:-1]).encode()
    assert verify(journal([first, later])).ok


def test_very_many_problems_are_counted(journal: Journal) -> None:
    report = verify(journal([b"x\n"] * (MAX_PROBLEMS + 5)))
    assert report.problem_count > MAX_PROBLEMS
    assert len(report.problems) == MAX_PROBLEMS


def test_what_is_not_there_cannot_be_checked(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="no such file"):
        verify(tmp_path / "journal.jsonl")


@pytest.mark.parametrize("start", ["-", "_", "A"])
def test_verify_takes_each_head_that_it_prints(
    journal: Journal, capsys: pytest.CaptureFixture[str], start: str
) -> None:
    noted = (Event(len(LINES) + 1, EVENTS[-1].stamp, Noted(f"note {number}", "ana")) for number in range(10_000))
    lines = (encode(event, HEAD, base_of(EVENTS[0].stamp)) for event in noted)
    last = next(line for line in lines if link(line[:-1]).startswith(start))
    path = journal([*LINES, last])
    assert main(["verify", str(path)]) == 0
    head = capsys.readouterr().out.partition("head ")[2].split(",")[0]
    assert head.startswith(start)
    assert main(["verify", str(path), "--head", head]) == 0
    assert main(["verify", str(journal(LINES)), "--head", head]) == 1
