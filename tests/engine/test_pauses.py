"""A process that was stopped, a machine that slept, a clock that was set: recorded, and no settle time is served."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from mmcockpit.core.facts.event import ClockJumped, Paused
from mmcockpit.core.model.checklist import Checklist, Hold, Item, Mode, Phase, Section
from mmcockpit.core.model.states import State
from mmcockpit.journal.reader import read
from mmcockpit.simulator.servers.valkey import Valkey
from tests.engine.engine_run import MovedClock, cache_signal, cockpit, running
from tests.servers.wait import PATIENCE_S, wait_until

DRIVER = """
import sys
from pathlib import Path
from mmcockpit.core.facts.event import SessionMode
from tests.engine.engine_run import cockpit, running
with running(cockpit(sys.argv[1]), Path(sys.argv[2])) as (_, watcher):
    watcher.until(lambda session: session.closed is not None, "ended from outside")
"""


def holding() -> tuple[Checklist, Item]:
    item = Item("p/s/soak", 1, "Soak", mode=Mode.SENSED, signal="clients", hold=Hold(40.0, 40.0))
    return Checklist("c", "C", (Phase("p", "P", (Section("s", "S", (item,)),)),)), item


def test_sleep_of_the_machine_counts_for_no_settle_time_and_is_reported(tmp_path: Path, valkey: Valkey) -> None:
    checklist, item = holding()
    told = msgspec.structs.replace(cockpit(valkey.url, cache_signal("clients")), checklist=checklist)
    clock = MovedClock()
    journal = tmp_path / "s" / "journal.jsonl"
    with running(told, journal, clock) as (_, watcher):
        watcher.until(lambda session: session.items[item.id].state is State.HOLDING, "settling")
        clock.slept = 55.0
        watcher.until(lambda session: bool(session.pauses), "the pause is recorded")
        asked = watcher.session.signals["clients"].asked_at
        assert asked is not None
        watcher.until(lambda session: (session.signals["clients"].asked_at or asked).at > asked.at + 1, "and polled on")
        assert watcher.session.items[item.id].state is State.HOLDING
        assert watcher.session.served(item) < 20
        clock.set_by = -3600.0
        watcher.until(
            lambda session: any(isinstance(one.body, ClockJumped) for one in session.log), "the clock was set"
        )
    paused = [event.body for event in read(journal) if isinstance(event.body, Paused)]
    # A busy machine may make a shorter pause of its own.
    assert [round(one.seconds / 10) for one in paused if one.seconds > 45] in ([5], [6])


def test_a_stopped_process_records_its_pause(tmp_path: Path, valkey: Valkey) -> None:
    journal = tmp_path / "s" / "journal.jsonl"
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, valkey.url, str(journal)], env=os.environ)
    try:
        wait_until(lambda: journal.exists() and journal.stat().st_size > 20_000, "polled for a while")
        driver.send_signal(signal.SIGSTOP)
        # Until all of its threads have stopped, one of them may still write.
        os.waitpid(driver.pid, os.WUNTRACED)
        stopped = journal.stat().st_size
        with subprocess.Popen([sys.executable, "-c", "import signal; signal.sigtimedwait([], 6)"]) as nap:
            nap.wait(PATIENCE_S)
        assert journal.stat().st_size == stopped
        driver.send_signal(signal.SIGCONT)

        def pauses() -> list[Paused]:
            return [event.body for event in read(journal) if isinstance(event.body, Paused)]

        # A busy machine may have made a shorter pause of its own.
        wait_until(lambda: any(5.0 <= one.seconds < 60.0 for one in pauses()), "the pause is recorded")
    finally:
        driver.kill()
        driver.wait(PATIENCE_S)
