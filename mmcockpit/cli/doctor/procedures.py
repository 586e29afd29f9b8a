"""`mmcockpit doctor --procedures`: checks the steps of every procedure without changing anything."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from mmcockpit.core.model.cockpit import CLUSTER, Cockpit
from mmcockpit.core.model.procedure import Cluster, Danger, Procedure, Step
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.rules.read_only_commands import program_and_verbs
from mmcockpit.core.rules.steps.dry_runs import dry_run
from mmcockpit.core.state.options import options, preselected
from mmcockpit.core.state.procedure_runs import ProcedureRun
from mmcockpit.core.state.step_command import resolved
from mmcockpit.core.text import clean
from mmcockpit.core.words.verdicts import verdict_reason
from mmcockpit.engine.child import Child
from mmcockpit.engine.clock import SessionClock
from mmcockpit.engine.output import OutputBuffer
from mmcockpit.engine.steps import environment, program_missing
from mmcockpit.engine.survey import Poll, Survey
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.api.identity import with_clusters

WITHIN_S = 30.0
"""Maximum seconds of each command that a check runs."""

VERSIONS = {
    "kubectl": ("version", "--client"),
    "helm": ("version", "--short"),
    "psql": ("--version",),
    "redis-cli": ("--version",),
}
"""How to query the version of a program."""

OK, FAILED, UNPROVEN = "ok", "FAILED", "UNPROVEN"


class Check(NamedTuple):
    """One check of a step: its result, and a sentence on it."""

    result: str
    sentence: str


class Finished(NamedTuple):
    """A command that has ended: why it failed (empty if it did not), and its last line."""

    why: str
    last_line: str


def check_procedures(cockpit: Cockpit, secrets: Secrets) -> bool:
    """Print the checks of every step of the procedures in files; return whether none failed."""
    procedures = tuple(one for one in cockpit.checklist.procedures if one.offer is None)
    if not cockpit.allow.procedures:
        print("procedures were not checked: allow.procedures is not true")
        return not procedures
    good = True
    checker = _Checker(with_clusters(cockpit, {}), secrets)
    for procedure, step, check in asyncio.run(checker.run(procedures)):
        good = good and check.result != FAILED
        print(secrets.redact(clean(f"{check.result:8} {procedure.id:16} {step.title}: {check.sentence}", 600)))
    return good


class _Checker:
    """Checks procedures one after the other."""

    def __init__(self, cockpit: Cockpit, secrets: Secrets) -> None:
        self._cockpit = cockpit
        self._secrets = secrets
        self._versions: dict[str, Finished] = {}

    async def run(self, procedures: tuple[Procedure, ...]) -> list[tuple[Procedure, Step, Check]]:
        effects = {step.signal for procedure in procedures for step in procedure.steps if step.signal}
        polls = await self._polled(effects)
        return [
            (procedure, step, check)
            for procedure in procedures
            for step, checks in await self._procedure(procedure)
            for check in (*checks, *_effect(self._cockpit, step, polls))
        ]

    async def _polled(self, names: set[str]) -> dict[str, Poll]:
        """Return the polls of these signals and of what they are combined from."""
        by_name = {signal.name: signal for signal in self._cockpit.signals}
        needed: set[str] = set()
        queue = list(names)
        while queue:
            name = queue.pop()
            if name in by_name and name not in needed:
                needed.add(name)
                queue.extend(by_name[name].group)
        signals = tuple(signal for signal in self._cockpit.signals if signal.name in needed)
        survey = Survey(msgspec.structs.replace(self._cockpit, signals=signals), self._secrets)
        await survey.run(WITHIN_S)
        return survey.polls

    async def _procedure(self, procedure: Procedure) -> list[tuple[Step, list[Check]]]:
        run = ProcedureRun(procedure, SessionClock().now(), "doctor")
        return [(step, [check async for check in self._step(step, run)]) for step in procedure.steps if step.argv]

    async def _step(self, step: Step, run: ProcedureRun) -> AsyncIterator[Check]:
        """Yield the checks of a step that has a command; `run` gets what it captures."""
        cluster = self._cockpit.cluster_of(step.cluster or CLUSTER)
        missing = program_missing(step.argv, cluster)
        if missing:
            yield Check(FAILED, f"{step.argv[0]}: {missing}; install it, or correct the command")
            return
        version = await self._version(step.argv, cluster)
        if version:
            yield Check(FAILED if version.why else OK, version.why or version.last_line)
        argv, lacking = resolved(step, run.values, self._cockpit.cluster_of)
        if lacking:
            yield Check(FAILED, f"no value for {', '.join(lacking)} to check it with")
            return
        if step.danger is Danger.READS:
            ended = await self._ended(step, argv, cluster, run)
            yield Check(FAILED if ended.why else OK, ended.why or "reads what it needs")
            return
        commands, why = harmless(argv)
        if not commands:
            yield Check(UNPROVEN, f"target and rights are not checked: {why}")
        for command in commands:
            ended = await self._ended(step, command, cluster)
            yield Check(FAILED if ended.why else OK, _sentence(command, ended))

    async def _version(self, argv: tuple[str, ...], cluster: Cluster) -> Finished | None:
        """Return the version of the program of a command; None if it is not known how to query it."""
        option = VERSIONS.get(Path(argv[0]).name)
        if option is None:
            return None
        if argv[0] not in self._versions:
            ended = await self._ended(None, (argv[0], *option), cluster)
            self._versions[argv[0]] = Finished(ended.why, f"{argv[0]}: {ended.last_line}")
        return self._versions[argv[0]]

    async def _ended(
        self, step: Step | None, argv: tuple[str, ...], cluster: Cluster, run: ProcedureRun | None = None
    ) -> Finished:
        """Run a command that changes nothing; `run` keeps the values that the step captures."""
        captures = step.captures if step and run else ()
        within_s = min(step.timeout, WITHIN_S) if step else WITHIN_S
        with tempfile.TemporaryDirectory() as folder:
            output = OutputBuffer(self._secrets, captures, Path(folder) / "output.txt", lambda *_: None)
            ended = await Child(output.wrote).run(argv, Path.cwd(), environment(cluster), within_s)
            output.end()
            first = output.last_line
        if ended.because or ended.exit != 0:
            return Finished(ended.because or first or f"exit {ended.exit}", first)
        if run is not None:
            matches, picked = output.captured()
            run.found.update(matches)
            run.details.update(output.details)
            run.values.update(picked)
            for capture in captures:
                if capture.name not in picked:
                    run.values[capture.name] = preselected(options(run, capture.name))
        return Finished("", first)


def _sentence(command: tuple[str, ...], ended: Finished) -> str:
    """Return what a command reported; `kubectl auth can-i` reports no more than yes or no."""
    if "can-i" not in command:
        return ended.why or ended.last_line
    asked = " ".join(word for word in command[command.index("can-i") + 1 :] if not word.startswith("-"))
    if ended.why and ended.why.split(maxsplit=1)[0] != "no":
        return ended.why
    return f"the identity may {'not ' if ended.why else ''}{asked}"


def harmless(argv: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], ...], str]:
    """Return the commands that prove a changing command without changing anything, or why there are none.

    A dry run on the server proves target, rights and admission at once, because the API server authorises it like the
    command itself. `kubectl rollout pause`, `resume` and `restart` have none: there, the target is read, and a
    SelfSubjectAccessReview checks the right to patch it.
    """
    tried = dry_run(argv)
    if tried.argv:
        return (tried.argv,), ""
    program, verbs, begin = program_and_verbs(argv)
    if program == "kubectl" and verbs[:1] == ("rollout",) and verbs[1:2] in (("pause",), ("resume",), ("restart",)):
        at = argv.index("rollout", begin)
        if argv[at + 1] == verbs[1]:
            before, after = argv[:at], argv[at + 2 :]
            return ((*before, "get", "--output=name", *after), (*before, "auth", "can-i", "patch", *after)), ""
    return (), tried.why


def _effect(cockpit: Cockpit, step: Step, polls: dict[str, Poll]) -> Iterator[Check]:
    """Yield whether the signal that confirms a step has data; whether it passes now does not matter."""
    if not step.signal:
        return
    if any(signal.name == step.signal and signal.active for signal in cockpit.signals):
        yield Check(UNPROVEN, f"its signal {step.signal} is active and was not polled")
        return
    poll = polls.get(step.signal)
    if poll is None:
        yield Check(FAILED, f"its signal {step.signal} has no data within {WITHIN_S:g}s")
    elif isinstance(poll.answer, Fault):
        yield Check(FAILED, f"its signal {step.signal} has no data: {verdict_reason(poll.verdict)}")
    else:
        yield Check(OK, f"its signal {step.signal} has data")
