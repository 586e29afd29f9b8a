"""A failover is a recorded event, and readings continue."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.state.session import Session
from mmcockpit.engine.engine import Engine
from mmcockpit.journal.reader import read
from mmcockpit.simulator.servers.valkey import Valkey
from mmcockpit.sources.prometheus.source import PrometheusSource
from tests.conftest import PrometheusFactory
from tests.engine.engine_run import cache_signal, cockpit, running
from tests.servers.wait import PATIENCE_S, wait_until

pytestmark = pytest.mark.server


def failovers(session: Session) -> list[tuple[str, str, str]]:
    found = [event.body for event in session.log if isinstance(event.body, facts.FailedOver)]
    return [(body.what, body.was, body.now) for body in found]


def test_another_redis_behind_the_address_is_an_event_and_readings_continue(tmp_path: Path) -> None:
    journal = tmp_path / "20261206T020000Z-test-0000" / "journal.jsonl"
    with Valkey(tmp_path / "first") as server, running(cockpit(server.url), journal) as (_, screen):
        screen.until(lambda session: session.signals["clients"].reading is not None, "it is read")
        server.stop()
        screen.until(lambda session: session.signals["clients"].fault is not None, "it is gone")
        server.start()
        screen.until(lambda session: session.signals["clients"].fault is None, "it is read again")
        screen.until(lambda session: len(failovers(session)) == 1, "another run id is an event")
        assert failovers(screen.session)[0][0] == "run_id"
        assert not screen.session.strangers


def test_a_change_of_role_is_an_event_without_a_fault(tmp_path: Path) -> None:
    journal = tmp_path / "20261206T020000Z-test-0000" / "journal.jsonl"
    signal = replace(cache_signal("role", "value.role != ''", args={}), probe="replication")
    with Valkey(tmp_path / "first") as first, Valkey(tmp_path / "second", replica_of=first) as second:
        source = SourceSpec("cache", "redis", {"url": second.url}, budget=200.0)
        with running(replace(cockpit(second.url, signal), sources=(source,)), journal) as (_, screen):
            screen.until(lambda session: session.signals["role"].reading is not None, "it is read")
            second.ask("REPLICAOF", "NO", "ONE")
            screen.until(lambda session: ("role", "slave", "master") in failovers(session), "the role changed")
    answers = [event.body.answer for event in read(journal) if isinstance(event.body, facts.Observed)]
    assert not [answer for answer in answers if isinstance(answer, Fault)]


def known_member(engine: Engine) -> str:
    """Return which Prometheus the source of an engine knows; nothing that it publishes shows it."""
    source = engine._connections._sources["metrics"]
    assert isinstance(source, PrometheusSource)
    return source._member._last


def test_another_member_of_a_prometheus_pair_is_an_event_and_readings_continue(
    prometheus_factory: PrometheusFactory, tmp_path: Path
) -> None:
    journal = tmp_path / "20261206T020000Z-test-0000" / "journal.jsonl"
    server = prometheus_factory()
    signal = Signal(
        "one",
        "one",
        "metrics",
        "query",
        args={"query": "vector(1)"},
        every=0.2,
        timeout=PATIENCE_S,
        rule=Rule("value == 1.0", numeric=True),
    )
    source = SourceSpec("metrics", "prometheus", {"url": server.url}, budget=200.0)
    asked = replace(cockpit("redis://127.0.0.1:1", signal), sources=(source,))
    with running(asked, journal) as (engine, screen):
        screen.until(lambda session: session.signals["one"].reading is not None, "it is read")
        wait_until(lambda: known_member(engine) != "", "it is known who answers")
        server.stop()
        screen.until(lambda session: session.signals["one"].fault is not None, "it is gone")
        server.start()
        screen.until(lambda session: len(failovers(session)) == 1, "another member is an event")
        screen.until(lambda session: session.signals["one"].fault is None, "it is read again")
        assert failovers(screen.session)[0][0] == "member"
