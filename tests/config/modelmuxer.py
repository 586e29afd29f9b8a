"""The demo's cockpit with the shipped ModelMuxer checklist, good readings of its signals, and their verdicts."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from mmcockpit import sources
from mmcockpit.config.library import PACKAGE
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session

DEMO = PACKAGE / "checklists" / "demo.yaml"
FOLDER = PACKAGE / "checklists" / "modelmuxer"
READINGS = PACKAGE / "samples" / "readings.jsonl"
MEANS = {"traffic": 38.0, "mean_latency": 480.0}


@cache
def demo() -> Cockpit:
    return load_cockpit(DEMO, sources).cockpit


def by_section() -> Iterator[tuple[str, list[Item]]]:
    for phase in demo().checklist.phases:
        for section in phase.sections:
            yield section.title, list(section.items)


def item(section: str, title: str) -> Item:
    return next(one for name, items in by_section() if name == section for one in items if one.title == title)


def signal(name: str) -> Signal:
    return next(one for one in demo().signals if one.name == name)


@cache
def readings() -> dict[str, Any]:
    """Signal to a good answer: recorded of a simulated production, or as the system's documentation shows it."""
    found: dict[str, Any] = {}
    for line in READINGS.read_text(encoding="utf-8").splitlines():
        found.update(json.loads(line))
    return found


def session(baseline: bool = True) -> Session:
    """A session of the demo that began a minute before the readings were recorded."""
    began = Stamp(0.0, readings()["asked"] - 100.0)
    opened = facts.Opened("s", "x", "me", "here", facts.SessionMode.DEMO, demo())
    made = Session()
    evolve(made, facts.Event(1, began, opened))
    if baseline:
        recorded = facts.BaselineRecorded(values=MEANS, start=began.wall - 3600, end=began.wall, by="me")
        evolve(made, facts.Event(2, began, recorded))
    return made


def level(name: str, value: Any, baseline: bool = True) -> Level:
    """Return the level of one answer, before any persistence."""
    now = Stamp(100.0, readings()["asked"] + 1.0)
    return judge(signal(name), Reading(value), session(baseline), now).raw


def changed(name: str, path: str, value: Any) -> Any:
    """Return the good answer of a signal with one part of it replaced: `status.phase`, `0.value`."""
    made = json.loads(json.dumps(readings()[name]))
    *way, last = path.split(".")
    place = made
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place[part]
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return made


def other_names() -> dict[str, str]:
    """The names of the production workflow, as the comment in the checklist gives them."""
    return {name: str(value) for name, value in other_world()["vars"].items()}


def other_world() -> dict[str, Any]:
    """A cockpit file of the production workflow, from the comment in the checklist."""
    text = (FOLDER / "checklist.yaml").read_text(encoding="utf-8")
    lines = [line[2:] for line in text.splitlines() if line.startswith(("# vars:", "#   ", "# procedures:", "# - {"))]
    made: dict[str, Any] = yaml.safe_load("\n".join(lines))
    return made
