"""The engine: runs a live session in its own thread; the only writer of facts."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.elapse import elapse
from mmcockpit.core.facts.event import (
    AnyBody,
    Backfilled,
    Event,
    Observed,
    Opened,
    PhaseChanged,
    StepChanged,
    StepState,
    Trouble,
)
from mmcockpit.core.feed import Batch
from mmcockpit.core.model.clock import Clock, Stamp
from mmcockpit.core.model.reading import Answer, Fault
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.charted_signal import charted_signals
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.state.carried import carry
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.describe import describe
from mmcockpit.engine.anchoring import Anchoring
from mmcockpit.engine.baseline_history import BaselineHistory
from mmcockpit.engine.cleaned import cleaned, redacted, trouble
from mmcockpit.engine.clock import pace_of, wall
from mmcockpit.engine.connections import Connections
from mmcockpit.engine.driver import RequestSender, SessionDriver, refusal_of
from mmcockpit.engine.logs.log_reader import LogReader
from mmcockpit.engine.outbox import Outbox
from mmcockpit.engine.outward.messenger import Messenger
from mmcockpit.engine.pauses import PauseWatch
from mmcockpit.engine.record import Journal, Record
from mmcockpit.engine.schedule import Publish, Schedule
from mmcockpit.engine.settling import Settling
from mmcockpit.engine.step_control import Obey, StepControl, carry_out, safe, safe_retries
from mmcockpit.engine.steps import Steps
from mmcockpit.sources.common.secrets import Secrets

STEP_S = 0.5
"""Seconds between two heartbeats; every second one also evaluates what has changed by time alone."""

STOP_S = 12.0
"""Longest wait, in seconds, until a running command has ended, the sources are closed and the journal is written."""

SLOW_S = 2.0
"""Seconds of writing after which `stop` reports that it waits."""

SCREEN_S = 2.0
"""Longest wait, in seconds, for the first frame of the screen before sources are opened."""


class Engine:
    """Runs one session in a thread of its own until `stop`.

    Once a second, `look` returns which viewers came and left. `advance` may submit commands. The engine is the writing
    end of the feed: facts go out through an outbox, commands come in thread-safe. Every fact takes the same path:
    clean, judge, stamp, journal, evolve, send out.
    """

    def __init__(self, session: Session, journal: Journal, clock: Clock, operator: str, folder: Path = Path()) -> None:
        """Take an opened session; `folder` is where long output of steps is written."""
        self.look: Callable[[], Sequence[AnyBody]] = tuple
        self.advance: Callable[[Session, Stamp, Obey], None] = lambda session, now, obey: None
        self.session = session
        self.clock = clock
        self.operator = operator
        self.record = Record(journal, lambda: carry(self.session))
        self.pulse = clock.now()
        self._pace = pace = pace_of(clock)
        self._pauses = PauseWatch(clock, pace.speed)
        self.settling = Settling(self._pauses.notice, self._follow, self._publish_all)
        self._outbox, self._shown = Outbox(session), session.seq
        self.driver = SessionDriver(session, clock, self.record, self.publish, self._obey)
        self._secrets = Secrets()
        self._connections = Connections(session.cockpit, self._secrets, lambda: (self.session, wall()), self.publish)
        publish = Publish(self._answered, self._history, self.publish)
        specs = {spec.name: spec for spec in session.cockpit.sources}
        polled = tuple(pace.signal(signal) for signal in session.cockpit.signals if not signal.group)
        self._schedule = Schedule(
            polled, specs, self._connections.probe, publish, wall, charted_signals(session.cockpit)
        )
        self._baseline_history = BaselineHistory(self._schedule.history, pace)
        self._steps = Steps(self.publish, self.settling.now, self._secrets, folder, self._connections.learn_secrets)
        self._logs = LogReader(self._connections.probe, self.publish, self._secrets)
        self.step_control = StepControl(self._steps, self._call)
        self.messenger = Messenger(session, self.publish, self._secrets)
        self._anchoring = Anchoring(self.publish, session.cockpit.anchor)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping, self._screen_up = asyncio.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._started = threading.Event()

    def start(self) -> None:
        """Start the thread; returns once the engine accepts commands."""
        # It is made before the screen's modules are imported, which may take seconds: that is no stall.
        self.pulse = self.driver.pulse = self.clock.now()
        self._thread.start()
        self._started.wait()

    def stop(self, waiting: Callable[[float], None] = lambda seconds: None) -> None:
        """Carry out submitted commands, stop polling, close the journal, end the thread.

        Waits up to STOP_S; longer while facts are being written, and then calls `waiting` with the seconds so far.
        """
        self._call(self._stopping.set)
        waited = idle = 0.0
        while self._thread.is_alive() and idle < STOP_S:
            self._thread.join(timeout=STEP_S)
            waited, idle = waited + STEP_S, 0.0 if self.record.busy else idle + STEP_S
            if self.record.busy and waited >= SLOW_S:
                waiting(waited)

    def submit(self, command: commands.AnyCommand, saw: int | None = None) -> None:
        """Accept a command from any thread; its facts come out of the feed.

        `saw` is the last fact that its sender had seen; unless given, the last one of the latest batch.
        """
        self._call(self.driver.submitted, command, self._shown if saw is None else saw)

    def batch(self) -> Batch:
        """Return what the screen draws next; called from the screen's thread.

        Reads the session's clock here, so that a stalled engine cannot look fresh.
        """
        base, events = self._outbox.take()
        self._shown = events[-1].seq if events else base.seq if base else self._shown
        # A screen that drains again has drawn its first batch.
        if base is None and not self._screen_up.is_set():
            self._call(self._screen_up.set)
        sharing = self.driver.sharing
        return Batch(self.clock.now(), events, base, self.pulse, self.record.failing, sharing=sharing)

    def publish(self, body: AnyBody) -> None:
        """Record one fact: redact, stamp, journal, apply and send it out; nothing once the journal is closed."""
        if self.record.closed:
            return
        body = redacted(body, self._secrets.redact)
        if isinstance(body, PhaseChanged):
            body = msgspec.structs.replace(body, head=self.record.head)
        origin = self.driver.origin
        caused = (origin.identity, origin.command_id, origin.epoch)
        event = Event(self.session.seq + 1, self.clock.now(), body, True, *caused)
        if not self.record.write(event):
            body = self.record.unless_accepted(body, self.operator)
            event = Event(event.seq, event.stamp, body, False, *caused)
            self.record.keep(event)
        self._apply(event)
        self._anchoring.recorded(event, self.session, self.record.head)
        self.messenger.record(event)
        if isinstance(event.body, StepChanged) and event.body.now is StepState.RUNNING and event.body.argv:
            self._begin(event.seq, event.body)

    def _apply(self, event: Event) -> None:
        evolve(self.session, event)
        self._outbox.put(event, self.session)
        self.driver.recorded(event)

    def _begin(self, number: int, began: StepChanged) -> None:
        """Run the command of a step whose start is recorded, or was accepted without a record."""
        step_run = self.session.procedures[began.procedure].steps[began.step]
        self._steps.start(began, step_run.step, self.session.cockpit, number)

    def _publish_all(self, bodies: Sequence[AnyBody]) -> None:
        for body in bodies:
            self.publish(body)

    def _follow(self) -> Sequence[AnyBody]:
        bodies = elapse(self.session, self.clock.now())
        return safe_retries(bodies, self.session, self._connections, self._steps) if bodies else ()

    def _answered(self, signal: Signal, answer: Answer, ms: float) -> None:
        self._publish_all(self._pauses.notice())
        if isinstance(answer, Fault) and not signal.active and self._pauses.cut_short(ms):
            # The timeout ran out while the process was suspended: that is not a fault of the source.
            self._schedule.ask_now((signal.name,))
            return
        harmless = self._pace.answer(cleaned(answer, self._secrets.redact))
        before = self.session.signals[signal.name]
        first, level = before.asked_at is None, before.verdict.level
        verdict = judge(before.signal, harmless, self.session, self.clock.now())
        with self.settling.after(first or verdict.level is not level):
            self.publish(Observed(signal.name, harmless, verdict, ms))

    def _history(self, signal: Signal, points: list[tuple[float, float]]) -> None:
        finite = [(round(at, 3), value) for at, value in self._pace.points(points) if value - value == 0.0]
        self.publish(Backfilled(signal.name, tuple(finite)))

    def _obey(self, command: commands.AnyCommand, sender: RequestSender | None = None) -> list[AnyBody]:
        if self.driver.fenced:
            return []
        # Changes by time alone come first: an expired override opens no gate.
        self.settling.now()
        if self._baseline_history.takes(command, self.session, self.clock.now(), partial(self._obey, sender=sender)):
            return []
        bodies = self.driver.decide(command, sender)
        bodies = safe(command, bodies, self.session, self._connections, self._steps)
        carried_out = refusal_of(bodies) is None
        if isinstance(command, commands.AcceptUnrecorded) and carried_out:
            self.record.accepted = bool(self.record.failing)
        recorded = self.driver.record(bodies, sender)
        self.settling.now()
        if carried_out:
            carry_out(command, self.session, self._schedule, self._steps, self._logs)
        return recorded

    def _stand_down(self, polling: asyncio.Task[None]) -> None:
        """Stop polling and start no step, because another driver has the session; a running step continues."""
        polling.cancel()
        self.messenger.stop()
        self._logs.stop()
        self._steps.hung_up.set()

    def _call(self, function: object, *args: object) -> None:
        if self._loop is None or self._loop.is_closed():
            return
        # The loop may close between this check and the call: then the session has ended.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *args)  # type: ignore[arg-type]

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._broken)
        self._started.set()
        tasks = [asyncio.create_task(part(), name=part.__name__) for part in (self._ask, self._beat)]
        self.driver.stop = lambda: self._stand_down(tasks[0])
        serving = asyncio.create_task(self.driver.serve())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
        # A task that failed stops the heartbeat: the screen shows ENGINE STALLED, the journal records why.
        for task in tasks:
            task.cancel()
        for error in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(error, Exception):
                self.publish(trouble("engine", error))
        await stopping
        self.record.flush(self.clock.now())
        for part in (self._steps, self.messenger, self._anchoring, self._logs, self._connections):
            await part.close()
        self._write_again(self.clock.now())
        # Last, so that every seat gets the last facts.
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        self.record.close(self.session.seq + 1, self.clock.now())

    def _broken(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.publish(trouble("engine", context.get("exception") or RuntimeError(context["message"])))

    async def _ask(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SCREEN_S):
                await self._screen_up.wait()
        self._connections.start()
        # Poll the signals of interrupted steps first: the operator needs their effect to record the outcome.
        unknown = {step_run.step.signal for run in open_runs(self.session) for step_run in run.unknown}
        verifying = tuple(s.name for s in self.session.cockpit.signals if s.name in unknown and not s.active)
        if verifying:
            self._schedule.ask_now(verifying)
        await self._schedule.run()

    async def _beat(self) -> None:
        while True:
            for second_half in (False, True):
                self.pulse = self.driver.pulse = self.clock.now()
                if second_half:
                    self._second(self.pulse)
                self.advance(self.session, self.pulse, self._obey)
                await asyncio.sleep(STEP_S)

    def _second(self, now: Stamp) -> None:
        self.settling.now()
        self.messenger.tick(now)
        self._publish_all([*self.look(), *self._steps.look(self.session)])
        self.record.flush(now)
        self._write_again(now)
        self._outbox.refill(self.session)

    def _write_again(self, now: Stamp) -> None:
        written = self.record.retry(self.session.seq + 1, now)
        for event in written:
            self._apply(event)
        if written and isinstance(written[0].body, Opened):
            self.publish(Trouble("journal", describe(written[0].body)[1]))
