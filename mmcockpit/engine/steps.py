"""Runs the command of a step: starts it once its start is recorded, and publishes its outcome."""

import asyncio
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from mmcockpit.core.facts.event import AnyBody, StepChanged, StepOutput, StepProcess, Trouble
from mmcockpit.core.model.cockpit import CLUSTER, Cockpit
from mmcockpit.core.model.procedure import Cluster, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.procedure_runs import INTERRUPTED, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.engine.child import Child, Ended
from mmcockpit.engine.cleaned import trouble
from mmcockpit.engine.output import OutputBuffer
from mmcockpit.engine.processes import start_of, still_runs, this_host
from mmcockpit.sources.common.secrets import Secrets

INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ")
"""Environment variables passed to a command: none of them holds a secret."""

LEAVE_S = 4.0
"""Seconds a command gets to exit when the cockpit ends."""


class Steps:
    """Runs the command of one step at a time, in the folder where the cockpit was started.

    Long output goes into `folder`.
    """

    def __init__(
        self, publish: Callable[[AnyBody], None], settle: Callable[[], None], secrets: Secrets, folder: Path
    ) -> None:
        """`settle` runs after a command has ended and its outcome is published."""
        self._publish = publish
        self._settle = settle
        self._secrets = secrets
        self._folder = folder
        self._child: Child | None = None
        self._task: asyncio.Task[None] | None = None
        self._interrupted = ""
        self.idle = threading.Event()
        """Set while no command runs; any thread may wait for it."""
        self.idle.set()
        self.hung_up = threading.Event()
        """Set once no more steps may start."""

    def start(self, began: StepChanged, step: Step, cockpit: Cockpit, number: int) -> None:
        """Run the step that a fact has started; `number` is that fact's number, and part of the output file's name."""

        def say(text: str, error: bool, dropped: int) -> None:
            self._publish(StepOutput(began.procedure, began.step, text, error, dropped))

        name = re.sub(r"[^a-z0-9-]", "", f"{began.procedure}-{began.step}".lower())[:80]
        output = OutputBuffer(self._secrets, step.captures, self._folder / f"output-{number}-{name}.txt", say)

        def runs(pid: int, ticks: int) -> None:
            self._publish(StepProcess(began.procedure, began.step, pid, start_of(ticks), this_host()))

        cluster = cockpit.cluster_of(step.cluster or CLUSTER)
        self._child = Child(output.wrote, runs)
        self.idle.clear()
        self._task = asyncio.get_running_loop().create_task(self._run(self._child, began, step, cluster, output))
        self._task.add_done_callback(lambda done: self._ended(began, done))

    def look(self, session: Session) -> Iterator[StepProcess]:
        """Look for the processes of steps whose cockpit died; yield those whose state has changed."""
        for run in open_runs(session):
            for step_run in run.steps.values():
                process = step_run.process
                if process is None or process.host != this_host() or not (step_run.lingers or _unseen(step_run)):
                    continue
                runs = still_runs(process.pid, process.started)
                if runs is not process.runs:
                    yield msgspec.structs.replace(process, runs=runs)

    def hang_up(self, because: str) -> None:
        """Let no more steps start, and record why; without a reason it is a normal end."""
        if self.hung_up.is_set():
            return
        self.hung_up.set()
        if because:
            goes_on = "" if self.idle.is_set() else "; the running step continues to its end"
            self._publish(Trouble("terminal", because + goes_on))

    def stop(self, by: str) -> None:
        """End the running command at an operator's request."""
        if self._child is not None:
            self._child.stop(f"ended by {by}")

    def interrupt(self, because: str = INTERRUPTED) -> None:
        """End the running command with the cockpit: how far it came is unknown."""
        self._interrupted = self._interrupted or because
        if self._child is not None:
            self._child.stop(self._interrupted, LEAVE_S)

    async def close(self) -> None:
        """End the running command and wait until it has ended."""
        self.interrupt()
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task])

    def _ended(self, began: StepChanged, done: "asyncio.Task[None]") -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._publish(trouble(f"step {began.procedure}/{began.step}", error))
            because = "the cockpit lost it: check what it did"
            self._publish(StepChanged(began.procedure, began.step, StepState.UNKNOWN, because=because))
        self._settle()
        self.idle.set()

    async def _run(self, child: Child, began: StepChanged, step: Step, cluster: Cluster, output: OutputBuffer) -> None:
        loop = asyncio.get_running_loop()
        since = loop.time()
        ended = await child.run(began.argv, Path.cwd(), environment(cluster), step.timeout)
        ms = round((loop.time() - since) * 1000, 1)
        file = output.end()
        matches, values = output.captured()
        now, because = _outcome(step, ended, output.last_line)
        if self._interrupted and ended.because:
            now = StepState.UNKNOWN
        self._child = None
        self._publish(
            StepChanged(
                began.procedure, began.step, now, because=because, exit=ended.exit, ms=ms, found=matches, values=values,
                output=file, details=output.details,
            )
        )  # fmt: skip


def _unseen(step_run: StepRun) -> bool:
    """Return whether the process of a step with unknown outcome has not been looked for yet."""
    return step_run.state is StepState.UNKNOWN and step_run.process is not None and step_run.process.runs is None


def environment(cluster: Cluster, ours: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of a command; PATH includes the folder of the Python interpreter."""
    given = {name: ours[name] for name in INHERITED if name in ours}
    path = os.pathsep.join([given.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    watched = {"KUBECONFIG": cluster.kubeconfig} if cluster.kubeconfig else {}
    return {**given, "PATH": path, "TERM": "dumb", **watched}


def _outcome(step: Step, ended: Ended, last_line: str) -> tuple[StepState, str]:
    left = "the processes that it left running were ended" if ended.left else ""
    if ended.because:
        return StepState.FAILED, ended.because
    if ended.exit != 0:
        died = f"ended by {signal.Signals(-ended.exit).name}" if ended.exit and ended.exit < 0 else ""
        return StepState.FAILED, died or last_line
    return (StepState.RUNNING if step.signal else StepState.OK), left
