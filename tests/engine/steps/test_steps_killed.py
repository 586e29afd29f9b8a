"""kill -9 at each kind of step, and resume: no step runs twice, and none is shown done that was not."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.evolve import fold
from mmcockpit.journal.reader import read
from tests.engine.engine_run import Watcher, running
from tests.engine.step_run import one, until
from tests.engine.steps.killed_session import REACHED
from tests.programs.forked import Program


def killed(kind: str, journal: Path, flag: Path) -> None:
    """Run a session until it is at a kind of step, and kill it there."""
    argv = [sys.executable, "-m", "tests.engine.steps.killed_session", kind, str(journal), str(flag)]
    with Program(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().strip() == REACHED
        finally:
            process.kill()


def changes(journal: Path, name: str) -> list[StepState]:
    bodies = [event.body for event in read(journal)]
    return [body.now for body in bodies if isinstance(body, facts.StepChanged) and body.step == name]


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    return tmp_path / "flag"


def test_a_wait_continues_and_ends_once(journal: Path, flag: Path) -> None:
    killed("waiting", journal, flag)
    with running(journal) as (engine, screen):
        polled(screen)
        assert one(screen.session, "pause").state is StepState.WAITING
        flag.touch()
        assert until(screen, "pause", StepState.OK).by == "ana"
    assert changes(journal, "pause") == [StepState.WAITING, StepState.OK]
    assert fold(read(journal)) == engine.session


def polled(screen: Watcher) -> None:
    screen.until(lambda session: session.signals["there"].asked_at is not None, "its signal was polled again")


def test_a_question_is_still_open_and_answered_once(journal: Path, flag: Path) -> None:
    killed("asking", journal, flag)
    with running(journal) as (_, screen):
        polled(screen)
        assert one(screen.session, "ask").state is StepState.READY
        assert one(screen.session, "use").state is StepState.PENDING
        assert screen.session.procedures["back"].values == {}
        screen.do(commands.AnswerStep("ana", "back", "ask", "OPS-17"))
        until(screen, "ask", StepState.OK)
        screen.do(commands.AnswerStep("ana", "back", "ask", "OPS-18"))
        screen.until(lambda _: any(isinstance(event.body, facts.Refused) for event in screen.events), "it is refused")
        assert screen.session.procedures["back"].values == {"ticket": "OPS-17"}
    assert changes(journal, "ask") == [StepState.OK]


@pytest.fixture
def members(journal: Path) -> Iterator[list[int]]:
    """End the processes that the killed session leaves running."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        os.kill(pid, 9)


def test_each_member_of_a_group_has_an_unknown_outcome(journal: Path, flag: Path, members: list[int]) -> None:
    killed("parallel", journal, flag)
    members += [event.body.pid for event in read(journal) if isinstance(event.body, facts.StepProcess)]
    with running(journal) as (_, screen):
        for name in ("left", "right"):
            screen.until(lambda session, name=name: one(session, name).lingers, f"{name} was looked for")  # type: ignore[misc]
            assert one(screen.session, name).state is StepState.UNKNOWN
        left = one(screen.session, "left")
        screen.do(commands.RunStep("ana", "back", "left", left.argv))
        screen.until(lambda _: any(isinstance(event.body, facts.Refused) for event in screen.events), "it is refused")
        assert one(screen.session, "use").state is StepState.PENDING
        screen.do(commands.SettleStep("ana", "back", "left", True, "it did its work"))
        until(screen, "left", StepState.OK)
        assert one(screen.session, "use").state is StepState.PENDING, "the group is not over"
    assert changes(journal, "left") == [StepState.RUNNING, StepState.OK]
    assert changes(journal, "right") == [StepState.RUNNING]
    assert len(members) == 2


def test_a_retry_does_not_start_by_itself(journal: Path, flag: Path) -> None:
    killed("retrying", journal, flag)
    with running(journal) as (_, screen):
        polled(screen)
        run = one(screen.session, "flaky")
        assert (run.state, run.because) == (StepState.FAILED, "the cockpit ended before attempt 2")
    assert changes(journal, "flaky") == [StepState.RUNNING, StepState.RETRYING]
    assert flag.read_text() == "x"
