"""A rule that a long list overcharges costs its own signal only, and only as long as the list is long."""

import json
from pathlib import Path

import msgspec

from mmcockpit.core.model.checklist import Checklist, Hold, Item, Mode, Phase, Section
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from tests.engine.engine_run import running
from tests.servers.wait import PATIENCE_S

PAIRS = "value.all(a, value.filter(b, b.pod == a.pod).size() == 1)"
LONG_HOLD = f"{PAIRS} ? duration('0s') : duration('1s')"


def pods(path: Path, count: int) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps([{"pod": f"p{n}"} for n in range(count)]), encoding="utf-8")
    fresh.replace(path)


def signal(name: str, path: Path, rule: Rule) -> Signal:
    return Signal(name, name, "files", "json", {"path": str(path)}, rule, every=0.05, timeout=PATIENCE_S)


def cockpit(folder: Path) -> Cockpit:
    path = folder / "pods.json"
    signals = (
        signal("pairs", path, Rule(PAIRS)),
        signal("pairs_apply", path, Rule("true", applies=PAIRS)),
        signal("pairs_warn", path, Rule("false", PAIRS)),
        signal("plain", path, Rule("size(value) > 0")),
    )
    items = [
        Item(f"p/s/{one.name}", n, one.name, mode=Mode.SENSED, signal=one.name) for n, one in enumerate(signals, 1)
    ]
    items.append(Item("p/s/held", 9, "held", mode=Mode.SENSED, signal="plain", hold=Hold(rule=LONG_HOLD)))
    checklist = Checklist("c", "C", (Phase("p", "P", (Section("s", "S", tuple(items)),)),))
    sources = (SourceSpec("files", "file", budget=1000.0),)
    return Cockpit("Test", "test", checklist, signals, Layout("none", ()), sources)


def level(session: Session, name: str) -> Level:
    return session.signals[name].verdict.level


def good(session: Session) -> bool:
    return (
        level(session, "pairs") is level(session, "pairs_apply") is Level.PASS
        and level(session, "pairs_warn") is Level.WARN
        and session.items["p/s/held"].state is State.GOOD
    )


def undecided(session: Session) -> bool:
    names = ("pairs", "pairs_apply", "pairs_warn")
    return all(
        level(session, name) is Level.UNKNOWN and "list entries" in session.signals[name].verdict.because
        for name in names
    )


def test_a_list_that_is_too_long_is_unknown_in_rules_and_settle_times_and_ends_nothing(tmp_path: Path) -> None:
    told = cockpit(tmp_path)
    pods(tmp_path / "pods.json", 90)
    journal = tmp_path / "s" / "journal.jsonl"
    with running(told, journal) as (_, watcher):
        watcher.until(good, "90 entries are judged")
        pods(tmp_path / "pods.json", 120)
        watcher.until(undecided, "120 entries are unknown, with the reason")
        watcher.until(lambda session: session.items["p/s/held"].state is State.UNKNOWN, "no settle time, no green")
        assert "settle time unknown" in watcher.session.items["p/s/held"].because
        asked = watcher.session.signals["plain"].asked_at
        assert asked is not None
        watcher.until(lambda session: (session.signals["plain"].asked_at or asked).at > asked.at, "polling continues")
        assert level(watcher.session, "plain") is Level.PASS
        pods(tmp_path / "pods.json", 90)
        watcher.until(good, "short again, judged again")
    pods(tmp_path / "pods.json", 120)
    with running(journal) as (_, watcher):
        watcher.until(undecided, "resumed in front of a long list")
        pods(tmp_path / "pods.json", 90)
        watcher.until(good, "and short again")
        assert watcher.session.troubles == 0


def test_a_rule_of_an_old_journal_that_does_not_compile_is_unknown(tmp_path: Path) -> None:
    told = cockpit(tmp_path)
    broken = msgspec.structs.replace(told.signals[0], rule=Rule("valeu <"))
    told = msgspec.structs.replace(told, signals=(broken, *told.signals[1:]))
    pods(tmp_path / "pods.json", 3)
    with running(told, tmp_path / "s" / "journal.jsonl") as (_, watcher):
        watcher.until(lambda session: level(session, "plain") is Level.PASS, "the others are judged")
        watcher.until(lambda session: session.signals["pairs"].asked_at is not None, "it is polled")
        assert level(watcher.session, "pairs") is Level.UNKNOWN
        assert "the rule is not valid" in watcher.session.signals["pairs"].verdict.because
