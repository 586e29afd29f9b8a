"""A session with one procedure whose steps run what a test chooses."""

import sys
from pathlib import Path
from typing import Any

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.checklist import Checklist, Item, Phase, Section
from mmcockpit.core.model.cockpit import Allowed, Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.procedure_runs import StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.step_command import resolved
from tests.engine.engine_run import Watcher
from tests.servers.wait import PATIENCE_S

PYTHON = sys.executable


def python(code: str, *words: str) -> tuple[str, ...]:
    """Return an argv that runs a piece of Python, unbuffered."""
    return (PYTHON, "-u", "-c", code, *words)


def step(name: str, argv: tuple[str, ...], **more: Any) -> Step:
    """Return a step with the timeout of a slow machine."""
    return Step(name, name.title(), argv=argv, **{"timeout": PATIENCE_S, **more})


def rollback(*steps: Step, flag: Path = Path("/nowhere"), allowed: bool = True, **more: Any) -> Cockpit:
    """Return a cockpit with the procedure `back`, and the signal `there`, which passes while the file `flag` exists."""
    items = (Item("p/s/audit", 1, "Audit"),)
    checklist = Checklist(
        "c", "C", (Phase("p", "P", (Section("s", "S", items),)),), procedures=(Procedure("back", "Back", steps),)
    )
    rule = Rule("value.exists")
    there = Signal("there", "There", "disk", "stat", {"path": str(flag)}, rule, every=0.05, timeout=PATIENCE_S)
    told = Cockpit("Test", "test", checklist, (there,), Layout("none", ()), (SourceSpec("disk", "file", budget=100.0),))
    return msgspec.structs.replace(told, allow=Allowed(procedures=allowed), **more)


def begin(screen: Watcher, name: str, *, typed: tuple[str, ...] = (), where: str = "") -> None:
    """Open the procedure if it is not, and run one step as a dialog would."""
    if "back" not in screen.session.procedures:
        screen.do(commands.OpenProcedure("ana", "back"))
        screen.until(lambda session: "back" in session.procedures, "the procedure is open")
    run, cluster_of = screen.session.procedures["back"], screen.session.cockpit.cluster_of
    argv, _ = resolved(one(screen.session, name).step, run.values, cluster_of)
    screen.do(commands.RunStep("ana", "back", name, argv, where, typed))


def one(session: Session, name: str) -> StepRun:
    """Return the state of a step."""
    return session.procedures["back"].steps[name]


def until(screen: Watcher, name: str, *states: StepState) -> StepRun:
    """Wait until a step is in one of the states."""
    screen.until(lambda session: one(session, name).state in states, f"{name} is {' or '.join(states)}")
    return one(screen.session, name)


def done(screen: Watcher, name: str) -> StepRun:
    """Run a step and wait until it has ended."""
    begin(screen, name)
    return until(screen, name, StepState.OK, StepState.FAILED, StepState.UNKNOWN)


def lines(run: StepRun) -> list[str]:
    """Return what a step printed, as the screen has it."""
    return [line for _, line in run.output]
