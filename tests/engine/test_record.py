"""What happens while the journal cannot be written."""

import os
import resource
import shutil
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from mmcockpit.cli.live import open_session
from mmcockpit.core.decide.command import AcceptUnrecorded, AddNote, MarkItem, OpenPhase
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import SessionMode
from mmcockpit.core.model.checklist import Item, Phase, Section
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.state.evolve import evolve, fold
from mmcockpit.core.words.describe import describe
from mmcockpit.engine.clock import SessionClock
from mmcockpit.journal import lock
from mmcockpit.journal.playback.replay import ReplayFeed, fold_journal
from mmcockpit.journal.playback.timeline import Timeline
from mmcockpit.journal.reader import read
from mmcockpit.journal.rescue import bring_back, origin
from mmcockpit.journal.rescue import rescued as rescue_files
from mmcockpit.journal.sessions import find
from mmcockpit.journal.verify import verify, verify_parts
from mmcockpit.journal.watch import WatchFeed
from mmcockpit.report.collect import collect
from mmcockpit.simulator.servers.valkey import Valkey
from tests.engine.engine_run import cockpit, running
from tests.servers.wait import wait_until

AUDIT = "p/s/audit"


@contextmanager
def full_disk(journal: Path) -> Iterator[None]:
    """Let this process write no file beyond the journal's size: EFBIG, as a quota does; caches no bytecode."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = bytecode


def with_a_later_phase(cockpit: Cockpit) -> Cockpit:
    later = Phase("later", "Later", (Section("s", "S", (Item("later/s/end", 9, "End"),)),))
    phases = (*cockpit.checklist.phases, later)
    return replace(cockpit, checklist=replace(cockpit.checklist, phases=phases))


def test_a_mark_that_cannot_be_written_is_refused_until_an_operator_accepts_that(valkey: Valkey, journal: Path) -> None:
    with running(with_a_later_phase(cockpit(valkey.url)), journal) as (engine, screen):
        with full_disk(journal):
            screen.until(lambda _: bool(screen.batch.not_recording), "NOT RECORDING")
            asked = screen.session.signals["clients"].asked_at
            screen.until(lambda s: s.signals["clients"].asked_at != asked, "readings are still shown")
            screen.do(MarkItem("ana", AUDIT))
            screen.until(lambda _: refusals(screen.events) != [], "the mark is refused")
            (refusal,) = refusals(screen.events)
            assert refusal.code is Code.NOT_RECORDING
            assert "file too large" in refusal.text
            assert not screen.session.items[AUDIT].attested

            screen.do(AcceptUnrecorded("ana", "the disk is being freed"))
            screen.do(MarkItem("ana", AUDIT, "seen"))
            screen.until(lambda s: s.items[AUDIT].attested, "now the mark is taken")
            unrecorded = [event for event in screen.events if isinstance(event.body, facts.ItemMarked)]
            assert [event.recorded for event in unrecorded] == [False]
            assert not [event for event in read(journal) if isinstance(event.body, facts.ItemMarked)]
            screen.do(OpenPhase("ana", "p", "known", override=True))
            screen.until(lambda _: len(refusals(screen.events)) > 1, "no gate opens without a record")
            assert refusals(screen.events)[1].code is Code.GATE_NOT_RECORDED
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


def refusals(events: list[facts.Event]) -> list[Refusal]:
    return [event.body.refusal for event in events if isinstance(event.body, facts.Refused)]


def truncated(journal: Path) -> None:
    os.truncate(journal, 0)


def moved(journal: Path) -> None:
    journal.rename(journal.with_name("moved"))


def replaced(journal: Path) -> None:
    journal.with_name("other").write_bytes(b"x" * journal.stat().st_size)
    journal.with_name("other").replace(journal)


def edited(journal: Path) -> None:
    with journal.open("r+b") as file:
        file.seek(400)
        file.write(b"#")
    os.utime(journal, (1, 1))


def folder_moved(journal: Path) -> None:
    journal.parent.rename(journal.parent.with_name("elsewhere"))


@pytest.mark.parametrize("harm", [truncated, moved, replaced, edited, folder_moved])
def test_a_journal_that_was_damaged_is_continued_in_another_one_with_everything(
    valkey: Valkey, journal: Path, harm: Callable[[Path], None]
) -> None:
    after = journal.with_name("journal.2.jsonl")
    with running(cockpit(valkey.url), journal) as (engine, screen):
        screen.until(lambda s: s.signals["clients"].asked_at is not None, "it is polled")
        screen.do(MarkItem("ana", AUDIT, "seen"))
        screen.until(lambda s: s.items[AUDIT].attested, "ticked")
        harm(journal)
        screen.until(lambda _: after.exists(), "another journal was begun")
        screen.until(lambda _: not screen.batch.not_recording, "it is recorded again")
        screen.until(lambda _: troubles(screen.events) != [], "the operator is told")
        assert "recording continues in a new journal" in troubles(screen.events)[0]
        screen.do(AddNote("ana", "afterwards"))
        screen.until(lambda s: any("afterwards" in str(event.body) for event in s.log), "noted")
        assert lock.holder(after) is not None
    (checked,) = [report for path, report in verify_parts(after) if path == after]
    assert checked.ok
    assert find(os.fspath(journal)) == after
    again = fold_journal(after)
    assert again.items[AUDIT].attested
    assert again == engine.session
    words = [describe(event.body) for event in read(after)]
    assert ("tick", "ana done: p/s/audit: seen") in words
    assert ReplayFeed(after, SessionClock()).drain().base is not None
    assert Timeline(after).session_after(10**9) == fold_journal(after)
    assert collect(after).session.items[AUDIT].attested
    with running(after) as (engine, _):
        assert engine.session.items[AUDIT].attested


def test_a_watcher_follows_a_session_into_its_next_journal(valkey: Valkey, journal: Path) -> None:
    with running(cockpit(valkey.url), journal) as (_, screen):
        screen.do(MarkItem("ana", AUDIT, "seen"))
        screen.until(lambda s: s.items[AUDIT].attested, "ticked")
        with closing(WatchFeed(journal, SessionClock())) as watched:
            session = watched.drain().base
            assert session is not None
            truncated(journal)
            screen.do(AddNote("ana", "refused or not"))

            def follows() -> bool:
                batch = watched.drain()
                for event in batch.events:
                    evolve(session, event)
                return not batch.lost and any(isinstance(event.body, facts.Trouble) for event in session.log)

            wait_until(follows, "the watcher sees what happened")
            assert session.items[AUDIT].attested
            assert watched.drain().gone is None


def test_what_was_accepted_while_nothing_could_be_written_is_saved_at_the_end(valkey: Valkey, journal: Path) -> None:
    before = os.environ.get("XDG_RUNTIME_DIR")
    with running(cockpit(valkey.url), journal) as (engine, screen):
        with full_disk(journal):
            screen.until(lambda _: bool(screen.batch.not_recording), "NOT RECORDING")
            screen.do(AcceptUnrecorded("ana", "the disk is being freed"))
            screen.do(MarkItem("ana", AUDIT, "seen"))
            screen.until(lambda s: s.items[AUDIT].attested, "the mark is taken")
            engine.stop()
        assert os.environ.get("XDG_RUNTIME_DIR") == before
    assert not engine.record.complete
    marks = [event.body for event in engine.record.unsaved if isinstance(event.body, facts.ItemMarked)]
    assert [mark.item for mark in marks] == [AUDIT], "this process can write no file at all: it is printed"


def test_a_rescue_file_is_a_journal_and_can_be_brought_back(valkey: Valkey, journal: Path, tmp_path: Path) -> None:
    with running(cockpit(valkey.url), journal) as (engine, screen):
        screen.until(lambda s: s.signals["clients"].asked_at is not None, "it is polled")
        journal.rename(tmp_path / "moved.jsonl")
        (tmp_path / "lock").write_bytes(b"")
        shutil.rmtree(journal.parent)
        journal.parent.write_text("in the way")
        screen.until(lambda _: bool(screen.batch.not_recording), "NOT RECORDING")
        screen.do(AcceptUnrecorded("ana", "no disk"))
        screen.do(MarkItem("ana", AUDIT, "seen"))
        screen.until(lambda s: s.items[AUDIT].attested, "the mark is taken")
    rescued = engine.record.rescued
    assert rescued is not None
    assert stat.S_IMODE(rescued.stat().st_mode) == 0o600
    assert verify(rescued).ok
    assert fold_journal(rescued).items[AUDIT].attested
    assert origin(rescued) == journal
    assert rescue_files(journal) == [rescued]
    assert rescue_files(tmp_path / "other" / "journal.jsonl") == []
    journal.parent.unlink()
    back = bring_back(rescued, journal)
    assert back == journal.with_name("journal.2.jsonl")
    assert not rescued.exists()
    with running(back) as (engine, _):
        assert engine.session.items[AUDIT].attested
    rescued.parent.rmdir()


def test_an_end_waits_for_a_slow_disk_and_shows_that(
    valkey: Valkey, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[float] = []
    with running(cockpit(valkey.url), journal) as (engine, screen):
        screen.until(lambda s: s.signals["clients"].asked_at is not None, "it is polled")
        real, slow = os.fsync, threading.Event()
        monkeypatch.setattr(os, "fsync", lambda descriptor: (slow.wait(60), real(descriptor))[1])
        monkeypatch.setattr("mmcockpit.engine.engine.STOP_S", 0.5)
        screen.do(AddNote("ana", "the last word"))
        wait_until(lambda: engine.record.busy, "the disk takes its time")

        def waiting(seconds: float) -> None:
            said.append(seconds)
            if len(said) > 2:
                slow.set()

        engine.stop(waiting)
    assert said
    assert any("the last word" in str(event.body) for event in read(journal))
    assert engine.record.complete
    assert engine.record.closed


def test_a_start_without_room_leaves_nothing_behind(valkey: Valkey, journal: Path) -> None:
    sessions = journal.parent.parent
    with running(cockpit(valkey.url), journal):
        pass
    later = sessions / "20261207T020000Z-test-0000" / "journal.jsonl"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(OSError, match=r"File too large|No space left"):
            open_session(cockpit(valkey.url), {}, "ana", SessionMode.LIVE, later)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not later.parent.exists()
    for content in (b"", b"\0" * 5_000, b"[1,0.0,17"):
        later.parent.mkdir(exist_ok=True)
        later.write_bytes(content)
        assert find("latest", sessions) == journal


def troubles(events: list[facts.Event]) -> list[str]:
    return [event.body.summary for event in events if isinstance(event.body, facts.Trouble)]
