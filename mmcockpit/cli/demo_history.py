"""The first phases of a demo that begins in the deployment: what its operator did before, as facts like any others.

Polls of that time are the recorded readings of a healthy simulated production; today's rules judge them, and marks and
gates are decided as if an operator pressed the keys.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.live import Earlier
from mmcockpit.config.library import PACKAGE
from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.decide.elapse import elapse
from mmcockpit.core.facts.event import AnyBody, Observed, Refused
from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import SATISFIED
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.describe import describe
from mmcockpit.simulator.conditions import Conditions

READINGS = PACKAGE / "samples" / "readings.jsonl"
POLL_S = 10.0
"""Seconds between two polls of all signals."""
LASTS_S = 240.0
"""How long ago the session began: settle times of two minutes, and the gates."""
FIRST_S, SELDOM_S = 30.0, 50.0
"""How long every signal is polled each time, and the longest time between two polls afterwards."""
EVIDENCE = "checked in the rehearsal this afternoon; results in the release ticket"

ROLLOUT = "rollout"
"""The signal of the Deployment that goes live."""

Facts = Iterator[tuple[float, AnyBody]]


class DemoHistory:
    """What happens before a phase opens."""

    def __init__(self, until: str, operator: str, seed: int) -> None:
        """`until` is the phase in which the demo begins, `seed` that of its simulated production."""
        self._until, self._by = until, operator
        self._conditions = Conditions(seed, (), lambda version, at: 0.0)
        values: dict[str, Any] = {}
        for line in READINGS.read_bytes().splitlines():
            values.update(msgspec.json.decode(line))
        # The new version is rolled out only when the demo begins.
        values[ROLLOUT] = {**values[ROLLOUT], "image": values["mesh"]["pods"][0]["image"]}
        self._values = values

    def earlier(self) -> Earlier:
        """Return the facts, for the start of a session."""
        return Earlier(LASTS_S, self._facts)

    def _facts(self, session: Session) -> Facts:
        phases = session.cockpit.checklist.phases
        index = session.phase_index(self._until)
        signals = [item.signal for phase in phases[:index] for item in phase.items if item.signal]
        needed = _polled(session, [*signals, ROLLOUT])
        yield from self._do(session, 1.0, commands.RecordBaseline(self._by, self._baseline(session), "the last hour"))
        at = POLL_S
        while at < LASTS_S - 2 * POLL_S:
            yield from self._poll(session, at, needed)
            at += POLL_S
        for phase in phases[:index]:
            at += 5.0
            for item in phase.items:
                if item.mode is not Mode.SENSED and session.items[item.id].state not in SATISFIED:
                    yield from self._do(session, at, commands.MarkItem(self._by, item.id, EVIDENCE))
            yield from _follow(session, at)
            yield from self._do(session, at, commands.OpenPhase(self._by, phase.id))
            yield from _follow(session, at)
        yield from self._do(session, LASTS_S, commands.SetT0(self._by, _stamp(session, LASTS_S).wall))

    def _baseline(self, session: Session) -> dict[str, float]:
        """Return the recorded values, with the traffic that the simulated production has at its start."""
        rps = round(self._conditions.chat_rps(0.0), 2)
        return {
            name: {"rps": rps, "traffic": rps}.get(name, self._values[name])
            for name in session.cockpit.baseline.signals
        }

    def _poll(self, session: Session, at: float, needed: list[Signal]) -> Facts:
        """Poll what is due: everything three times, as rules that persist require, then less often."""
        now = _stamp(session, at)
        for signal in needed:
            asked_at = session.signals[signal.name].asked_at
            if at > FIRST_S and asked_at is not None and at - asked_at.at < min(2 * signal.every, SELDOM_S):
                continue
            reading = Reading(self._values[signal.name])
            yield at, Observed(signal.name, reading, judge(signal, reading, session, now))
        yield from _follow(session, at)

    def _do(self, session: Session, at: float, command: commands.AnyCommand) -> Facts:
        """Carry out a command; CommandError if it is refused: then the checklist does not fit the recorded readings."""
        for body in decide(session, command, _stamp(session, at)):
            if isinstance(body, Refused):
                raise CommandError(f"the demo cannot begin in {self._until}: {' '.join(describe(body))}")
            yield at, body


def _follow(session: Session, at: float) -> Facts:
    """Yield what follows from time and verdicts, until nothing does."""
    while bodies := elapse(session, _stamp(session, at)):
        for body in bodies:
            yield at, body


def _stamp(session: Session, at: float) -> Stamp:
    assert session.started is not None, "the opening fact comes first"
    return Stamp(at, round(session.started.wall + at, 3))


def _polled(session: Session, names: list[str]) -> list[Signal]:
    """Return the signals that are polled for these: themselves, or the members of combinations."""
    signals: dict[str, Signal] = {}
    waiting = list(names)
    while waiting:
        signal = session.signals[waiting.pop()].signal
        if signal.group:
            waiting += signal.group
        else:
            signals[signal.name] = signal
    return list(signals.values())
