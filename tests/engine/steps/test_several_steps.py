"""Several commands at once, and commands that are started again after they failed."""

from functools import partial
from pathlib import Path

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.rejudge import rejudge
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import Capture, StepRetry
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.session import Session
from mmcockpit.journal.reader import read
from tests.engine.engine_run import Watcher, running
from tests.engine.step_run import begin, lines, one, python, rollback, step, until

MEETS = """\
import pathlib, sys, time
mine, other = map(pathlib.Path, sys.argv[1:3])
mine.touch()
while not other.exists(): time.sleep(0.01)
for n in range(int(sys.argv[3])): print(mine.name, n)
"""
"""Ends only if another command that touches its file runs at the same time."""


def group(tmp_path: Path, count: int = 3) -> Cockpit:
    a, b = str(tmp_path / "left"), str(tmp_path / "right")
    return rollback(
        step("left", python(MEETS, a, b, str(count)), group="both", captures=(Capture("l", r"^left (1)$", "last"),)),
        step("right", python(MEETS, b, a, str(count)), group="both", captures=(Capture("r", r"^right (1)$", "last"),)),
        step("after", python("pass")),
    )


def starts(bodies: list[facts.AnyBody], name: str) -> list[facts.StepChanged]:
    changes = [body for body in bodies if isinstance(body, facts.StepChanged) and body.step == name]
    return [body for body in changes if body.now is StepState.RUNNING and body.argv]


def recorded(journal: Path) -> list[facts.AnyBody]:
    return [event.body for event in read(journal)]


def test_members_of_a_group_run_at_once_each_with_its_own_output(journal: Path, tmp_path: Path) -> None:
    with running(group(tmp_path), journal) as (engine, screen):
        begin(screen, "left")
        until(screen, "left", StepState.RUNNING)
        begin(screen, "after")
        begin(screen, "right")
        left, right = until(screen, "left", StepState.OK), until(screen, "right", StepState.OK)
        assert lines(left) == ["left 0", "left 1", "left 2"]
        assert lines(right) == ["right 0", "right 1", "right 2"]
        assert screen.session.procedures["back"].values == {"l": "1", "r": "1"}
        begin(screen, "after")
        screen.until(lambda session: session.procedures["back"].closed is not None, "the procedure is over")
    bodies = recorded(journal)
    assert [len(starts(bodies, name)) for name in ("left", "right", "after")] == [1, 1, 1]
    assert fold(read(journal)) == engine.session


def test_long_output_of_each_member_goes_into_a_file_of_its_own(journal: Path, tmp_path: Path) -> None:
    with running(group(tmp_path, 40_000), journal) as (_, screen):
        begin(screen, "left")
        until(screen, "left", StepState.RUNNING)
        begin(screen, "right")
        left, right = until(screen, "left", StepState.OK), until(screen, "right", StepState.OK)
    for name, run in (("left", left), ("right", right)):
        kept = (journal.parent / run.file).read_text().splitlines()
        assert kept == [f"{name} {n}" for n in range(40_000)]


def test_stopping_one_member_leaves_the_others(journal: Path, tmp_path: Path) -> None:
    never = python("import time; time.sleep(600)")
    told = rollback(step("left", never, group="both"), step("right", never, group="both"))
    with running(told, journal) as (_, screen):
        for name in ("left", "right"):
            begin(screen, name)
            screen.until(partial(has_process, name), f"{name} runs")
        screen.do(commands.StopStep("bo", "back", "left"))
        assert until(screen, "left", StepState.FAILED).because == "ended by bo"
        assert one(screen.session, "right").state is StepState.RUNNING
    bodies = recorded(journal)
    ended = [body for body in bodies if isinstance(body, facts.StepChanged) and body.exit is not None]
    assert [(body.step, body.now) for body in ended] == [("left", StepState.FAILED), ("right", StepState.UNKNOWN)]


def has_process(name: str, session: Session) -> bool:
    return "back" in session.procedures and one(session, name).process is not None


FAILS = """\
import pathlib, sys
file = pathlib.Path(sys.argv[1])
n = len(file.read_text()) + 1 if file.exists() else 1
file.write_text("x" * n)
sys.exit(f"failed {n}" if n < int(sys.argv[2]) else 0)
"""
"""Fails until it has been started this many times."""


def retried(tmp_path: Path, works_at: int, every: float = 0.2, times: int = 2) -> Cockpit:
    argv = python(FAILS, str(tmp_path / "count"), str(works_at))
    return rollback(step("flaky", argv, retry=StepRetry(times, every)), step("next", python("pass")))


