"""What a hostile or another program sends to a driver: refused by its identity, its right, its form or its id."""

import os
import socket
import time
from asyncio import selector_events
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from mmcockpit.core.decide.command import AddNote, LeaveSession, MarkItem, RecordBaseline
from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts.event import ItemMarked, Noted, Trouble
from mmcockpit.core.feed import STALLED_AFTER
from mmcockpit.journal.reader import read
from mmcockpit.share.requests import UnreadableRequest, decode, encode
from mmcockpit.share.socket import connection
from mmcockpit.share.socket.address import beside
from mmcockpit.share.socket.frames import LARGEST_REQUEST
from mmcockpit.share.socket.messages import PROTOCOL, Ask, Leave, Outcome, Piece, Rejected, Welcome
from mmcockpit.share.socket.peer import Peer, login_of, peer_of
from mmcockpit.share.socket.server import MOST_SEATS
from tests.servers.wait import wait_until
from tests.share.socket.raw import RawSeat, raw_seat
from tests.share.socket.seats import Joined, driving, joined


def rejection(seat: RawSeat) -> str:
    """Return why the driver rejected a message."""
    rejected = seat.first(Rejected)
    assert isinstance(rejected, Rejected)
    return rejected.why


def test_another_version_is_rejected_in_one_line_that_names_both(journal: Path) -> None:
    with driving(journal) as engine, raw_seat(beside(journal)) as seat:
        seat.send_fields({"type": "Hello", "protocol": PROTOCOL + 1, "app": "9.0\x1b[2J", "later": [1, 2]})
        why = rejection(seat)
        assert (
            why == f"another version of the program (mmcockpit 9.0␛[2J, protocol 2); the driver has protocol {PROTOCOL}"
        )
        assert list(seat.messages()) == []
        assert engine.session.seats == {}


def test_what_is_read_before_the_peer_is_known_is_handled_once_it_is(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(peer: socket.socket) -> Peer:
        time.sleep(0.3)
        return peer_of(peer)

    monkeypatch.setattr(connection, "peer_of", slow)
    # As in Python 3.11.2, where a transport cannot be paused while its connection is made.
    monkeypatch.setattr(selector_events._SelectorSocketTransport, "pause_reading", lambda transport: None)  # type: ignore[attr-defined]
    monkeypatch.setattr(selector_events._SelectorSocketTransport, "resume_reading", lambda transport: None)  # type: ignore[attr-defined]
    with driving(journal) as engine, raw_seat(beside(journal)) as seat:
        seat.hello()
        assert isinstance(seat.first(Welcome), Welcome)
        assert not [event for event in engine.session.log if isinstance(event.body, Trouble)]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "Ask", "request": b"{}"},
        {"type": "Welcome", "session": "s", "number": 1},
        {"type": "Hello"},
        {"type": "Hello", "protocol": "1"},
        ["Hello", 1],
        "Hello",
        None,
    ],
)
def test_anything_but_hello_first_is_rejected_and_disconnected(journal: Path, message: object) -> None:
    with driving(journal), raw_seat(beside(journal)) as seat:
        seat.send_fields(message)
        assert rejection(seat)
        assert list(seat.messages()) == []


def test_an_oversized_frame_is_rejected_before_it_is_read(journal: Path) -> None:
    with driving(journal) as engine, raw_seat(beside(journal)) as seat:
        seat.hello()
        seat.first(Welcome)
        seat.connection.sendall((LARGEST_REQUEST + 1).to_bytes(4, "big"))
        assert f"at most {LARGEST_REQUEST} are allowed" in rejection(seat)
        engine.submit(AddNote("ana", "still here"))
        with joined(journal) as other:
            other.until(lambda one: any(isinstance(event.body, Noted) for event in one.session.log), "the note")


def test_a_seat_cannot_name_itself_nor_its_identity_role_or_term(journal: Path) -> None:
    with driving(journal), raw_seat(beside(journal)) as seat:
        forged = {"identity": "unix:bo", "person": "bo", "role": "database", "uid": 4711, "pid": 1, "right": "driver"}
        seat.send_fields({"type": "Hello", "protocol": PROTOCOL, **forged})
        welcome = seat.first(Welcome)
        assert isinstance(welcome, Welcome)
        assert (welcome.seat.identity, welcome.seat.person) == (f"unix:{login_of(os.geteuid())}", "ana")
        assert welcome.seat.process == os.getpid()
        written = msgspec.json.decode(encode(Request(uuid4().hex, MarkItem("bo", "p/s/audit"))))
        written.update(identity="unix:bo", by="bo", epoch=9, seat="x")
        seat.send(Ask(msgspec.json.encode(written)))
        seat.first(Outcome)
    (mark,) = [event for event in read(journal) if isinstance(event.body, ItemMarked)]
    assert (mark.body, mark.identity, mark.epoch) == (mark.body, f"unix:{login_of(os.geteuid())}", 0)
    assert isinstance(mark.body, ItemMarked)
    assert mark.body.by == "ana"


def test_a_request_is_decided_once_whoever_sends_it_again(journal: Path) -> None:
    request = Request(uuid4().hex, AddNote("x", "once"))
    with driving(journal):
        for repeated in (False, True, True):
            with raw_seat(beside(journal)) as seat:
                seat.hello(brief=True)
                seat.first(Welcome)
                seat.ask(request)
                outcome = seat.first(Outcome)
                assert isinstance(outcome, Outcome)
                assert (outcome.id, outcome.repeated, outcome.refusal) == (request.id, repeated, None)
    assert [event.command_id for event in read(journal) if isinstance(event.body, Noted)] == [request.id]


