"""What happens while the journal cannot be written."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mmcockpit.core import event as facts
from mmcockpit.core.command import AcceptUnrecorded, MarkItem
from mmcockpit.core.evolve import fold
from mmcockpit.journal.reader import read
from mmcockpit.journal.verify import verify
from mmcockpit.simulator.servers.valkey import Valkey
from tests.engine.running import cockpit, running

AUDIT = "p/s/audit"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "20261206T020000Z-test-0000" / "journal.jsonl"


@contextmanager
def full_disk(journal: Path) -> Iterator[None]:
    """Let this process write no file beyond the journal's size: EFBIG, as a quota says it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_mark_that_cannot_be_written_is_refused_until_somebody_accepts_that(valkey: Valkey, journal: Path) -> None:
    with running(cockpit(valkey.url), journal) as (engine, screen):
        with full_disk(journal):
            screen.until(lambda _: bool(screen.batch.not_recording), "NOT RECORDING")
            asked = screen.session.signals["clients"].asked_at
            screen.until(lambda s: s.signals["clients"].asked_at != asked, "readings are still shown")
            screen.do(MarkItem("ana", AUDIT))
            screen.until(lambda _: refusals(screen.events) != [], "the mark is refused")
            assert "file too large" in refusals(screen.events)[0]
            assert ":accept" in refusals(screen.events)[0]
            assert not screen.session.items[AUDIT].attested

            screen.do(AcceptUnrecorded("ana", "the disk is being freed"))
            screen.do(MarkItem("ana", AUDIT, "seen"))
            screen.until(lambda s: s.items[AUDIT].attested, "now the mark is taken")
            unrecorded = [event for event in screen.events if isinstance(event.body, facts.ItemMarked)]
            assert [event.recorded for event in unrecorded] == [False]
            assert not [event for event in read(journal) if isinstance(event.body, facts.ItemMarked)]
        screen.until(lambda _: not screen.batch.not_recording, "writing works again")
        assert engine.session.items[AUDIT].attested
    assert verify(journal).ok
    events = list(read(journal))
    written = [type(event.body) for event in events if type(event.body) in (facts.Gap, facts.Noted, facts.ItemMarked)]
    assert written == [facts.Gap, facts.Noted, facts.ItemMarked]
    gap = next(event.body for event in events if isinstance(event.body, facts.Gap))
    assert gap.lost > 0
    assert fold(events).items[AUDIT].attested


def test_acceptance_ends_with_the_outage_it_was_given_for(valkey: Valkey, journal: Path) -> None:
    with running(cockpit(valkey.url), journal) as (engine, screen):
        with full_disk(journal):
            screen.until(lambda _: bool(screen.batch.not_recording), "NOT RECORDING")
            screen.do(AcceptUnrecorded("ana", "once"))
            screen.until(lambda _: engine.record.accepted, "it is accepted")
        screen.until(lambda _: not engine.record.accepted, "writing has worked for a while")
        with full_disk(journal):
            screen.until(lambda _: bool(screen.batch.not_recording), "NOT RECORDING again")
            screen.do(MarkItem("ana", AUDIT))
            screen.until(lambda _: refusals(screen.events) != [], "the mark is refused")


def refusals(events: list[facts.Event]) -> list[str]:
    return [event.body.because for event in events if isinstance(event.body, facts.Refused)]
