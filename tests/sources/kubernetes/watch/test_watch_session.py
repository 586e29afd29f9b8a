"""A session whose signals read watched lists: requests at idle, how soon a change is on record, settle times."""

import time
from pathlib import Path

import pytest

from mmcockpit.core.facts.event import Observed
from mmcockpit.core.model.checklist import Checklist, Item, Mode, Phase, Section
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from mmcockpit.sources.kubernetes.api.watch import poll, watched_list
from tests.engine.engine_run import Watcher, read_all, running
from tests.servers.wait import wait_until
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.kubernetes.watch.api_proxy import ApiProxy
from tests.sources.kubernetes.watch.stood_still import StoodStill
from tests.sources.kubernetes.watch.watching import SPEC, where

SCALE = 10.0
"""How much faster than with the defaults (every 5 s, stale after 60 s) the signals of these tests are polled."""
WINDOW_S = 3.0
ASKED = {
    "pods": ("pods", {"selector": "app=x"}),
    "all_pods": ("pods", {}),
    "stays": ("get", {"kind": "pod/stays"}),
    "deployments": ("workloads", {"kind": "deployment"}),
    "maps": ("list", {"kind": "configmap"}),
    "warnings": ("events", {}),
}
WATCHED = {"pods", "deployments", "configmaps", "events", "namespaces"}
"""The namespace itself, too: a list without an entry is one of a namespace that exists."""


def signal(name: str, every: float = 5.0 / SCALE, stale_after: float = 60.0 / SCALE, rule: str = "") -> Signal:
    probe, args = ASKED[name]
    return Signal(name, name, "cluster", probe, dict(args), Rule(rule), every=every, stale_after=stale_after)


def session_of(proxy: ApiProxy, *signals: Signal) -> Cockpit:
    items = tuple(Item(f"p/s/{one.name}", 1, one.name, mode=Mode.SENSED, signal=one.name) for one in signals)
    checklist = Checklist("c", "C", (Phase("p", "P", (Section("s", "S", items),)),))
    source = SourceSpec("cluster", "kubernetes", where(proxy))
    return Cockpit("Test", "test", checklist, signals, Layout("none", ()), (source,))


def total(session: Session, name: str) -> int:
    reading = session.signals[name].reading
    return int(reading.value["total"]) if reading else -1


def observed(watcher: Watcher, name: str) -> list[Observed]:
    return [one.body for one in watcher.events if isinstance(one.body, Observed) and one.body.signal == name]


def watched(proxy: ApiProxy) -> set[str]:
    """Return the lists that were watched, each by the last word of its path."""
    return {asked.path.rpartition("/")[2] for asked in proxy.watches}


def a_minute(proxy: ApiProxy) -> float:
    """Return the requests of a minute, with the defaults, after counting them for WINDOW_S."""
    before, ended = len(proxy.requests), time.monotonic() + WINDOW_S
    wait_until(lambda: time.monotonic() >= ended, "the end of the window")
    return (len(proxy.requests) - before) / WINDOW_S * 60 / SCALE


