"""A day of 50 signals every five seconds, written by the real writer: what a long journal is measured with."""

import random
from collections.abc import Iterator
from pathlib import Path

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import Advice, AnyBody, Event, Mark
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.states import SessionMode, State
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.journal.timeline_writer import TimelineWriter
from mmcockpit.journal.writer import Writer
from tests.core.sessions import START, manual, number, plan, sensed

SIGNALS = 50
EVERY_S = 5.0
DAY_S = 86_400.0
TELL_EVERY_S = 20.0

_PASS = Verdict(Level.PASS, Level.PASS, "", 3, 3)
_FAIL = Verdict(Level.FAIL, Level.FAIL, "value < 0.05: 0.0713", 3, 3)
_UNKNOWN = Verdict(Level.UNKNOWN, Level.UNKNOWN, "timeout: no answer in 3 s", 1, 3)


def day(seconds: float = DAY_S, seed: int = 1) -> Iterator[Event]:
    """Yield the facts of such a session: readings, some broken and some faults, and another fact every 20 seconds."""
    chance = random.Random(seed)
    names = [f"signal_{n:02}" for n in range(SIGNALS)]
    items = [sensed(name) for name in names] + [manual(f"step {n}") for n in range(70)]
    cockpit = plan(*items, signals=tuple(number(name, agree=2, of=3) for name in names))
    yield _event(1, 0.0, facts.Opened("day", "1", "ana", "edge-1", SessionMode.LIVE, cockpit, facts.SCHEMA))
    seq, told_at = 1, TELL_EVERY_S
    walks = [chance.uniform(0.001, 400.0) for _ in names]
    for round_ in range(int(seconds / EVERY_S)):
        broken = round_ % 700 > 660
        for place, name in enumerate(names):
            at = round(round_ * EVERY_S + place * EVERY_S / SIGNALS + chance.uniform(0.0, 0.05), 3)
            seq += 1
            yield _event(seq, at, _observed(chance, name, walks, place, broken and place < 8))
            if at >= told_at:
                seq, told_at = seq + 1, told_at + TELL_EVERY_S
                yield _event(seq, at, _told(seq, items[seq % len(items)].id))


def write_day(path: Path, seconds: float = DAY_S) -> int:
    """Write such a journal and return how many facts it has."""
    writer, count = Writer.create(path, "ana"), 0
    for event in day(seconds):
        writer.append(event)
        count += 1
    writer.close()
    return count


def record_day(path: Path, cache: Path, seconds: float = DAY_S) -> Session:
    """Write such a journal as a live session does, which keeps its timeline in a cache; return the session."""
    writer, session = TimelineWriter.create(path, "ana"), Session()
    writer.follow(session, cache)
    for event in day(seconds):
        writer.append(event)
        evolve(session, event)
    writer.close()
    return session


def _event(seq: int, at: float, body: AnyBody) -> Event:
    return Event(seq, Stamp(at, round(START + at, 3)), body)


def _observed(chance: random.Random, name: str, walks: list[float], place: int, broken: bool) -> facts.Observed:
    ms = round(chance.lognormvariate(2.5, 0.5), 1)
    if broken and chance.random() < 0.1:
        return facts.Observed(name, Fault(FaultKind.TIMEOUT, "no answer in 3 s"), _UNKNOWN, 3000.1)
    walks[place] = round(walks[place] * chance.uniform(0.98, 1.0203), 4)
    return facts.Observed(name, Reading(walks[place]), _FAIL if broken else _PASS, ms)


def _told(seq: int, item: str) -> AnyBody:
    kinds: list[AnyBody] = [
        facts.ItemChanged(item, State.OPEN, State.HOLDING, "it passes", 12.0),
        facts.ItemChanged(item, State.HOLDING, State.GOOD, "held for 60 s", 60.0),
        facts.ItemMarked(item, Mark.DONE, "ana", f"seen on the board at {seq}"),
        facts.Noted(f"remark {seq}", "bo", item, marker=seq % 10 == 0),
        facts.Advised(
            list(Advice)[seq % 4], (facts.Reason(facts.ReasonKind.ITEM, item, state=State.OPEN, title=item),)
        ),
    ]
    return kinds[seq % len(kinds)]
