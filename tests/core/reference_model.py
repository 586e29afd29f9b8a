"""A second observer of the facts of a session, who computes holds, aborts and gates without the core's own clocks."""

from collections.abc import Iterator
from itertools import pairwise

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Event
from mmcockpit.core.model.checklist import Item, Mode
from mmcockpit.core.model.states import SATISFIED, STANDING, Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.journal.codec import base_of, decode, encode

BREAKS = {Level.PASS: {Level.FAIL}, Level.FAIL: {Level.PASS, Level.WARN}}
"""What starts a streak of passes or failures again."""


class ReferenceModel:
    """Takes one fact after the other; `replayed` is the session of the same facts after a journal.

    `levels` are the verdicts of each signal with their session seconds, `opened` when each phase opened.
    """

    def __init__(self, patience: float, ruled: float) -> None:
        self.patience = patience
        self.ruled = ruled
        """What the hold rules of this checklist answer, in seconds."""
        self.replayed = Session()
        self.levels: dict[str, list[tuple[float, Level]]] = {}
        self.opened: list[float] = []
        self.behind: dict[str, list[tuple[str, Mark]]] = {}
        self.base: int | None = None

    def record(self, event: Event) -> None:
        """Take one fact, as a journal gives it back."""
        again = decode(encode(event, base=self.base)[:-1], self.base)
        assert again == event
        self.base = base_of(event.stamp) if self.base is None else self.base
        match event.body:
            case facts.PhaseChanged():
                self._gate_passed(event.body)
                self.opened.append(event.stamp.at)
            case facts.Opened():
                self.opened.append(event.stamp.at)
            case facts.Observed():
                self.levels.setdefault(event.body.signal, []).append((event.stamp.at, event.body.verdict.level))
            case facts.Resumed():
                for levels in self.levels.values():
                    levels.append((event.stamp.at, Level.UNKNOWN))
            case facts.MarkExpired():
                self.behind[event.body.item] = self._ticks(event.body.item)
            case facts.ItemMarked():
                self._marked(event.body)
        evolve(self.replayed, again)

    def _gate_passed(self, body: facts.PhaseChanged) -> None:
        phases = [phase.id for phase in self.replayed.cockpit.checklist.phases]
        assert body.unmet == tuple(self.unsatisfied())
        assert body.reason.strip() or not body.unmet
        assert phases.index(body.now) == self.replayed.phase + 1
        assert self.replayed.held is None

    def _ticks(self, item: str) -> list[tuple[str, Mark]]:
        return [one for one in self.behind.get(item, []) if one[1] is Mark.DONE]

    def _marked(self, body: facts.ItemMarked) -> None:
        behind = self.behind.get(body.item, [])
        if body.mark is Mark.UNDO:
            left = {Mark.VERIFY: behind[:-1], Mark.DONE: [], Mark.CLAIM: behind}
            self.behind[body.item] = left.get(body.undoes or Mark.DONE, self._ticks(body.item))
        elif body.mark in STANDING:
            self.behind[body.item] = self._ticks(body.item)
        elif body.mark is not Mark.CLAIM:
            self.behind[body.item] = [*behind, (body.by, body.mark)]

    def hands(self, item: Item) -> int:
        """Return how many people stand behind the item's tick."""
        return len({by for by, _ in self.behind.get(item.id, [])})

    def last(self, signal: str) -> Level:
        """Return the latest verdict of a signal."""
        told = self.levels.get(signal)
        return told[-1][1] if told else Level.UNKNOWN

    def agreed(self, signal: str, level: Level, phase: int) -> float:
        """Return the seconds between consecutive answers of one level since the phase opened, until a break."""
        total = 0.0
        for (at, was), (then, now) in pairwise(self.levels.get(signal, [])):
            if now in BREAKS[level]:
                total = 0.0
            elif was is now is level and then - at <= self.patience:
                total += max(then - max(at, self.opened[phase]), 0.0)
        return round(total, 3)

    def phase_of(self, item: Item) -> int:
        """Return the index of the item's phase."""
        phases = [phase.id for phase in self.replayed.cockpit.checklist.phases]
        return phases.index(item.id.split("/")[0])

    def served(self, item: Item) -> float:
        """Return the most that may count of the item's hold."""
        return self.agreed(item.signal, Level.PASS, self.phase_of(item))

    def unsatisfied(self) -> Iterator[str]:
        """Name the required items that keep the open phase's gate closed."""
        for item in self.replayed.cockpit.checklist.items:
            if not item.required or self.phase_of(item) > self.replayed.phase:
                continue
            state = self.replayed.items[item.id].state
            first = self.ruled if item.hold.rule else item.hold.first
            enough = item.mode is Mode.SENSED or self.hands(item) >= item.approvals
            holding = state is State.HOLDING and enough and self.served(item) >= first
            if state not in SATISFIED and not holding:
                yield item.id
