"""A session of the shipped checklist that asks everything, every second, and what its signals and items say."""

import gc
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mmcockpit import sources
from mmcockpit.config.library import PACKAGE
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.reading import FaultKind
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from tests.engine.engine_run import Watcher, running
from tests.items.tools import ALLOWED
from tests.servers.wait import PATIENCE_S

SHIPPED = PACKAGE / "checklists" / "modelmuxer"
EVERY = "5s"
HEAVY = ("alert_rules", "pg_rules", "redis_rules", "errors_day", "errors_peak")
SELDOM = {"own_key": "15s", **dict.fromkeys(HEAVY, "20s")}
"""What counts against a limit of 60 requests a minute, and what is much work for Prometheus."""
COMBINED = ("all_of", "any_of")


@cache
def shipped() -> Mapping[str, Mapping[str, Any]]:
    """The shipped signals as they are written, by name, with those of the packs that the checklist uses."""
    signals: dict[str, Mapping[str, Any]] = {}
    for file in sorted(SHIPPED.glob("signals*.yaml")):
        part = yaml.safe_load(file.read_text(encoding="utf-8"))
        for use in part.get("use", ()):
            pack = yaml.safe_load((PACKAGE / "packs" / f"{use['pack']}.yaml").read_text(encoding="utf-8"))
            signals |= {name: one for name, one in pack["signals"].items() if name not in use.get("without", ())}
        signals |= part["signals"]
    return signals


def cockpit(folder: Path, given: Mapping[str, Any], variables: Mapping[str, Any], **more: Any) -> Cockpit:
    """Write the cockpit file of these sources and vars, and load it as `run` does.

    `how` is what is changed of every signal.
    """
    how: Mapping[str, Any] = more.pop("how", {})
    active = [name for name, signal in shipped().items() if signal.get("active")]
    document = {
        "name": "Items",
        "environment": "test",
        "checklist": "modelmuxer",
        "layout": "layout.yaml",
        "vars": dict(variables),
        "window": {"from": "2026-01-01T00:00:00Z", "to": "2099-12-31T00:00:00Z"},
        "sources": {name: {**source, "every": EVERY, "budget": 200} for name, source in given.items()},
        "signals": {name: {**how, **_pace(name, one)} for name, one in shipped().items()},
        "allow": {"probe_commands": list(ALLOWED), "active": active},
        "abort": [],
        "readiness": [],
        **more,
    }
    panels = {"name": "one", "panels": {"log": {"kind": "log"}}}
    layout = {**panels, "arrangements": [{"min_width": 0, "columns": [{"slots": ["log"]}]}]}
    (folder / "layout.yaml").write_text(json.dumps(layout), encoding="utf-8")
    # JSON is YAML.
    (folder / "cockpit.yaml").write_text(json.dumps(document), encoding="utf-8")
    return load_cockpit(folder / "cockpit.yaml", sources).cockpit


def _pace(name: str, signal: Mapping[str, Any]) -> Mapping[str, Any]:
    # What is polled once is decided by one answer.
    seldom = signal.get("active") or any(key.startswith("command.") for key in signal)
    return {"persist": 1} if seldom else {"every": SELDOM.get(name, EVERY)}


class ItemSession:
    """A running session, and its verdicts."""

    def __init__(self, watcher: Watcher, journal: Path) -> None:
        self.watcher, self.journal = watcher, journal
        self._late: dict[str, object] = {}
        """Active signals that were confirmed again, and the time of the poll that took too long."""

    @property
    def session(self) -> Session:
        return self.watcher.session

    @property
    def items(self) -> list[Item]:
        """The items that a signal decides."""
        return [one.item for one in self.session.items.values() if one.item.signal]

    def level(self, name: str) -> Level:
        """The verdict of a signal, after its persistence."""
        return self.session.signals[name].verdict.level

    def because(self, name: str) -> str:
        """The reason of a signal's verdict."""
        return self.session.signals[name].verdict.because

    def until(self, reached: Callable[[Session], bool], what: str, within_s: float) -> None:
        """Draw frames until the session is so."""
        self.watcher.until(reached, what, within_s)

    def ask_active(self) -> None:
        """Confirm every active signal once."""
        names = tuple(name for name, one in self.session.signals.items() if one.signal.active)
        self.watcher.do(commands.SenseNow("ana", names, confirmed=True))

    def ask_late(self, names: Iterable[str]) -> None:
        """Confirm again those of these active signals whose only poll took too long: the machine is busy."""
        late = {}
        for name in names:
            state = self.session.signals[name]
            if state.signal.active and state.fault is not None and state.fault.kind is FaultKind.TIMEOUT:
                late[name] = state.asked_at
        if due := tuple(name for name, at in late.items() if self._late.get(name) != at):
            self._late |= late
            self.watcher.do(commands.SenseNow("ana", due, confirmed=True))

    def members(self, name: str) -> Iterator[Signal]:
        """The polled signals that a signal rests on, itself where it is one."""
        signal = self.session.signals[name].signal
        if signal.probe not in COMBINED:
            yield signal
            return
        for member in signal.args["signals"]:
            yield from self.members(member)


@contextmanager
def asking(folder: Path, made: Cockpit) -> Iterator[ItemSession]:
    """Run a session of a cockpit."""
    folder.mkdir(exist_ok=True)
    journal = folder / "session" / "journal.jsonl"
    with running(made, journal) as (_, watcher):
        asked = ItemSession(watcher, journal)
        asked.until(lambda session: session.opened is not None, "the session is opened", PATIENCE_S)
        yield asked
    # Now, while the test ignores warnings: an engine that ends in the middle of a query leaves its connection.
    gc.collect()