def test_a_failed_command_starts_again_by_itself_with_a_fact_for_each_attempt(journal: Path, tmp_path: Path) -> None:
    with running(retried(tmp_path, works_at=3), journal) as (engine, screen):
        begin(screen, "flaky")
        run = until(screen, "flaky", StepState.OK)
        assert (run.attempt, run.exit) == (3, 0)
    began = starts(recorded(journal), "flaky")
    assert [(body.attempt, body.by) for body in began] == [(0, "ana"), (2, ""), (3, "")]
    assert len({body.argv for body in began}) == 1, "the same command, as confirmed"
    assert (tmp_path / "count").read_text() == "xxx"
    assert fold(read(journal)) == engine.session


def test_the_last_attempt_that_fails_is_the_end(journal: Path, tmp_path: Path) -> None:
    with running(retried(tmp_path, works_at=9), journal) as (_, screen):
        begin(screen, "flaky")
        run = until(screen, "flaky", StepState.FAILED)
        assert (run.attempt, run.because) == (3, "failed 3")
    assert (tmp_path / "count").read_text() == "xxx"
    changes = [body.now for body in recorded(journal) if isinstance(body, facts.StepChanged)]
    again, runs = StepState.RETRYING, StepState.RUNNING
    assert changes == [runs, again, runs, again, runs, StepState.FAILED]


def test_a_stopped_command_and_stopped_retries_do_not_start_again(journal: Path, tmp_path: Path) -> None:
    with running(retried(tmp_path, works_at=9, every=3600.0), journal) as (_, screen):
        begin(screen, "flaky")
        assert until(screen, "flaky", StepState.RETRYING).because == "failed 1"
        screen.do(commands.StopStep("bo", "back", "flaky"))
        assert until(screen, "flaky", StepState.FAILED).because == "retries stopped"
        begin(screen, "flaky")
        screen.until(lambda session: one(session, "flaky").because == "failed 2", "it was started anew")
        assert one(screen.session, "flaky").attempt == 1, "a new confirmation, new attempts"


def test_a_retry_whose_program_vanished_fails_before_it_starts(journal: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\nrm "$0"\nexit 1\n')
    program.chmod(0o700)
    with running(rollback(step("flaky", (str(program),), retry=StepRetry(2, 0.1))), journal) as (_, screen):
        begin(screen, "flaky")
        run = until(screen, "flaky", StepState.FAILED)
        assert run.because.startswith(f"Flaky was not started: {program}: no such file")
    assert len(starts(recorded(journal), "flaky")) == 1
    judged = fold(event for turn in rejudge(read(journal), lambda same: same) for event in turn.judged)
    assert one(judged, "flaky").state is StepState.FAILED, "rejudging keeps what was recorded about a missing program"


def test_while_a_retry_waits_nothing_else_runs_and_nothing_is_abandoned(journal: Path, tmp_path: Path) -> None:
    told = retried(tmp_path, works_at=9, every=3600.0)
    other = msgspec.structs.replace(told.checklist.procedures[0], id="other", title="Other")
    told = msgspec.structs.replace(
        told, checklist=msgspec.structs.replace(told.checklist, procedures=(*told.checklist.procedures, other))
    )
    with running(told, journal) as (_, screen):
        begin(screen, "flaky")
        argv = until(screen, "flaky", StepState.RETRYING).argv
        screen.do(commands.OpenProcedure("ana", "other"))
        screen.do(commands.RunStep("ana", "other", "flaky", argv))
        screen.do(commands.AbandonProcedure("ana", "back", "enough"))
        screen.until(lambda _: len(refused(screen)) == 2, "both are refused")
        assert refused(screen) == ["step_running", "step_running"]


def refused(screen: Watcher) -> list[str]:
    return [event.body.refusal.code for event in screen.events if isinstance(event.body, facts.Refused)]


def test_a_resumed_session_does_not_retry(journal: Path, tmp_path: Path) -> None:
    with running(retried(tmp_path, works_at=9, every=3600.0), journal) as (_, screen):
        begin(screen, "flaky")
        until(screen, "flaky", StepState.RETRYING)

    def settled(session: Session) -> bool:
        return "back" in session.procedures and one(session, "flaky").state is StepState.FAILED

    with running(journal) as (_, screen):
        screen.until(settled, "its retries have ended")
        assert one(screen.session, "flaky").because == "the cockpit ended before attempt 2"
    assert (tmp_path / "count").read_text() == "x"