def test_at_idle_only_watches_are_renewed(
    proxy: ApiProxy, writer: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As all times here; a list whose watch a busy machine opened too late is watched again soon.
    monkeypatch.setattr(watched_list, "HELD_BACK_S", watched_list.HELD_BACK_S / SCALE)
    monkeypatch.setattr(watched_list, "RETRY_S", WINDOW_S)
    signals = [signal(name) for name in ASKED]
    with monkeypatch.context() as patched:
        patched.setattr(poll, "WORTH_WITHIN_S", 0.0)
        with running(session_of(proxy, *signals), tmp_path / "polled.jsonl") as (_, watcher):
            watcher.until(read_all, "all signals have a reading")
            before = a_minute(proxy)
        assert not proxy.watches
    with running(session_of(proxy, *signals), tmp_path / "watched.jsonl") as (_, watcher):
        watcher.until(read_all, "all signals have a reading")
        watcher.until(lambda _: watched(proxy) >= WATCHED, "all lists are watched")
        assert watched(proxy) == WATCHED
        wait_until(lambda: len(proxy.watches) >= 8, "all watches are renewed once")

        def only_renewals() -> bool:
            start = len(proxy.requests)
            after = a_minute(proxy)
            idle = [asked.path for asked in proxy.requests[start:] if not asked.watch]
            print(f"{len(signals)} signals: {before:.0f} requests a minute polled, {after:.0f} watched, beside: {idle}")
            return after <= before / 4 and all(path.endswith("/kube-system") for path in idle)

        # A watch that a busy machine does not renew in time is replaced by a list, as it should be.
        wait_until(only_renewals, "a time in which watches are renewed and no list is read")


def test_a_deleted_pod_is_on_record_long_before_the_next_poll(proxy: ApiProxy, writer: Writer, tmp_path: Path) -> None:
    slow = signal("all_pods", every=2.0, stale_after=60.0)
    with running(session_of(proxy, slow), tmp_path / "journal.jsonl") as (_, watcher):
        watcher.until(lambda session: bool(proxy.watches), "the list is watched")
        watcher.until(lambda session: total(session, "all_pods") == 1, "one pod")
        took = []
        for number in range(4):
            writer.make("pod", f"short-{number}", spec=SPEC)
            watcher.until(lambda session: total(session, "all_pods") == 2, "it was made")
            began = time.time()
            writer.delete("pod", f"short-{number}")
            watcher.until(lambda session: total(session, "all_pods") == 1, "it was deleted")
            last = next(one for one in reversed(watcher.events) if isinstance(one.body, Observed))
            took.append((last.stamp.wall - began) * 1000)
    print(f"a pod deleted: on record after {', '.join(f'{each:.0f}' for each in took)} ms, polled every 2 s")
    assert min(took) < 1_000


def test_a_quiet_list_serves_a_settle_time_without_a_gap(proxy: ApiProxy, writer: Writer, tmp_path: Path) -> None:
    """Readings pass without a fault for longer than `stale_after`, so a settle time of that length is served."""
    quiet = signal("pods", every=0.25, stale_after=6.0, rule="value.total == 1")
    with running(session_of(proxy, quiet), tmp_path / "journal.jsonl") as (_, watcher):
        watcher.until(lambda session: bool(proxy.watches), "the list is watched")
        seen = len(observed(watcher, "pods"))
        # Each watch lasts half of `stale_after`.
        watcher.until(lambda session: len(proxy.watches) >= 3, "the watch is renewed twice")
        watcher.until(lambda session: len(observed(watcher, "pods")) >= seen + 20, "twenty readings")
    answers = observed(watcher, "pods")
    assert all(isinstance(one.answer, Reading) and one.verdict.level is Level.PASS for one in answers), answers
    assert proxy.lists(proxy.watches[0].path) == 2


def test_a_frozen_connection_is_no_data_within_its_limit(proxy: ApiProxy, writer: Writer, tmp_path: Path) -> None:
    frozen = signal("pods", every=0.25, stale_after=4.0, rule="value.total == 1")
    with running(session_of(proxy, frozen), tmp_path / "journal.jsonl") as (_, watcher):
        watcher.until(lambda session: bool(proxy.watches), "the list is watched")
        watcher.until(lambda session: session.signals["pods"].verdict.level is Level.PASS, "it passes")
        with StoodStill() as stood_still:
            proxy.frozen, began = True, time.monotonic()
            watcher.until(lambda session: session.signals["pods"].verdict.level is Level.UNKNOWN, "no data")
        took = time.monotonic() - began - stood_still.seconds
        last = observed(watcher, "pods")[-1].answer
        assert isinstance(last, Fault)
        print(f"frozen: unknown after {took:.1f} s with stale_after 4 s: {last.kind}, {last.message}")
        proxy.frozen = False
        watcher.until(lambda session: session.signals["pods"].verdict.level is Level.PASS, "it passes again")
    assert took < 4.0 + 1.5
