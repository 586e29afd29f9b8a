"""The effects of commands beside their facts: which steps may start, polling at once, stopping a step."""

from collections.abc import Callable, Sequence

from mmcockpit.core.decide.command import AcceptIdentity, AnswerStep, AnyCommand, ReadLog, RunStep, SenseNow, StopStep
from mmcockpit.core.facts.event import AnyBody, Refused, StepChanged
from mmcockpit.core.model.cockpit import CLUSTER
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import StepState
from mmcockpit.core.rules.combination import polled_by
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.engine.connections import Connections
from mmcockpit.engine.logs.log_reader import LogReader
from mmcockpit.engine.schedule import Schedule
from mmcockpit.engine.steps import Steps, program_missing

HANG_UP_S = 2.0
"""Longest wait, in seconds, until the engine reacts to a lost terminal."""


Obey = Callable[[AnyCommand], list[AnyBody]]
"""Carries a command out and returns its facts."""


class StepControl:
    """Passes orders to the engine's thread; `call` runs a function there."""

    def __init__(self, steps: Steps, call: Callable[..., None]) -> None:
        self._steps = steps
        self._call = call

    def hang_up(self, because: str) -> None:
        """Start no more steps, as the cockpit is ending; running ones continue. Returns once that is in effect."""
        self._call(self._steps.hang_up, because)
        self._steps.hung_up.wait(HANG_UP_S)

    def interrupt(self, because: str) -> None:
        """End the running steps because the cockpit ends."""
        self._call(self._steps.interrupt, because)

    def wait(self, within_s: float) -> bool:
        """Wait until no step's command runs; return whether that is so."""
        return self._steps.idle.wait(within_s)


def safe(
    command: AnyCommand, bodies: list[AnyBody], session: Session, connections: Connections, steps: Steps
) -> list[AnyBody]:
    """Refuse to run a command that would reach another cluster than the watched one, or whose program is missing.

    An answer that contains a known secret is refused: later commands contain it, and everything that is recorded.
    """
    began = next((body for body in bodies if isinstance(body, StepChanged)), None)
    if not isinstance(command, RunStep | AnswerStep) or began is None:
        return bodies
    step = session.procedures[command.procedure].steps[command.step].step
    if isinstance(command, AnswerStep):
        if (step.ask is not None and step.ask.choices) or not steps.known_secret(command.value):
            return bodies
        return [Refused("answer", Refusal(Code.SECRET_ANSWER, step.title), command.by)]
    refusal = _unsafe(began, session, connections, steps) if began.argv else None
    return [Refused(f"run {step.title}", refusal, command.by)] if refusal else bodies


def safe_retries(
    bodies: Sequence[AnyBody], session: Session, connections: Connections, steps: Steps
) -> Sequence[AnyBody]:
    """Replace the start of every retry that may not run any more by its failure."""
    return [_failed(body, session, connections, steps) or body for body in bodies]


def _failed(body: AnyBody, session: Session, connections: Connections, steps: Steps) -> StepChanged | None:
    if not isinstance(body, StepChanged) or body.now is not StepState.RUNNING or not body.argv:
        return None
    refusal = _unsafe(body, session, connections, steps)
    if refusal is None:
        return None
    because = refusal_words(refusal)
    return StepChanged(body.procedure, body.step, StepState.FAILED, because=because, attempt=body.attempt)


def _unsafe(began: StepChanged, session: Session, connections: Connections, steps: Steps) -> Refusal | None:
    """Return why a command must not start now."""
    step = session.procedures[began.procedure].steps[began.step].step
    if steps.hung_up.is_set():
        return Refusal(Code.TERMINAL_GONE, step.title)
    if why := connections.elsewhere(step.cluster, began.where):
        return Refusal(Code.OTHER_CLUSTER, step.title, text=why)
    if why := program_missing(began.argv, session.cockpit.cluster_of(step.cluster or CLUSTER)):
        return Refusal(Code.PROGRAM_MISSING, step.title, began.argv[0], text=why)
    return None


def carry_out(command: AnyCommand, session: Session, schedule: Schedule, steps: Steps, logs: LogReader) -> None:
    """Do what a command that was not refused asks for besides its facts."""
    match command:
        case SenseNow():
            if (names := polled_by(session, command.signals)) or not command.signals:
                schedule.ask_now(names)
        case AcceptIdentity(source=source):
            if names := tuple(one.name for one in session.cockpit.signals if one.source == source and not one.active):
                schedule.ask_now(names)
        case ReadLog(signal=signal, entry=entry):
            logs.read(session.signals[signal].signal, entry)
        case StopStep(procedure=procedure, step=step):
            steps.stop(command.by, procedure, step)
