"""Checks the steps of a procedure in a session: programs, values, targets, rights, dry runs, revisions, signals."""

import asyncio
from collections.abc import AsyncIterator, Callable

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import CLUSTER
from mmcockpit.core.model.procedure import VALUES, Cluster, Danger, Procedure, Step
from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.rules.releases.known_revisions import known_options
from mmcockpit.core.rules.steps.proofs import reading_check, step_proof
from mmcockpit.core.state.options import preselected
from mmcockpit.core.state.procedure_runs import ProcedureRun
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.step_command import resolved
from mmcockpit.core.words.durations import duration
from mmcockpit.engine.readiness.effects import EffectSignals
from mmcockpit.engine.readiness.images import revision_checks
from mmcockpit.engine.readiness.outcomes import Check, failed, ok, unproven
from mmcockpit.engine.readiness.programs import Programs
from mmcockpit.engine.readiness.rights import changing_checks
from mmcockpit.engine.readiness.trial import WITHIN_S, Trials
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.procedures.values import StepCheckValue

Look = Callable[[], tuple[Session, Stamp]]
"""Returns the session and the present time."""


class ReadinessChecker:
    """Checks procedures of a session without changing anything; `elsewhere` as in `Connections`."""

    def __init__(self, secrets: Secrets, look: Look, elsewhere: Callable[[str, str], str], patience_s: float) -> None:
        """Take how long signals without data are waited for: 0 where they are not polled again."""
        self._look = look
        self._patience_s = patience_s
        self._elsewhere = elsewhere
        self._trials = Trials(secrets)
        self._programs = Programs(self._trials)

    async def checks(self, procedure: str, within_s: float) -> tuple[StepCheckValue, ...]:
        """Return the checks of a procedure by its id; ProbeError if they cannot be made, or not in time."""
        session, _ = self._look()
        known = {one.id: one for one in session.cockpit.checklist.procedures}
        if procedure not in known:
            raise ProbeError(FaultKind.CONFIGURATION, f"unknown procedure '{procedure}'")
        if not session.cockpit.allow.procedures:
            raise ProbeError(
                FaultKind.CONFIGURATION,
                "running steps is not allowed; set allow.procedures to true in the cockpit file",
            )
        effects = EffectSignals(self._look, self._patience_s)
        checked = _CheckedProcedure(
            known[procedure], self._look, self._elsewhere, self._trials, self._programs, effects
        )
        try:
            async with asyncio.timeout(within_s):
                return await checked.checks()
        except TimeoutError:
            message = f"the checks did not end within {duration(within_s)}; the last step was {checked.current}"
            raise ProbeError(FaultKind.TIMEOUT, message) from None


class _CheckedProcedure:
    """One check of one procedure; the values that reading steps capture are kept in a run of its own."""

    def __init__(
        self,
        procedure: Procedure,
        look: Look,
        elsewhere: Callable[[str, str], str],
        trials: Trials,
        programs: Programs,
        effects: EffectSignals,
    ) -> None:
        self.current = ""
        self._procedure = procedure
        self._look = look
        self._elsewhere = elsewhere
        self._trials = trials
        self._programs = programs
        self._effects = effects
        self._run = ProcedureRun(procedure, look()[1], "")
        self._guessed: set[str] = set()
        """Names of the values that a person has to choose, because none is known to have been good."""
        self._changed = False
        """Whether an earlier step changes something."""

    async def checks(self) -> tuple[StepCheckValue, ...]:
        """Return the checks in the order of the steps; the signals come last, so that they have been polled by then."""
        found: dict[str, list[Check]] = {}
        for step in self._procedure.steps:
            self.current = step.title
            found[step.id] = [check async for check in self._step(step)]
        for step in self._procedure.steps:
            self.current = step.title
            found[step.id] += [check async for check in self._effects.checks(step)]
        return tuple(
            StepCheckValue(step.title, check.result, check.about)
            for step in self._procedure.steps
            for check in found[step.id]
        )

    async def _step(self, step: Step) -> AsyncIterator[Check]:
        """Yield the checks of the command of a step, or take the first choice of a question."""
        if step.ask is not None and step.ask.choices:
            self._run.values[step.ask.name] = step.ask.choices[0]
        if not step.argv:
            return
        if step.manual:
            yield unproven("a person does it; its command is not checked")
            return
        cluster = self._look()[0].cockpit.cluster_of(step.cluster or CLUSTER)
        missing = self._programs.missing(step.argv, cluster)
        if missing:
            yield failed(f"{missing}; install it, or correct the command")
            return
        if version := await self._programs.version(step.argv, cluster):
            yield version
        argv, lacking = resolved(step, self._run.values, self._look()[0].cockpit.cluster_of)
        if lacking:
            yield self._without_value(lacking[0])
        elif because := self._elsewhere(step.cluster, cluster.server):
            yield failed(because)
        elif step.danger is Danger.READS:
            yield await self._read(step, argv, cluster)
        else:
            self._changed = True
            async for check in changing_checks(step_proof(argv), argv, cluster, step, self._trials):
                yield check
            guessed = any(f"${{{VALUES}.{name}}}" in word for name in self._guessed for word in step.argv)
            async for check in revision_checks(argv, cluster, self._trials, guessed):
                yield check

    def _without_value(self, name: str) -> Check:
        asked = [step.ask for step in self._procedure.steps if step.ask is not None and step.ask.name == name]
        if asked:
            return unproven(f"{name} is entered by a person, so that target and rights are not checked")
        return failed(f"no value for {name} to check it with")

    async def _read(self, step: Step, argv: tuple[str, ...], cluster: Cluster) -> Check:
        """Run a reading step, and keep what it captures."""
        within_s = min(step.timeout, WITHIN_S)
        tried, output = await self._trials.run(reading_check(argv), cluster, within_s, step.captures)
        if tried.cut and step.timeout > within_s:
            return unproven(f"it {tried.why}, so that its result is not known")
        if tried.why and self._changed:
            return unproven(f"it reads what an earlier step changes: {tried.why}")
        if tried.why:
            return failed(tried.why)
        matches, picked = output.captured()
        self._run.found.update(matches)
        self._run.details.update(output.details)
        self._run.values.update(picked)
        unknown = [self._chosen(one.name) for one in step.captures if one.name not in picked]
        return next(filter(None, unknown), None) or ok("reads what it needs")

    def _chosen(self, name: str) -> Check | None:
        """Choose a value as a person would; return a check if none of them is known to have been good."""
        session, now = self._look()
        offered = known_options(session, self._run, name, now)
        chosen = preselected(offered)
        if chosen or not offered:
            self._run.values[name] = chosen
            return None
        one = next((each for each in offered if each.usable), None) or next(
            (each for each in offered if each.running), offered[0]
        )
        self._run.values[name] = one.value
        self._guessed.add(name)
        present = ", the present one" if one.running else ""
        return unproven(f"no {name} is known to have been good; the steps are checked with {one.value}{present}")
