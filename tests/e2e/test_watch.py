"""Watching: what an observer sees of a driver that works, is killed, and is back; and what the journal records."""

import re
import signal
from pathlib import Path

from mmcockpit.core.facts.event import Event, Noted
from mmcockpit.journal.reader import read
from mmcockpit.journal.writer import Writer
from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place, answer, ended, in_order, leave, until
from tests.terminal import Terminal

WIDE = (120, 40)


def watching(place: Place, name: str, size: tuple[int, int] = WIDE) -> Terminal:
    return place.open("watch", "latest", "--operator", name, size=size)


def swell(path: Path) -> None:
    """Write so many remarks into a session without an operator that its journal is worth compressing."""
    last = list(read(path))[-1]
    writer = Writer.open(path, "ana")
    for seq in range(last.seq + 1, last.seq + 201):
        writer.append(Event(seq, last.stamp, Noted(f"{seq} " * 700, "ana")))
    writer.close()


def facts(place: Place, kind: str) -> list[str]:
    """Return the lines of the log about this kind of facts."""
    said = place.call("log", "latest").stdout.splitlines()
    return [found[1] for line in said if (found := re.search(rf"#\d+ {kind} +(.*)", line))]


def all_unknown(watcher: Terminal) -> None:
    """Wait until the signal is unknown, and nothing is shown to pass."""
    watcher.wait_for(r"\A(?![\s\S]*\[\+\])[\s\S]*\[\?\] clients")


def test_an_observer_follows_the_driver_and_both_see_each_other(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url), size=WIDE) as driver:
        driver.wait_for("20 Tracing")
        with watching(place, "bo", (80, 24)) as bo, watching(place, "cy") as cy:
            for watcher in (bo, cy):
                watcher.wait_for(r"^ LIVE TEST ")
                watcher.wait_for(r"\[\+\] clients")
            driver.wait_for(r"\+2 viewing")
            cy.wait_for(r"\+2 viewing")
            for one in (driver, bo, cy):
                in_order(one)
            driver.press("jj ")
            for watcher in (bo, cy):
                watcher.wait_for(r"\[x\] +1 Audit")
            bo.press("O")
            bo.wait_for("read-only session")
            bo.press("q")
            assert ended(bo) == 0
            driver.wait_for(r"\+1 viewing")
            cy.kill()
        until(driver, lambda: " viewing" not in driver.text(), "nobody watches")
        assert leave(driver) == 0
    assert len(facts(place, "observer")) == 4
    assert {fact.split(" (")[0] for fact in facts(place, "observer")} == {
        f"{name} {what}" for name in ("bo", "cy") for what in ("joined", "left")
    }
    assert not list(place.journal.parent.glob("*.observer.*"))
    assert place.call("verify").returncode == 0


def test_a_killed_driver_is_seen_to_be_gone_and_seen_to_come_back(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url), size=WIDE) as driver:
        driver.wait_for("20 Tracing")
        with watching(place, "bo") as watcher:
            watcher.wait_for(r"\[\+\] clients")
            driver.wait_for(r"\+1 viewing")
            driver.kill()
            watcher.wait_for(r"(?m)^ HOLD +no operator for")
            watcher.wait_for(r"no operator for [1-9]")
            all_unknown(watcher)
            with place.open("resume", size=WIDE) as again:
                again.wait_for("20 Tracing")
                until(watcher, lambda: "no operator for" not in watcher.text(), "the driver is back")
                watcher.wait_for("resumed +ana")
                watcher.wait_for(r"\[\+\] clients")
                again.wait_for(r"\+1 viewing")
                assert leave(again) == 0
            watcher.wait_for(r"(?m)^ HOLD +ana left")
            watcher.press("q")
            assert ended(watcher) == 0


def test_a_stopped_operator_process_does_not_count_as_an_operator(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url), size=WIDE) as driver:
        driver.wait_for("20 Tracing")
        with watching(place, "bo") as watcher:
            watcher.wait_for(r"\[\+\] clients")
            driver.process.send_signal(signal.SIGSTOP)
            try:
                watcher.wait_for("ENGINE STALLED")
                all_unknown(watcher)
            finally:
                driver.process.send_signal(signal.SIGCONT)
            until(watcher, lambda: "ENGINE STALLED" not in watcher.text(), "the driver goes on")
            watcher.wait_for(r"\[\+\] clients")


def test_an_ended_session_is_not_called_abandoned(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url), size=WIDE) as driver:
        driver.wait_for("20 Tracing")
        with watching(place, "bo") as watcher:
            watcher.wait_for(r"\[\+\] clients")
            driver.press(":end all is well")
            driver.wait_for("end all is well")
            answer(driver, "\r", "end all is well", 1.0)
            assert ended(driver) == 0
            watcher.wait_for(r"ENDED +all is well")
            watcher.wait_for(r"\[\?\] clients")
    with watching(place, "bo") as late:
        late.wait_for(r"ENDED +all is well")
        late.press("q")
        assert ended(late) == 0


def test_an_end_that_compresses_the_journal_is_seen_and_every_command_reads_it(place: Place, valkey: Valkey) -> None:
    with place.open("run", light(place, valkey.url), size=WIDE) as driver:
        driver.wait_for("20 Tracing")
        assert leave(driver) == 0
    swell(place.journal)
    with place.open("resume", size=WIDE) as driver:
        driver.wait_for("20 Tracing")
        with watching(place, "bo") as watcher:
            watcher.wait_for("20 Tracing")
            driver.press(":end all is well")
            driver.wait_for("end all is well")
            answer(driver, "\r", "end all is well", 1.0)
            assert ended(driver) == 0
            said = driver.text()
            watcher.wait_for("ENDED +all is well")
    assert "ended: all is well" in said
    (packed,) = place.folder.glob("state/mmcockpit/sessions/*/journal.jsonl.zst")
    assert place.journals == []
    assert facts(place, "closed")
    assert place.call("verify").returncode == 0
    assert place.call("report").returncode == 0
    assert "all is well" in place.call("sessions").stdout
    for command, shown in (("replay", "REPLAY"), ("watch", "ENDED +all is well")):
        with place.open(command, "latest", size=WIDE) as looking:
            looking.wait_for(shown)
            looking.press("q")
            assert ended(looking) == 0
    with place.open("resume", "--reopen", "go on", size=WIDE) as again:
        again.wait_for("20 Tracing")
        assert b"its journal is decompressed now" in again.output
        assert not packed.exists()
        assert leave(again) == 0
