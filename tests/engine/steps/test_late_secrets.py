"""A step that starts before a secret's program has printed: its command waits, or its output is not shown."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Noted, StepProcess
from mmcockpit.core.model.cockpit import Cockpit, Share, SourceSpec
from mmcockpit.core.model.procedure import Capture
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import StepState
from mmcockpit.engine.children.output import WITHHELD
from mmcockpit.sources.common import secret_commands
from tests.engine.engine_run import Watcher, running
from tests.engine.step_run import begin, done, lines, one, python, rollback, step, until
from tests.servers.wait import PATIENCE_S

CANARY = "s3cret-9f3acanary"


def late(folder: Path) -> Cockpit:
    """Return a cockpit whose secret comes from a pipe, and whose only step prints this secret."""
    os.mkfifo(folder / "vault")
    program = [sys.executable, "-I", "-c", f"print(open({str(folder / 'vault')!r}).read())"]
    api = SourceSpec("api", "http", {"url": "http://127.0.0.1:1", "token": {"command": program}})
    (folder / "leak").write_text(f"revision 7\ntoken {CANARY}\n")
    prints = python(f"print(open({str(folder / 'leak')!r}).read(), end='')")
    leak = step("leak", prints, captures=(Capture("revision", r"revision (\d+)", pick="first"),))
    return rollback(leak, sources=(api, SourceSpec("run", "command")))


@contextmanager
def waiting(screen: Watcher, folder: Path) -> Iterator[TextIO]:
    """Begin the step; yield what the secret's program reads, once it has begun: a pipe opens when it has a reader."""
    begin(screen, "leak")
    until(screen, "leak", StepState.RUNNING)
    with (folder / "vault").open("w") as vault:
        yield vault


@pytest.fixture
def slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the program all the time that this test needs."""
    monkeypatch.setattr(secret_commands, "WITHIN_S", PATIENCE_S)


@pytest.mark.usefixtures("slow_machine")
def test_a_command_waits_for_the_secret_and_prints_it_struck_out(journal: Path, tmp_path: Path) -> None:
    with running(late(tmp_path), journal) as (_, screen):
        with waiting(screen, tmp_path) as vault:
            assert not [event for event in screen.events if isinstance(event.body, StepProcess)]
            vault.write(CANARY)
        leak = until(screen, "leak", StepState.OK)
        assert lines(leak) == ["revision 7", "token •••"]
    assert CANARY not in journal.read_text(encoding="utf-8")


@pytest.mark.usefixtures("slow_machine")
def test_a_step_that_is_ended_while_it_waits_runs_nothing(journal: Path, tmp_path: Path) -> None:
    with running(late(tmp_path), journal) as (_, screen):
        with waiting(screen, tmp_path) as vault:
            screen.do(commands.StopStep("ana", "back", "leak"))
            screen.do(commands.AddNote("ana", "stopped"))
            screen.until(lambda _: any(isinstance(event.body, Noted) for event in screen.events), "the step was told")
            vault.write(CANARY)
        assert lines(until(screen, "leak", StepState.FAILED)) == []
        assert one(screen.session, "leak").because == "ended by ana"
        assert not [event for event in screen.events if isinstance(event.body, StepProcess)]


def test_the_password_of_the_shared_store_is_struck_out(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_CANARY", f"host=db user=ana password={CANARY}")
    share = Share(postgres={"env": "STORE_CANARY"})
    made = rollback(step("leak", python(f"print('PGPASSWORD', '{CANARY}')")), share=share)
    with running(made, journal) as (_, screen):
        assert lines(done(screen, "leak")) == ["PGPASSWORD •••"]


def test_output_is_not_shown_while_a_secret_is_unknown_but_the_step_runs(
    journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_commands, "WITHIN_S", 0.2)
    made = late(tmp_path)
    prints = {"argv": list(made.checklist.procedures[0].steps[0].argv)}
    polled = Signal("printed", "Printed", "run", "run", prints, Rule("value.exit == 0"), every=0.1)
    allowed = msgspec.structs.replace(made.allow, probe_commands=(sys.executable,))
    made = msgspec.structs.replace(made, signals=(*made.signals, polled), allow=allowed)
    with running(made, journal) as (_, screen):
        begin(screen, "leak")
        leak = until(screen, "leak", StepState.OK)
        why = f"{WITHHELD}: secret command {sys.executable}: did not end within 0.2s"
        assert (lines(leak), leak.file) == ([why], "")
        assert screen.session.procedures["back"].values == {"revision": "7"}
        withheld = Fault(FaultKind.CONFIGURATION, why)
        screen.until(lambda session: session.signals["printed"].fault == withheld, "the command was polled")
    assert CANARY not in journal.read_text(encoding="utf-8")
