"""Reading the lines of a journal by number, as the bytes that are in the file."""

from pathlib import Path

import pytest

from mmcockpit.core.facts.event import Event, Noted
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.carried import carry
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.journal.codec import ROOT, link
from mmcockpit.journal.files import parts
from mmcockpit.journal.verify import verify
from mmcockpit.journal.writer import Writer
from mmcockpit.share.lines import PIECE, JournalLines, Lines, lines_of
from tests.core.sessions import Story


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s1" / "journal.jsonl"


def written(path: Path, notes: int, length: int = 40, gap_at: int = 0) -> Session:
    """Write an opened session and notes; the number `gap_at` is missing, as after a disk that was full."""
    session = Session()
    story = Story()
    writer = Writer.create(path, "ana")
    for event in story.events:
        writer.append(event)
        evolve(session, event)
    first = session.seq + 1
    for number in range(first, first + notes):
        event = Event(number + (1 if gap_at and number >= gap_at else 0), story.now, Noted("x" * length, "ana"))
        writer.append(event)
        evolve(session, event)
    writer.close()
    return session


def all_of(lines: JournalLines, start: Lines | None) -> list[Lines]:
    """Read on from some lines to the end."""
    found = []
    while start is not None:
        found.append(start)
        start = lines.after(start.last)
    return found


def test_all_pieces_together_are_the_bytes_of_the_file(path: Path) -> None:
    session = written(path, 2_000, 500)
    lines = JournalLines(lambda: path)
    pieces = all_of(lines, lines.opening())
    assert b"".join(each.data for each in pieces) == path.read_bytes()
    assert len(pieces) > 3
    assert pieces[-1].last == session.seq
    assert pieces[-1].head == verify(path).head
    assert [each.prev for each in pieces] == [ROOT, *(each.head for each in pieces[:-1])]
    lines.close()


@pytest.mark.parametrize("gap_at", [0, 700])
def test_every_number_is_found_without_reading_on_from_another(path: Path, gap_at: int) -> None:
    session = written(path, 1_000, 300, gap_at)
    stored = path.read_bytes().split(b"\n")[:-1]
    for number in (0, 1, 2, 3, 350, 698, 699, 700, 701, session.seq - 1):
        lines = JournalLines(lambda: path)
        found = lines.after(number)
        assert found is not None
        first = next(line for line in stored if int(line[1:].split(b",")[0]) > number)
        assert found.data.startswith(first + b"\n"), number
        assert found.first > number
        lines.close()
    lines = JournalLines(lambda: path)
    assert lines.after(session.seq) is None
    assert lines.after(session.seq + 100) is None
    lines.close()


def test_a_line_longer_than_a_piece_comes_whole(path: Path) -> None:
    session = written(path, 3, PIECE * 2)
    lines = JournalLines(lambda: path)
    pieces = all_of(lines, lines.opening())
    assert b"".join(each.data for each in pieces) == path.read_bytes()
    assert pieces[-1].last == session.seq
    lines.close()


def test_a_torn_last_line_is_not_read_until_it_is_whole(path: Path) -> None:
    session = written(path, 2)
    lines = JournalLines(lambda: path)
    with path.open("ab") as file:
        file.write(b"[99,1.0,0,")
        file.flush()
        assert lines.after(session.seq) is None
        file.write(b'"Noted",{},"x"]\n')
    found = lines.after(session.seq)
    assert found is not None
    assert (found.first, found.last) == (99, 99)
    lines.close()


def test_lines_continue_in_the_next_file_of_the_session(path: Path) -> None:
    session = written(path, 5)
    current = [path]
    lines = JournalLines(lambda: current[0])
    assert lines.after(session.seq) is None
    writer = Writer.open(path, "ana")
    opening = carry(session)
    assert opening is not None
    path.rename(path.with_name("moved"))
    writer.lost = "was moved"
    after = writer.successor(Event(session.seq + 1, Stamp(99.0, 99.0), opening))
    current[0] = after.path
    after.close()
    path.with_name("moved").rename(path)
    found = lines.after(session.seq)
    assert found is not None
    assert found.opens
    assert (found.first, found.data) == (session.seq + 1, parts(path)[1].read_bytes())
    earlier = JournalLines(lambda: current[0])
    assert b"".join(each.data for each in all_of(earlier, earlier.after(0))) == b"".join(
        each.read_bytes() for each in parts(path)
    )
    assert (opened := earlier.opening()) is not None
    assert opened.first == session.seq + 1
    lines.close()
    earlier.close()


def test_received_bytes_that_are_no_lines_are_refused() -> None:
    with pytest.raises(ValueError, match="not lines of a journal"):
        lines_of(b"hello\n")
    assert lines_of(b'[7,1.0,0,"Noted",{},"x"]\n').head == link(b'[7,1.0,0,"Noted",{},"x"]')
