"""What the three productions should make each signal and item say, and the page that shows it."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level

STATES = Path(__file__).with_name("states.yaml")
DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "items.md"
COMBINED = {"all_of": (Level.FAIL, Level.UNKNOWN, Level.WARN, Level.PASS), "any_of": ()}
SILENCE = {
    "prometheus": "Prometheus is frozen",
    "alertmanager": "Alertmanager is frozen",
    "cluster": "Kubernetes returns 403",
    "cache": "Redis is frozen",
    "database": "PostgreSQL is frozen",
    "api": "the application sends an incomplete response",
    "stranger": "the application sends an incomplete response",
    "dns": "the resolvers do not respond",
    "file": "a loop of symbolic links",
    "command": "the program is not on this machine",
    "session": "",
}
"""Why a signal has no data in the silent production, by its source."""
NO_ADDRESS = "the name does not resolve"


class Broken(NamedTuple):
    """What is wrong with a signal's subject in the broken production, and the signal's text then."""

    level: Level
    words: str


@cache
def _document() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(STATES.read_text(encoding="utf-8"))
    return loaded


@cache
def broken() -> Mapping[str, Broken]:
    """Signal to what is wrong."""
    found: dict[str, Broken] = {}
    for name, said in _document()["broken"].items():
        ((level, words),) = said.items() if isinstance(said, dict) else ((Level.FAIL, said),)
        found[name] = Broken(Level(level), words)
    return found


class States:
    """The levels that the signals of a cockpit should have in one production."""

    def __init__(self, made: Cockpit, production: str) -> None:
        self._signals = {one.name: one for one in made.signals}
        self._production = production

    def of(self, name: str) -> Level:
        """Return what a signal should say: what is written for it, or what its members make of it."""
        signal = self._signals[name]
        if signal.probe in COMBINED:
            return self._combined(signal)
        if self._production == "broken":
            return broken()[name].level
        otherwise = Level.PASS if self._production == "good" else Level.UNKNOWN
        return Level(_document()[self._production].get(name, otherwise))

    def _combined(self, signal: Signal) -> Level:
        levels = {self.of(member) for member in signal.args["signals"]}
        if signal.probe == "any_of" and Level.PASS in levels:
            return Level.PASS
        return next(level for level in COMBINED["all_of"] if level in levels)


def members(made: Cockpit, name: str) -> Iterator[Signal]:
    """The polled signals that a signal rests on, itself where it is one."""
    signal = next(one for one in made.signals if one.name == name)
    if signal.probe not in COMBINED:
        yield signal
        return
    for member in signal.args["signals"]:
        yield from members(made, member)


def needed(made: Cockpit) -> set[str]:
    """The polled signals on which the items rest."""
    return {one.name for item in made.checklist.items if item.signal for one in members(made, item.signal)}


@cache
def plain(folder: Path) -> Cockpit:
    """The shipped checklist with nothing of its own."""
    file = folder / "cockpit.yaml"
    file.write_text("name: x\nenvironment: test\nchecklist: modelmuxer\nlayout: go-live\n", encoding="utf-8")
    return load_cockpit(file, sources).cockpit


def page(made: Cockpit) -> str:
    """The table of the items, as Markdown."""
    items = [one for one in made.checklist.items if one.signal]
    rows = [_row(made, number, item) for number, item in enumerate(items, 1)]
    return "\n".join([HEAD.format(count=len(items)), *rows, ""])


HEAD = """\
# The items that a signal decides

Written by `tests/items/states.py` from the shipped checklist and `tests/items/states.yaml`; `tests/items/test_items.py`
polls every one of these states on real servers (Prometheus, Alertmanager, Valkey, PostgreSQL, kube-apiserver with its
controllers and kwok; the application is simulated) and compares the verdicts. `make items` writes this page.

All {count} items pass in a healthy production. The columns show the signals of an item, in which state it fails (or
warns), and why it has no data when no system sends a complete response.

| # | item | signals | fails | unknown |
|---|---|---|---|---|"""


def _row(made: Cockpit, number: int, item: Item) -> str:
    asked = list(members(made, item.signal))
    told = [f"{broken()[one.name].words}{_unless(broken()[one.name].level)}" for one in asked]
    silent = dict.fromkeys(filter(None, map(_silence, asked)))
    where = f"{item.id.partition('/')[0]}: {item.title}"
    cells = (str(number), where, ", ".join(f"`{one.name}`" for one in asked), "; ".join(dict.fromkeys(told)))
    return f"| {' | '.join((*cells, '; '.join(silent) or 'never: a fact of the session'))} |"


def _unless(level: Level) -> str:
    return "" if level is Level.FAIL else f" ({level})"


def _silence(signal: Signal) -> str:
    if signal.probe in ("tls", "tcp"):
        return NO_ADDRESS
    return SILENCE.get(signal.source, "an incomplete response")


if __name__ == "__main__":
    import tempfile

    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(page(plain(Path(folder))), encoding="utf-8")
