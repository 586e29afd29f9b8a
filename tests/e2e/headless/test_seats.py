"""Seats of a driver without a screen: they join, act, run steps, leave, and one with the controls ends it."""

import os
import signal
import sys
from pathlib import Path

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.states import StepState
from tests.e2e.headless.cockpits import cockpit
from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.procedures.steps import cockpit as cockpit_with_steps
from tests.e2e.procedures.steps import facts, of
from tests.e2e.pty_session import Place
from tests.servers.http import HttpServer
from tests.share.socket.seats import Joined, joined


@pytest.fixture
def journal(place: Place) -> Path:
    return place.folder / "state" / "mmcockpit" / "sessions" / "20260314T020000Z-shop-0001" / "journal.jsonl"


def takes_the_controls(seat: Joined, name: str) -> None:
    seat.do(commands.RequestControls(name))
    seat.until(lambda each: each.session.controls == name, "the first request gets the controls")


def test_it_outlives_the_last_seat_and_ends_when_one_with_the_controls_ends_it(
    place: Place, site: HttpServer, journal: Path
) -> None:
    unit = ["run", cockpit(place, site), "--headless", "--operator", "service", "--session", os.fspath(journal)]
    with HeadlessDriver(place, *unit) as driver:
        driver.says(r"advice    HOLD")
        with joined(journal) as seat:
            driver.says(r"joined    service joined as operator by socket")
            seat.do(commands.EndSession("service", "done"))
            driver.says(r"refused   service end: this needs the controls, which are free")
            seat.do(commands.AddNote("service", "a note of a seat"))
            driver.says(r"note      service: a note of a seat")
        driver.says(r"left      ")
        assert driver.process.poll() is None
        with joined(journal) as seat:
            takes_the_controls(seat, "service")
            driver.says(r"controls  service has the controls")
            seat.do(commands.EndSession("service", "rolled back"))
            assert driver.ends() == 0
    assert driver.errors == ""
    assert " ended     session 20260314T020000Z-shop-0001: rolled back; " in driver.lines[-1]
    assert place.call("verify").returncode == 0
    again = place.call(*unit)
    assert (again.returncode, again.stdout) == (1, "")
    assert "this session ended: rolled back" in again.stderr


def test_a_seat_runs_the_step_of_a_procedure_where_no_terminal_is(place: Place, journal: Path) -> None:
    step = {"title": "Undo", "command": [sys.executable, "-c", "print('undone')"], "danger": "changes"}
    file = cockpit_with_steps(place, step, allowed=True)
    unit = ["run", file, "--headless", "--operator", "service", "--session", os.fspath(journal)]
    with HeadlessDriver(place, *unit) as driver:
        driver.says(r"driving ")
        # A lost connection ends terminals, but there is none here.
        driver.process.send_signal(signal.SIGHUP)
        with joined(journal) as seat:
            takes_the_controls(seat, "service")
            (procedure,) = seat.session.cockpit.checklist.procedures
            seat.do(commands.OpenProcedure("service", procedure.id))
            seat.until(lambda each: procedure.id in each.session.procedures, "the procedure is open")
            (only,) = procedure.steps
            argv = seat.session.procedures[procedure.id].steps[only.id].step.argv
            seat.do(commands.RunStep("service", procedure.id, only.id, argv))
            driver.says(rf"step      .*{only.id} running by service")
            driver.says(rf"step      .*{only.id} (ok|done)")
            seat.until(
                lambda each: each.session.procedures[procedure.id].steps[only.id].state is StepState.OK,
                "the step is done",
            )
        assert driver.ends(signal.SIGTERM) == 0
    assert "undone" in "".join(body["text"] for body in of(facts(place), "StepOutput"))


def test_sigterm_ends_a_running_step_and_its_outcome_is_unknown(place: Place, journal: Path) -> None:
    code = "import time; print('begun', flush=True); time.sleep(600)"
    step = {"title": "Undo", "command": [sys.executable, "-c", code], "danger": "changes", "timeout": "600s"}
    file = cockpit_with_steps(place, step, allowed=True)
    with HeadlessDriver(place, "run", file, "--headless", "--session", os.fspath(journal)) as driver:
        driver.says(r"driving ")
        with joined(journal) as seat:
            takes_the_controls(seat, "ana")
            (procedure,) = seat.session.cockpit.checklist.procedures
            seat.do(commands.OpenProcedure("ana", procedure.id))
            (only,) = procedure.steps
            seat.until(lambda each: procedure.id in each.session.procedures, "the procedure is open")
            argv = seat.session.procedures[procedure.id].steps[only.id].step.argv
            seat.do(commands.RunStep("ana", procedure.id, only.id, argv))
            driver.says(rf"step      .*{only.id} running by ana")
        assert driver.ends(signal.SIGTERM) == 0
    assert [body["now"] for body in of(facts(place), "StepChanged")] == ["running", "outcome unknown"]
    assert "left: can be resumed" in place.call("sessions").stdout
