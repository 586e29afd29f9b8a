"""Connections that break: a seat is back by number, and asks again with the same id, which is decided once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mmcockpit.cli.live import resume_session
from mmcockpit.cli.sharing.driver import share
from mmcockpit.core.decide.command import AddNote, MarkItem
from mmcockpit.core.facts.event import Noted, SeatJoined, SeatLeft
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.headless import started
from mmcockpit.journal.reader import read
from mmcockpit.journal.verify import verify
from mmcockpit.share.lines import JournalLines, lines_of
from mmcockpit.share.seat_feed import LineFold
from mmcockpit.share.socket import server
from mmcockpit.share.socket.address import beside
from mmcockpit.share.socket.link import JoinError
from tests.servers.wait import PATIENCE_S, wait_until
from tests.share.socket.relay import relayed
from tests.share.socket.seats import Joined, driving, joined, joined_at


def notes(path: Path) -> list[str]:
    """Return the texts of all notes of a journal."""
    return [event.body.text for event in read(path) if isinstance(event.body, Noted)]


def has_note(seat: Joined, text: str) -> bool:
    return any(isinstance(event.body, Noted) and event.body.text == text for event in seat.session.log)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the driver wait for seats whose connection broke for as long as this machine may need."""
    monkeypatch.setattr(server, "BACK_S", PATIENCE_S)


def until_same(seat: Joined, engine: Engine) -> None:
    """Wait until a seat has all facts, and compare its state with the driver's."""
    seat.until(lambda one: one.session.seq == engine.session.seq, "the seat has all facts")
    assert seat.session == engine.session


@pytest.mark.usefixtures("patient")
def test_a_command_whose_outcome_was_lost_is_sent_again_and_decided_once(journal: Path) -> None:
    with (
        driving(journal) as engine,
        relayed(journal.parent, beside(journal)) as relay,
        joined_at(relay.address) as seat,
    ):
        relay.holds_replies = True
        seat.do(AddNote("ana", "once"))
        wait_until(lambda: len(engine.session.command_ids) == 1, "the driver has decided it")
        (number,) = engine.session.command_ids
        assert not has_note(seat, "once")
        relay.cut()
        relay.holds_replies = False
        seat.until(lambda one: has_note(one, "once"), "the note arrives over the next connection")
        seat.until(lambda one: relay.requests.count(number.encode()) >= 1, "it was asked")
        until_same(seat, engine)
        assert not seat.notices
    assert notes(journal) == ["once"]


def test_a_command_that_never_arrived_is_sent_again_over_the_next_connection(journal: Path) -> None:
    with (
        driving(journal) as engine,
        relayed(journal.parent, beside(journal)) as relay,
        joined_at(relay.address) as seat,
    ):
        relay.cut()
        # The seat has not noticed yet that its connection is cut.
        seat.do(AddNote("ana", "late"))
        seat.until(lambda one: has_note(one, "late"), "the note")
        assert len(engine.session.command_ids) == 1
    assert notes(journal) == ["late"]


@pytest.mark.usefixtures("patient")
def test_a_seat_that_is_back_at_once_has_not_left(journal: Path) -> None:
    with (
        driving(journal) as engine,
        relayed(journal.parent, beside(journal)) as relay,
        joined_at(relay.address) as seat,
    ):
        for number in range(3):
            relay.cut()
            seat.until(lambda one: not one.link.connection and one.batch.gone is not None, "the connection is cut")
            seat.until(lambda one: bool(one.link.connection) and one.batch.gone is None, "the seat is back")
            engine.submit(AddNote("ana", str(number)))
            seat.until(lambda one, text=str(number): has_note(one, text), "the note")  # type: ignore[misc]
        until_same(seat, engine)
        kinds = [type(event.body) for event in seat.session.log]
        assert (kinds.count(SeatJoined), kinds.count(SeatLeft)) == (2, 0)


def test_without_a_driver_a_command_is_not_sent_and_the_person_reads_so(journal: Path) -> None:
    with driving(journal), relayed(journal.parent, beside(journal)) as relay, joined_at(relay.address) as seat:
        relay.close()
        seat.until(lambda one: one.batch.gone is not None, "the driver is gone")
        seat.do(AddNote("ana", "lost"))
        seat.look()
        assert seat.notices == ["not sent: no connection to the driver; try again once it is back"]
    assert notes(journal) == []


