"""Runs the commands of steps: starts each once its start is recorded, and publishes its outcome."""

import asyncio
import os
import re
import shutil
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from mmcockpit.core.facts.event import AnyBody, StepChanged, StepOutput, StepProcess, Trouble
from mmcockpit.core.model.cockpit import CLUSTER, Cockpit
from mmcockpit.core.model.procedure import Cluster, Step
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.steps.retries import attempts_left
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.procedure_runs import INTERRUPTED, StepRun
from mmcockpit.core.state.session import Session
from mmcockpit.engine.children.child import Child, Ended
from mmcockpit.engine.children.output import OutputBuffer
from mmcockpit.engine.children.processes import start_of, still_runs, this_host
from mmcockpit.engine.cleaned import trouble
from mmcockpit.sources.common.secrets import STRUCK_OUT, Secrets

INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "SSH_AUTH_SOCK")
"""Environment variables passed to a command: none of them holds a secret. The last lets `ssh` use the agent's keys."""

LEAVE_S = 4.0
"""Seconds a command gets to exit when the cockpit ends."""


Key = tuple[str, str]
"""A procedure and a step of it."""


class Steps:
    """Runs the commands of steps in the folder where the cockpit was started: one, or the members of a group at once.

    Long output of a step goes into a file of its own in `folder`.
    """

    def __init__(
        self, publish: Callable[[AnyBody], None], settle: Callable[[], None], secrets: Secrets, folder: Path,
        learn_secrets: Callable[[], Awaitable[str]],
    ) -> None:  # fmt: skip
        """Take what runs after a command has ended and its outcome is published, and what runs before one starts.

        `learn_secrets` returns why a secret is unknown; then no output of the command is shown.
        """
        self._publish = publish
        self._settle = settle
        self._secrets, self._learn_secrets = secrets, learn_secrets
        self._folder = folder
        self._children: dict[Key, Child] = {}
        self._tasks: set[asyncio.Task[None]] = set()
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
        child = self._children[began.procedure, began.step] = Child(output.wrote, runs)
        self.idle.clear()
        task = asyncio.get_running_loop().create_task(self._run(child, began, step, cluster, output))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(child, began, done))

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

    def known_secret(self, text: str) -> bool:
        """Return whether a text contains a known secret, or one that its sender has struck out."""
        return STRUCK_OUT in text or self._secrets.redact(text) != text

    def hang_up(self, because: str) -> None:
        """Let no more steps start, and record why; without a reason it is a normal end."""
        if self.hung_up.is_set():
            return
        self.hung_up.set()
        if because:
            goes_on = "" if self.idle.is_set() else "; the running step continues to its end"
            self._publish(Trouble("terminal", because + goes_on))

    def stop(self, by: str, procedure: str, step: str) -> None:
        """End the running command of a step at an operator's request."""
        if (child := self._children.get((procedure, step))) is not None:
            child.stop(f"ended by {by}")

    def interrupt(self, because: str = INTERRUPTED) -> None:
        """End the running commands with the cockpit: how far they came is unknown."""
        self._interrupted = self._interrupted or because
        for child in self._children.values():
            child.stop(self._interrupted, LEAVE_S)

    async def close(self) -> None:
        """End the running commands and wait until they have ended."""
        self.interrupt()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, child: Child, began: StepChanged, done: "asyncio.Task[None]") -> None:
        self._tasks.discard(done)
        self._forget(child, began)
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._publish(trouble(f"step {began.procedure}/{began.step}", error))
            because = "the cockpit lost it: check what it did"
            self._publish(StepChanged(began.procedure, began.step, StepState.UNKNOWN, because=because))
        self._settle()
        if not self._tasks:
            self.idle.set()

    def _forget(self, child: Child, began: StepChanged) -> None:
        if self._children.get((began.procedure, began.step)) is child:
            del self._children[began.procedure, began.step]

    async def _run(self, child: Child, began: StepChanged, step: Step, cluster: Cluster, output: OutputBuffer) -> None:
        loop = asyncio.get_running_loop()
        output.withheld = await self._learn_secrets()
        since = loop.time()
        ended = await child.run(began.argv, Path.cwd(), environment(cluster), step.timeout)
        ms = round((loop.time() - since) * 1000, 1)
        file = output.end()
        matches, values = output.captured()
        now, because = _outcome(step, ended, output.last_line)
        if self._interrupted and ended.because:
            now = StepState.UNKNOWN
        elif now is StepState.FAILED and self._repeats(child, began, step, ended):
            now = StepState.RETRYING
        self._forget(child, began)
        self._publish(
            StepChanged(
                began.procedure, began.step, now, because=because, exit=ended.exit, ms=ms, found=matches, values=values,
                output=file, details=output.details,
            )
        )  # fmt: skip

    def _repeats(self, child: Child, began: StepChanged, step: Step, ended: Ended) -> bool:
        """Return whether a failed command is started again: never one that was stopped or that may still run."""
        if ended.exit is None or child.stopped or self.hung_up.is_set():
            return False
        return attempts_left(step, began.attempt or 1) > 0


def program_missing(argv: tuple[str, ...], cluster: Cluster) -> str:
    """Return why the program of a command cannot be started; empty if it can."""
    program = argv[0]
    path = environment(cluster)["PATH"]
    if shutil.which(program, path=path) is not None:
        return ""
    if os.sep in program:
        return "not an executable file" if os.path.lexists(program) else "no such file"
    return "not found in PATH"


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
