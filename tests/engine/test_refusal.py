"""An HTTP 401 to our own token: a fault, except where the rule is about a token that must be refused."""

from pathlib import Path

import pytest

from mmcockpit.core.model.checklist import Checklist, Phase
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.reading import FaultKind
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.signals import SignalState
from tests.engine.engine_run import running
from tests.servers.http import Answer, HttpServer

RULES = {
    "value.status == 401": Level.PASS,
    "value.status in [401, 403]": Level.PASS,
    "value.status != 200": Level.PASS,
    "value.status == 200": Level.UNKNOWN,
    "value.status < 500": Level.UNKNOWN,
    "value.status == 200 && value.json.ok": Level.UNKNOWN,
}


def answered(signal: SignalState) -> bool:
    """Tell whether the server answered: on a busy machine the first polls may end without that."""
    return signal.reading is not None or (signal.fault is not None and signal.fault.kind is FaultKind.UNAUTHORISED)


def test_a_token_that_must_be_refused_passes_and_one_of_ours_is_unknown(
    http_server: HttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_TOKEN", "test-api-key")
    http_server.answers["/v1/models"] = Answer(401, '{"error": "rate_limit_exceeded"}')
    signals = tuple(
        Signal(f"s{number}", rule, "web", "get", args={"path": "/v1/models"}, every=0.2, rule=Rule(rule))
        for number, rule in enumerate(RULES)
    )
    source = SourceSpec("web", "http", {"url": http_server.url, "token": {"env": "TEST_TOKEN"}}, budget=100.0)
    checklist = Checklist("c", "C", (Phase("p", "P", ()),))
    asked = Cockpit("Test", "test", checklist, signals, Layout("none", ()), (source,))
    with running(asked, tmp_path / "20261206T020000Z-test-0000" / "journal.jsonl") as (_, screen):
        screen.until(lambda session: all(map(answered, session.signals.values())), "all were answered")
        verdicts = {one.signal.title: one.verdict for one in screen.session.signals.values()}
    assert {rule: verdict.level for rule, verdict in verdicts.items()} == RULES
    assert verdicts["value.status == 200"].because.startswith("unauthorised: ")
