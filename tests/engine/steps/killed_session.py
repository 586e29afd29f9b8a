"""A session that stays at one kind of step, to be killed there; arguments: the kind, a journal, a file."""

import signal
import sys
from collections.abc import Callable
from pathlib import Path

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import StepQuestion, StepRetry, StepWait
from mmcockpit.core.model.states import StepState
from tests.engine.engine_run import Watcher, running
from tests.engine.step_run import begin, one, python, rollback, step, until

REACHED = "reached"
SLEEPS = python("import time; time.sleep(600)")


def waiting(flag: Path) -> Cockpit:
    return rollback(step("pause", (), wait=StepWait(until='signals.there.verdict == "pass"')), flag=flag)


def asking(flag: Path) -> Cockpit:
    return rollback(step("ask", (), ask=StepQuestion("ticket", pattern=r"OPS-\d+")), step("use", SLEEPS))


def parallel(flag: Path) -> Cockpit:
    return rollback(step("left", SLEEPS, group="both"), step("right", SLEEPS, group="both"), step("use", SLEEPS))


def retrying(flag: Path) -> Cockpit:
    counts = python("import sys; open(sys.argv[1], 'a').write('x'); sys.exit('failed')", str(flag))
    return rollback(step("flaky", counts, retry=StepRetry(3, 3600.0)))


def _reach_waiting(screen: Watcher) -> None:
    begin(screen, "pause")
    until(screen, "pause", StepState.WAITING)


def _reach_asking(screen: Watcher) -> None:
    begin(screen, "ask")
    until(screen, "ask", StepState.READY)


def _reach_parallel(screen: Watcher) -> None:
    for name in ("left", "right"):
        begin(screen, name)
        until(screen, name, StepState.RUNNING)
    screen.until(lambda session: all(one(session, name).process for name in ("left", "right")), "both run")


def _reach_retrying(screen: Watcher) -> None:
    begin(screen, "flaky")
    until(screen, "flaky", StepState.RETRYING)


KINDS: dict[str, tuple[Callable[[Path], Cockpit], Callable[[Watcher], None]]] = {
    "waiting": (waiting, _reach_waiting),
    "asking": (asking, _reach_asking),
    "parallel": (parallel, _reach_parallel),
    "retrying": (retrying, _reach_retrying),
}


def main(kind: str, journal: str, flag: str) -> None:
    """Reach the step, report it, and stay there."""
    make, reach = KINDS[kind]
    with running(make(Path(flag)), Path(journal)) as (_, screen):
        reach(screen)
        print(REACHED, flush=True)
        signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
