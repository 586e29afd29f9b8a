"""The effects of commands beside their facts: which steps may start, polling at once, stopping a step."""

from collections.abc import Callable

from mmcockpit.core.decide.command import AcceptIdentity, AnyCommand, RunStep, SenseNow, StopStep
from mmcockpit.core.facts.event import AnyBody, Refused, StepChanged
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.rules.combination import polled_by
from mmcockpit.core.state.session import Session
from mmcockpit.engine.connections import Connections
from mmcockpit.engine.schedule import Schedule
from mmcockpit.engine.steps import Steps

HANG_UP_S = 2.0
"""Longest wait, in seconds, until the engine reacts to a lost terminal."""


class StepControl:
    """Passes orders to the engine's thread; `call` runs a function there."""

    def __init__(self, steps: Steps, call: Callable[..., None]) -> None:
        self._steps = steps
        self._call = call

    def hang_up(self, because: str) -> None:
        """Start no more steps, as the cockpit is ending; a running one continues. Returns once that is in effect."""
        self._call(self._steps.hang_up, because)
        self._steps.hung_up.wait(HANG_UP_S)

    def interrupt(self, because: str) -> None:
        """End the running step because the cockpit ends."""
        self._call(self._steps.interrupt, because)

    def wait(self, within_s: float) -> bool:
        """Wait until no step's command runs; return whether that is so."""
        return self._steps.idle.wait(within_s)


def safe(
    command: AnyCommand, bodies: list[AnyBody], session: Session, connections: Connections, steps: Steps
) -> list[AnyBody]:
    """Refuse to run a command that would reach another cluster than the watched one, or without its terminal."""
    if not isinstance(command, RunStep) or not any(isinstance(body, StepChanged) for body in bodies):
        return bodies
    step = session.procedures[command.procedure].steps[command.step].step
    if steps.hung_up.is_set():
        return [Refused(f"run {step.title}", Refusal(Code.TERMINAL_GONE, step.title), command.by)]
    why = connections.elsewhere(step.cluster, command.where)
    refusal = Refusal(Code.OTHER_CLUSTER, step.title, text=why)
    return [Refused(f"run {step.title}", refusal, command.by)] if why else bodies


def carry_out(command: AnyCommand, session: Session, schedule: Schedule, steps: Steps) -> None:
    """Do what a command that was not refused asks for besides its facts."""
    match command:
        case SenseNow():
            if (names := polled_by(session, command.signals)) or not command.signals:
                schedule.ask_now(names)
        case AcceptIdentity(source=source):
            if names := tuple(one.name for one in session.cockpit.signals if one.source == source and not one.active):
                schedule.ask_now(names)
        case StopStep():
            steps.stop(command.by)
