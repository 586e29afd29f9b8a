"""Seats that join a driver over its socket: they see its facts, and their commands go through it."""

import os
import stat
from pathlib import Path

from mmcockpit.core.decide.command import AddNote, MarkItem
from mmcockpit.core.facts.event import Noted, SeatJoined, SeatLeft, State
from mmcockpit.core.model.seat import Right, Via
from mmcockpit.journal.reader import read
from mmcockpit.share.socket.address import beside
from mmcockpit.share.socket.peer import login_of
from tests.share.socket.seats import driving, joined

IDENTITY = f"unix:{login_of(os.geteuid())}"


def test_a_seat_sees_the_state_and_every_new_fact(journal: Path) -> None:
    with driving(journal) as engine:
        engine.submit(AddNote("ana", "before"))
        with joined(journal) as bo:
            assert [note.body for note in bo.session.log if isinstance(note.body, Noted)] == [Noted("before", "ana")]
            engine.submit(AddNote("ana", "after"))
            bo.until(lambda seat: any(event.body == Noted("after", "ana") for event in seat.events), "the note")
            bo.until(lambda seat: seat.session.seq == engine.session.seq, "all facts")
            assert bo.session == engine.session


def test_a_command_of_a_seat_is_a_fact_of_the_driver_with_its_identity_and_id(journal: Path) -> None:
    with driving(journal) as engine, joined(journal) as seat:
        seat.do(MarkItem("somebody", "p/s/audit"))
        assert seat.session.items["p/s/audit"].state is not State.DONE
        seat.until(lambda one: one.session.items["p/s/audit"].state is State.DONE, "the mark")
    event = next(event for event in read(journal) if event.command_id)
    assert (event.identity, len(event.command_id)) == (IDENTITY, 32)
    assert getattr(event.body, "by", "") == "ana"
    assert engine.session.command_ids[event.command_id].seq == event.seq


def test_a_session_without_seats_is_recorded_as_one_that_is_not_shared(journal: Path) -> None:
    with driving(journal) as engine:
        engine.submit(AddNote("ana", "alone"))
    for event in read(journal):
        assert (event.identity, event.command_id, event.epoch) == ("", "", 0)
        assert not isinstance(event.body, SeatJoined)


def test_joining_and_leaving_are_facts_that_name_the_process(journal: Path) -> None:
    with driving(journal) as engine:
        with joined(journal, view=True) as viewer:
            viewer.until(lambda seat: len(seat.session.seats) == 2, "both seats")
            own, other = viewer.session.seats.values()
            assert (own.via, own.right, own.person) == (Via.TERMINAL, Right.DRIVER, "ana")
            assert (other.via, other.right, other.process) == (Via.SOCKET, Right.VIEWER, os.getpid())
            assert other.identity == own.identity == IDENTITY
            assert viewer.link.same
            assert viewer.feed.commands is None
        with joined(journal) as seat:
            seat.until(
                lambda one: any(isinstance(event.body, SeatLeft) for event in one.session.log), "the viewer left"
            )
            assert engine.session.closed is None


def test_the_socket_is_private_and_gone_after_the_session(journal: Path) -> None:
    with driving(journal):
        assert stat.S_IMODE(beside(journal).stat().st_mode) == 0o600
    assert not beside(journal).exists()
