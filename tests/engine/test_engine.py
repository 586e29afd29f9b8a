"""The engine on a real server and a real journal."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from mmcockpit.core.decide.command import AddNote, EndSession, MarkItem, SenseNow
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.evolve import fold
from mmcockpit.journal.lock import Locked
from mmcockpit.journal.playback.replay import fold_journal
from mmcockpit.journal.reader import read
from mmcockpit.journal.verify import verify
from mmcockpit.simulator.servers.valkey import Valkey
from tests.engine.engine_run import cache_signal, cockpit, running
from tests.servers.wait import wait_until


def test_an_answer_becomes_a_verdict_an_item_and_a_line_of_the_journal(valkey: Valkey, journal: Path) -> None:
    with running(cockpit(valkey.url), journal) as (_, screen):
        screen.until(lambda session: session.items["p/s/clients"].state is State.GOOD, "the item follows its signal")
    kinds = [type(event.body) for event in read(journal)]
    assert kinds[0] is facts.Opened
    assert facts.Observed in kinds
    assert facts.ItemChanged in kinds
    assert verify(journal).ok


def test_live_equals_replay(valkey: Valkey, journal: Path) -> None:
    with running(cockpit(valkey.url), journal) as (engine, screen):
        screen.do(MarkItem("ana", "p/s/audit", "seen"))
        screen.do(AddNote("ana", "quiet"))
        screen.do(EndSession("ana", "done"))
        screen.until(lambda session: session.closed is not None, "the end is a fact")
    while engine.batch().events:
        pass
    assert fold(read(journal)) == engine.session


def test_a_session_without_a_working_source_continues(journal: Path) -> None:
    asked = cockpit("redis://127.0.0.1:1")
    phase = asked.checklist.phases[0]
    section = replace(phase.sections[0], items=phase.sections[0].items[:1])
    checklist = replace(asked.checklist, phases=(replace(phase, sections=(section,)),))
    with running(replace(asked, checklist=checklist, signals=(), sources=()), journal) as (engine, screen):
        screen.do(MarkItem("ana", "p/s/audit", "seen"))
        screen.until(lambda session: session.items["p/s/audit"].attested, "the mark is shown")
        marked = engine.pulse.at
        screen.until(lambda session: engine.pulse.at > marked + 1.5, "the engine is alive")
    assert not [event for event in read(journal) if isinstance(event.body, facts.Trouble)]


def test_a_mark_is_on_the_disk_before_it_is_shown(valkey: Valkey, journal: Path) -> None:
    with running(cockpit(valkey.url), journal) as (_, screen):
        screen.do(MarkItem("ana", "p/s/audit"))
        screen.until(lambda session: session.items["p/s/audit"].attested, "the mark is shown")
        marks = [event for event in read(journal) if isinstance(event.body, facts.ItemMarked)]
        assert [event.recorded for event in marks] == [True]


def test_a_server_that_dies_turns_its_signals_unknown_and_coming_back_is_seen_within_a_poll(
    tmp_path: Path, journal: Path
) -> None:
    # Only the first one finds the server back by itself: the interval of the others is ten minutes.
    signals = [cache_signal(f"clients_{number}", every=600.0 if number else 0.05) for number in range(6)]
    with Valkey(tmp_path / "valkey") as server, running(cockpit(server.url, *signals), journal) as (_, screen):
        names = [signal.name for signal in signals]

        def all_are(level: Level) -> bool:
            return all(screen.session.signals[name].verdict.level is level for name in names)

        screen.do(SenseNow("ana"))
        screen.until(lambda _: all_are(Level.PASS), "all pass")
        server.stop()
        screen.do(SenseNow("ana"))
        screen.until(lambda _: all_are(Level.UNKNOWN), "all are unknown")
        state = screen.session.signals[names[0]]
        assert state.fault is not None
        assert state.value["connected_clients"] >= 1, "the last reading stays"
        assert state.read_at is not None
        aged = screen.batch.now.at - state.read_at.at
        screen.until(lambda _: screen.batch.now.at - state.read_at.at > aged + 0.5, "its age rises")  # type: ignore[union-attr]
        server.start()
        screen.until(lambda _: all_are(Level.PASS), "the first good answer wakes the others, no key pressed")


def test_an_invalid_query_is_a_fault_and_the_others_continue(valkey: Valkey, journal: Path) -> None:
    told = cockpit(valkey.url, cache_signal("clients"), cache_signal("typo", args={"section": "no-such-section"}))
    with running(told, journal) as (_, screen):
        screen.until(lambda s: s.signals["clients"].verdict.level is Level.PASS, "the good one passes")
        screen.until(lambda s: s.signals["typo"].asked_at is not None, "the odd one was asked")
        assert screen.session.signals["typo"].verdict.level is Level.UNKNOWN


def test_a_killed_session_resumes_exactly_where_it_was(valkey: Valkey, journal: Path) -> None:
    with running(cockpit(valkey.url), journal) as (_, screen):
        screen.do(MarkItem("ana", "p/s/audit", "seen"))
        screen.do(AddNote("ana", "before", "p/s/audit"))
        screen.until(lambda session: bool(session.items["p/s/audit"].notes), "the note is shown")
    before = fold_journal(journal)
    with running(journal) as (_, screen):
        after = screen.session
        assert after.items["p/s/audit"].marked == before.items["p/s/audit"].marked
        assert after.items["p/s/audit"].notes == before.items["p/s/audit"].notes
        assert after.signals["clients"].value == before.signals["clients"].value
        screen.until(lambda s: s.signals["clients"].verdict.level is Level.PASS, "it is asked again")
    assert verify(journal).ok


def test_a_second_run_on_the_same_session_is_refused_with_who_holds_it(valkey: Valkey, journal: Path) -> None:
    with running(cockpit(valkey.url), journal), pytest.raises(Locked, match="ana on"), running(journal):
        pass


def test_asking_now_does_not_wait_for_the_interval(valkey: Valkey, journal: Path) -> None:
    with running(cockpit(valkey.url, cache_signal("slow", every=600.0)), journal) as (_, screen):
        screen.until(lambda s: s.signals["slow"].asked_at is not None, "it is asked at the start")
        first = screen.session.signals["slow"].asked_at
        screen.do(SenseNow("ana", ("slow",)))
        screen.until(lambda s: s.signals["slow"].asked_at != first, "it is asked again")


def test_a_screen_that_does_not_look_stops_nothing_and_catches_up(valkey: Valkey, journal: Path) -> None:
    quick = [cache_signal(f"quick_{number}", every=0.001) for number in range(3)]
    with running(cockpit(valkey.url, *quick), journal) as (engine, screen):
        engine._outbox.limit = 50
        seen = engine.session.seq
        wait_until(lambda: engine.session.seq > seen + 200, "the engine goes on")
        screen.until(lambda s: s.seq > seen + 200, "the screen starts again from the session")
        assert screen.session.signals.keys() == engine.session.signals.keys()


def test_what_an_abandoned_task_reports_after_the_end_is_not_of_the_session(valkey: Valkey, journal: Path) -> None:
    with running(cockpit(valkey.url), journal) as (engine, screen):
        screen.until(lambda s: s.signals["clients"].asked_at is not None, "the first reading")
    written = journal.read_bytes()
    engine.publish(facts.Trouble("engine", "an error that came with the end of the process"))
    assert (engine.record.complete, journal.read_bytes()) == (True, written)