@pytest.mark.parametrize("kind", ["OpenGate", "EndSession"])
@pytest.mark.parametrize("identifier", ["", "x" * 32, "A" * 32, "../../etc"])
def test_unknown_commands_and_invalid_ids_are_refused(kind: str, identifier: str) -> None:
    written = {"version": 1, "id": identifier, "kind": kind, "fields": {"by": "ana", "outcome": "over"}}
    with pytest.raises(UnreadableRequest):
        decode(msgspec.json.encode(written))


def test_commands_of_another_version_and_unknown_fields_are_refused() -> None:
    written = msgspec.json.decode(encode(Request(uuid4().hex, AddNote("ana", "hello"))))
    with pytest.raises(UnreadableRequest, match="version 2; this driver accepts version 1"):
        decode(msgspec.json.encode({**written, "version": 2}))
    with pytest.raises(UnreadableRequest, match="unknown field 'later'"):
        decode(msgspec.json.encode({**written, "fields": {**written["fields"], "later": 1}}))
    assert decode(encode(Request(written["id"], AddNote("ana", "hello")))).command == AddNote("ana", "hello")


def test_text_is_cleaned_and_only_an_engine_looks_up_the_past() -> None:
    request = Request(uuid4().hex, RecordBaseline("ana", {"p95": 1.0}, "\x1b[2J‮why", {"p95": (1.0,)}, True), 7)
    assert decode(encode(request)).command == RecordBaseline("ana", {"p95": 1.0}, "␛[2Jwhy")


def test_a_seat_cannot_make_the_driver_leave(journal: Path) -> None:
    with driving(journal) as engine, raw_seat(beside(journal)) as seat:
        seat.hello()
        seat.first(Welcome)
        seat.ask(Request(uuid4().hex, LeaveSession("ana")))
        assert "only the driver leaves the session" in rejection(seat)
        seat.send(Leave())
        assert list(seat.messages()) == [] or seat.closed
        assert engine.session.operators == ["ana"]


def test_a_flood_of_commands_is_bounded_and_the_others_are_served(journal: Path) -> None:
    with driving(journal) as engine, raw_seat(beside(journal)) as seat, joined(journal) as other:
        seat.hello(brief=True)
        seat.first(Welcome)
        # All at once: a slow machine would spread them over several seconds.
        seat.ask(*(Request(uuid4().hex, AddNote("x", f"flood {number}")) for number in range(60)))
        assert "more than 20 commands in a second" in rejection(seat)
        other.do(AddNote("ana", "still served"))
        other.until(lambda one: any(event.body == Noted("still served", "ana") for event in one.events), "the note")
        assert len([event for event in engine.session.log if isinstance(event.body, Noted)]) < 60


def test_a_seat_that_takes_nothing_delays_no_other_and_reads_on_later(journal: Path) -> None:
    with driving(journal) as engine, raw_seat(beside(journal)) as stuck, joined(journal) as other:
        stuck.hello()
        for number in range(300):
            engine.submit(AddNote("ana", f"{number} " + "x" * 4_000))
        other.until(lambda one: sum(isinstance(event.body, Noted) for event in one.events) == 300, "all notes")
        # Once it takes them again, it gets every line, in order.
        wanted, lines = journal.stat().st_size, b""
        for message in stuck.messages():
            lines += message.lines if isinstance(message, Piece) else b""
            if len(lines) >= wanted:
                break
        assert lines[:wanted] == journal.read_bytes()[:wanted]


def test_connections_above_the_limit_are_closed_unread_and_seats_stay(journal: Path) -> None:
    with driving(journal) as engine, joined(journal) as seat, ExitStack() as open_ones:
        silent = [open_ones.enter_context(raw_seat(beside(journal))) for _ in range(MOST_SEATS - 1)]
        wait_until(lambda: len(engine.session.seats) == 2, "the seat")
        with raw_seat(beside(journal)) as refused:
            assert list(refused.messages()) == []
        silent.pop().connection.close()
        engine.submit(AddNote("ana", "still served"))
        seat.until(lambda one: any(isinstance(event.body, Noted) for event in one.events), "the note")
        wait_until(lambda: _accepted(journal), "there is room again")


def _accepted(journal: Path) -> bool:
    with raw_seat(beside(journal)) as seat:
        try:
            seat.hello(brief=True)
        except BrokenPipeError:
            return False
        return any(isinstance(message, Welcome) for message in islice(seat.messages(), 1))


def test_a_seat_sees_that_the_engine_has_stopped_though_the_socket_is_served(journal: Path) -> None:
    with driving(journal) as engine, joined(journal) as seat:
        seat.until(lambda one: one.link.sign is not None, "a sign of life")
        engine.look = lambda: [1 // 0]  # type: ignore[list-item]
        seat.until(lambda one: silent_s(one) > STALLED_AFTER, "the heartbeat of the engine is old")
        assert seat.batch.gone is None


def silent_s(seat: Joined) -> float:
    return seat.batch.now.at - (seat.batch.pulse or seat.batch.now).at
