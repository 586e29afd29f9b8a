"""Signals of the shipped checklist, polled and judged by themselves as the engine does it."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.reading import Answer
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Verdict
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.sources.common.contract import Source
from tests.config.files import cockpit
from tests.sources.polling import answer, probe

NOW = 1_800_000_000.0


@cache
def shipped(**variables: str) -> Cockpit:
    """Return a cockpit of the shipped checklist, without sources."""
    with TemporaryDirectory() as folder:
        return load_cockpit(cockpit(Path(folder), "checklist: modelmuxer\n"), sources, vars=variables).cockpit


def signal(name: str, **variables: str) -> Signal:
    """Return a signal of the shipped checklist."""
    return next(one for one in shipped(**variables).signals if one.name == name)


def judged(name: str, read: Answer, now: float = NOW, **variables: str) -> Verdict:
    """Return the verdict on one answer of a signal; `persist` has not decided yet, so `raw` is its level."""
    session = Session()
    opening = facts.Opened("s", "x", "me", "here", facts.SessionMode.DEMO, shipped(**variables))
    evolve(session, facts.Event(1, Stamp(0.0, now - 1.0), opening))
    return judge(signal(name, **variables), read, session, Stamp(1.0, now))


async def polled(
    kind: str, source: Source, name: str, now: float = NOW, times: int = 1, **changes: Any
) -> tuple[Answer, Verdict]:
    """Poll a shipped signal, with some of its arguments changed, and judge the last of so many answers."""
    asked = signal(name)
    made = probe(kind, source, asked.probe, {**asked.args, **changes}, stale_after=asked.stale_after)
    for _ in range(times):
        read = await answer(made)
    return read, judged(name, read, now)