@contextmanager
def resumed(path: Path) -> Iterator[Engine]:
    engine = resume_session(path, "ana")
    assert share(engine, path) == ""
    with started(engine):
        yield engine


def test_a_seat_stays_while_the_driver_is_gone_and_follows_the_resumed_one(journal: Path) -> None:
    with driving(journal) as engine:
        seat_of = joined(journal)
        seat = seat_of.__enter__()
        engine.submit(AddNote("ana", "before"))
    seat.until(lambda one: has_note(one, "before") and one.batch.gone is not None, "the last fact, then no driver")
    with resumed(journal) as engine:
        engine.submit(AddNote("ana", "after"))
        seat.until(lambda one: has_note(one, "after") and one.batch.gone is None, "the resumed driver")
        seat.do(AddNote("ana", "from the seat"))
        seat.until(lambda one: has_note(one, "from the seat"), "its command is decided there")
        until_same(seat, engine)
        seat_of.__exit__(None, None, None)
    assert verify(journal).ok


def test_seats_follow_a_driver_whose_journal_was_moved_away_into_the_next_file(journal: Path) -> None:
    with driving(journal) as engine, joined(journal) as seat:
        engine.submit(AddNote("ana", "before"))
        seat.until(lambda one: has_note(one, "before"), "the note")
        journal.rename(journal.with_name("moved.jsonl"))
        wait_until(lambda: _noted_in_the_next_file(engine, journal), "the driver writes to the next file")
        seat.until(lambda one: has_note(one, "after"), "the note in the next file")
        assert seat.batch.lost == ""
        assert seat.session.items == engine.session.items
        with joined(journal) as late:
            assert has_note(late, "before")
            assert has_note(late, "after")
            late.do(AddNote("ana", "from the late seat"))
            seat.until(lambda one: has_note(one, "from the late seat"), "its note")


def _noted_in_the_next_file(engine: Engine, journal: Path) -> bool:
    engine.submit(AddNote("ana", "after"))
    return engine.record.path != journal and not engine.record.failing


def test_a_seat_reads_why_its_driver_cannot_record_and_that_its_mark_was_refused(journal: Path) -> None:
    with driving(journal) as engine, joined(journal) as seat:
        seat.until(lambda one: one.link.sign is not None, "a sign of life")
        # No next file can be made where a file has the place of the folder.
        journal.parent.rename(journal.parent.with_name("away"))
        journal.parent.write_text("")
        engine.submit(AddNote("ana", "lost"))
        seat.until(lambda one: bool(one.batch.not_recording), "why facts cannot be written")
        seat.do(MarkItem("ana", "p/s/audit"))
        seat.until(lambda one: bool(one.notices), "the refusal")
        assert seat.notices[0].startswith("not recording (not a directory)")
        assert seat.session.items["p/s/audit"].marked is None
        journal.parent.unlink()
        journal.parent.with_name("away").rename(journal.parent)


def test_joining_a_session_without_a_driver_names_what_is_missing(journal: Path) -> None:
    with driving(journal):
        pass
    with pytest.raises(JoinError, match="no driver listens here") as error, joined(journal):
        pass
    assert error.value.no_driver


def test_lines_that_do_not_continue_the_last_one_are_never_shown(journal: Path) -> None:
    with driving(journal) as engine:
        for text in ("one", "two", "three"):
            engine.submit(AddNote("ana", text))
    lines = journal.read_bytes().splitlines(keepends=True)
    whole = JournalLines(lambda: journal)
    fold = LineFold("s")
    assert (opening := whole.opening()) is not None
    whole.close()
    assert len(list(fold.events(lines_of(b"".join(lines[:2]))))) == 2
    fold.opened()
    assert list(fold.events(lines_of(b"".join(lines[:2])))) == []
    assert fold.lost == ""
    assert list(fold.events(lines_of(b"".join(lines[3:])))) == []
    assert "facts are missing or were changed" in fold.lost
    assert opening.data == b"".join(lines)
