"""The engine as the driver of a shared session: who caused a fact, at most once, and no fact without its journal."""

from itertools import count
from typing import TypeVar

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.request import Request
from mmcockpit.core.driver import Receipt
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.refusal import Code
from mmcockpit.core.model.seat import Seat
from mmcockpit.engine.driver import MOST_REFUSALS, REFUSALS_S
from mmcockpit.engine.engine import Engine
from mmcockpit.engine.headless import NoJournal, opened
from tests.core.seats.shared import ANA, AUDIT, BO, CARLA, EVE, PAY, shared_cockpit
from tests.core.sessions import START

Kind = TypeVar("Kind", bound=facts.Body)


class HandClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> Stamp:
        return Stamp(self.at, START + self.at)

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


class Shelf(NoJournal):
    """A journal in memory, whose disk can be full."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.full = False

    def append(self, event: Event) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.events.append(event)


class Driven:
    """An engine whose loop does not run: requests are decided when the test sends them."""

    def __init__(self) -> None:
        self.clock, self.journal = HandClock(), Shelf()
        session = opened(shared_cockpit(), "ana", self.clock, map(facts.SeatJoined, (ANA, BO, EVE, CARLA)))
        self.engine = Engine(session, self.journal, self.clock, "ana")
        self.engine.driver.start_as(ANA, ())
        self.session = session
        self.ids = (f"{number:032x}" for number in count(1))

    def request(self, command: commands.AnyCommand) -> Request:
        return Request(next(self.ids), command, self.session.seq)

    def send(self, seat: Seat, command: commands.AnyCommand) -> Receipt:
        return self.engine.driver.receive(self.request(command), seat)

    def recorded(self, kind: type[Kind]) -> list[tuple[Event, Kind]]:
        """Return the facts of a kind in the journal."""
        return [(event, event.body) for event in self.journal.events if isinstance(event.body, kind)]

    def code(self, seat: Seat, command: commands.AnyCommand) -> Code | None:
        refusal = self.send(seat, command).refusal
        return refusal.code if refusal else None


@pytest.fixture
def driven() -> Driven:
    return Driven()


def test_a_fact_names_the_identity_and_the_command_that_it_results_from(driven: Driven) -> None:
    request = driven.request(commands.MarkItem("somebody else", AUDIT))
    receipt = driven.engine.driver.receive(request, BO)
    ((marked, body),) = driven.recorded(facts.ItemMarked)
    assert (marked.identity, marked.command_id, body.by) == ("unix:bo", request.id, "bo")
    assert receipt.refusal is None
    assert receipt.seq >= marked.seq


def test_what_follows_by_itself_names_no_command(driven: Driven) -> None:
    driven.send(BO, commands.MarkItem("", AUDIT))
    advised = driven.recorded(facts.Advised)
    assert advised
    assert {(event.identity, event.command_id) for event, _ in advised} == {("", "")}


def test_a_repeated_request_gets_the_number_of_its_first_fact_and_changes_nothing(driven: Driven) -> None:
    request = driven.request(commands.AddNote("", "once"))
    driven.engine.driver.receive(request, BO)
    before = list(driven.journal.events)
    receipt = driven.engine.driver.receive(request, BO)
    assert receipt.repeated
    assert driven.journal.events == before
    ((noted, _),) = driven.recorded(facts.Noted)
    assert receipt.seq == noted.seq


def test_a_repeated_request_that_was_refused_is_refused_again_for_the_same_reason(driven: Driven) -> None:
    request = driven.request(commands.OpenPoll(""))
    first, second = (driven.engine.driver.receive(request, BO) for _ in range(2))
    assert first.refusal is not None
    assert second == Receipt(second.seq, first.refusal, repeated=True)
    assert len(driven.recorded(facts.Refused)) == 1


def test_a_request_to_poll_now_is_recorded_so_that_a_repeated_one_polls_nothing(driven: Driven) -> None:
    request = driven.request(commands.SenseNow("", ("errors",)))
    assert not driven.engine.driver.receive(request, BO).repeated
    assert driven.engine.driver.receive(request, BO).repeated
    assert [body for _, body in driven.recorded(facts.EffectRequested)] == [
        facts.EffectRequested("poll errors now", "bo")
    ]


def test_the_id_of_another_identity_is_refused_and_its_fact_stays_the_only_one_with_it(driven: Driven) -> None:
    request = driven.request(commands.AddNote("", "mine"))
    driven.engine.driver.receive(request, BO)
    receipt = driven.engine.driver.receive(request, EVE)
    assert receipt.refusal is not None
    assert receipt.refusal.code is Code.ID_TAKEN
    named = [event for event in driven.journal.events if event.command_id == request.id]
    assert [event.identity for event in named] == ["unix:bo"]


def test_a_seat_cannot_fill_the_journal_with_refusals(driven: Driven) -> None:
    for _ in range(MOST_REFUSALS + 20):
        assert driven.code(CARLA, commands.AddNote("", "x")) is Code.VIEWER_ONLY
    assert len(driven.journal.events) == MOST_REFUSALS
    driven.clock.at += REFUSALS_S
    driven.send(CARLA, commands.AddNote("", "x"))
    assert len(driven.journal.events) == MOST_REFUSALS + 1


def test_a_viewer_cannot_start_the_lookup_of_a_baseline_or_accept_a_missing_record(driven: Driven) -> None:
    driven.journal.full = True
    driven.engine.publish(facts.Trouble("test", "the disk is full now"))
    assert driven.engine.record.failing
    assert driven.code(CARLA, commands.RecordBaseline("")) is Code.VIEWER_ONLY
    assert driven.code(BO, commands.AcceptUnrecorded("", "never mind")) is Code.CONTROLS_NEEDED
    assert not driven.engine.record.accepted


def test_what_the_journal_cannot_take_is_refused_to_the_seat(driven: Driven) -> None:
    driven.journal.full = True
    assert driven.code(BO, commands.AddNote("", "x")) is Code.NOT_RECORDING
    assert driven.session.items[PAY].notes == []


def test_a_driver_that_was_fenced_decides_nothing(driven: Driven) -> None:
    driven.engine.driver.fence("bo on edge-2")
    before = list(driven.journal.events)
    receipt = driven.send(ANA, commands.AddNote("", "x"))
    assert receipt.refusal is not None
    assert (receipt.refusal.code, receipt.refusal.by) == (Code.FENCED, "bo on edge-2")
    assert driven.journal.events == before


def test_the_term_of_the_driver_is_on_every_fact(driven: Driven) -> None:
    driven.engine.driver.share(epoch=3)
    driven.send(BO, commands.AddNote("", "x"))
    driven.engine.publish(facts.Trouble("test", "something"))
    assert {event.epoch for event in driven.journal.events} == {3}
    assert driven.session.epoch == 3


def test_the_driver_s_own_screen_may_name_a_witness_and_no_one_else(driven: Driven) -> None:
    driven.send(BO, commands.MarkItem("", PAY))
    witnessed = commands.MarkItem("eve", PAY, mark=facts.Mark.VERIFY, witnessed=True)
    driven.engine.driver.submitted(witnessed, driven.session.seq)
    driven.send(EVE, commands.MarkItem("ana", PAY, mark=facts.Mark.VERIFY, witnessed=True))
    verified = driven.recorded(facts.ItemMarked)[1:]
    assert [(body.by, body.witnessed) for _, body in verified] == [("eve", True), ("eve", False)]
