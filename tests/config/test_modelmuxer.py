"""The shipped ModelMuxer checklist: every item polls what it should, and every rule decides results."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.checklist import Hold, Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Abort
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.cel.evaluation import is_true
from mmcockpit.core.rules.judge import hold_of, judge
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from tests.config.files import cockpit as written_cockpit
from tests.config.modelmuxer import (
    DEMO,
    FOLDER,
    MEANS,
    by_section,
    changed,
    demo,
    item,
    level,
    other_names,
    readings,
    session,
    signal,
)

CAN_BE_SENSED = {
    "Security & Compliance": "apppppaapm",
    "Database & Storage": "aappampa",
    "Redis & Caching": "aaaaap",
    "Kubernetes Configuration": "aaaaapaa",
    "Networking & Load Balancing": "aaappmp",
    "Monitoring & Observability": "aaapppmm",
    "CI/CD Pipeline": "aaaappp",
    "Infrastructure": "apmmpm",
    "Security": "mmmmpm",
    "Performance": "pmmamm",
    "Operations": "apppmm",
    "Pre-Deployment Steps": "paapmpmp",
    "Deployment Steps": "aaaappap",
    "Post-Deployment Verification": "aaaaaaaaap",
    "Final Verification": "mmmmpp",
    "Go-Live Steps": "aaaama",
    "Post Go-Live (First 24 Hours)": "aapamm",
}
"""Section to its items in order: wholly sensed (a), partly (p), manual (m)."""
MODES = {"a": Mode.SENSED, "p": Mode.ATTESTED, "m": Mode.MANUAL}
ATTESTED_ALL_THE_SAME = {
    ("Redis & Caching", "Persistence"): "one node is asked, the others are not",
    ("Deployment Steps", "Database Backup"): "the size of the dump is not told",
}
"""Items that could be sensed wholly, but that our sources see only in part."""
HOLDS = {
    "Read Replicas": "2m",
    "Redis Cluster": "2m",
    "Prometheus": "2m",
    "Deploy Infrastructure": "2m",
    "Deploy Application": "2m",
    "Health Checks": "2m",
    "Performance Check": "5m",
    "Database Connectivity": "2m",
    "Cache Functionality": "5m",
    "External APIs": "5m",
    "Alerts": "5m",
    "Logs": "5m",
    "Traffic Monitoring": "15m",
    "Performance Monitoring": "15m",
    "Error Monitoring": "15m",
    "System Health": "30m",
}
DAY = Hold(3600.0, 86_400.0)


def test_every_item_that_can_be_sensed_has_a_signal() -> None:
    for section, items in by_section():
        for letter, one in zip(CAN_BE_SENSED[section], items, strict=True):
            wanted = Mode.ATTESTED if (section, one.title) in ATTESTED_ALL_THE_SAME else MODES[letter]
            assert one.mode is wanted, (section, one.title)
            assert bool(one.signal) is (letter != "m"), (section, one.title)
    letters = "".join(CAN_BE_SENSED.values())
    assert (letters.count("a"), letters.count("p"), letters.count("m")) == (56, 38, 28)


def test_an_attested_item_explains_what_to_check_manually() -> None:
    assert [one.title for one in demo().checklist.items if one.mode is Mode.ATTESTED and not one.caveat] == []


def test_holds_are_those_of_the_go_live() -> None:
    for one in demo().checklist.items:
        if one.signal and one.title in HOLDS:
            seconds = float(HOLDS[one.title][:-1]) * 60
            if one.title == "Health Checks" and "verification" not in one.id:
                continue
            assert one.hold == Hold(seconds, seconds) or "readiness" in one.id, one.id
    post = "Post Go-Live (First 24 Hours)"
    assert [item(post, title).hold for title in ("System Stability", "Performance Metrics", "Error Rates")] == [DAY] * 3
    assert item(post, "User Experience").hold == Hold(86_400.0, 86_400.0)


@pytest.mark.parametrize(("ttl", "seconds"), [("60", 600.0), ("300", 600.0), ("3600", 7200.0)])
def test_the_cutover_holds_for_twice_the_old_time_to_live(ttl: str, seconds: float) -> None:
    cockpit = load_cockpit(DEMO, sources, vars={"old_ttl": ttl}).cockpit
    made = Session()
    opened = facts.Opened("s", "x", "me", "here", facts.SessionMode.DEMO, cockpit)
    evolve(made, facts.Event(1, Stamp(0.0, 0.0), opened))
    one = next(one for one in cockpit.checklist.items if one.title == "DNS Cutover")
    assert hold_of(one, made) == (seconds, seconds)


def test_aborts_baseline_and_readiness_are_those_of_the_go_live(tmp_path: Path) -> None:
    found = load_cockpit(written_cockpit(tmp_path, "checklist: modelmuxer\n"), sources).cockpit
    assert found.aborts == (Abort("error_rate", 120.0, "deployment"), Abort("p95", 180.0, "deployment"))
    assert {"error_rate", "p95", "rps", "traffic", "mean_latency"} <= set(found.baseline.signals)
    assert found.readiness == ("previous_revision", "image_pinned", "backup_age", "dns_ttl")
    assert found.allow.active == ()


def test_active_signals_are_polled_only_on_request() -> None:
    posts = {one.name for one in demo().signals if one.probe == "post"}
    active = {one.name for one in demo().signals if one.active}
    assert posts <= active
    assert active - posts == {"rate_burst", "smoke_models", "synthetic_alert"}
    assert all(one.valid_for >= 3600 for one in demo().signals if one.active)
    polled = [one for one in demo().signals if one.source == "api" and "/v1/" in str(one.args) and not one.active]
    assert {one.name: one.every for one in polled} == {"own_key": 300.0}, "the API allows 60 requests a minute and key"


def test_every_rule_decides_a_good_answer() -> None:
    """No rule is undecided, and the answers of a healthy production are good ones."""
    members = {one.name for one in demo().signals if one.probe in ("all_of", "any_of")}
    # Procedures that carry the go-live forward were not checked when the readings were recorded.
    polled = [one for one in demo().signals if not one.procedure or one.name in readings()]
    assert {one.name for one in polled} - members == set(readings()) - {"asked"}
    for one in polled:
        value = readings().get(one.name, {"passing": ["a"], "failing": [], "warning": []})
        assert level(one.name, value) is Level.PASS, one.name
        for text in filter(None, (one.rule.applies, one.rule.passes, one.rule.warns)):
            scope = {"value": 0.0 if value == [] and one.rule.numeric else value, "vars": demo().vars}
            times = {"now": "timestamp('2030-01-01T00:00:00Z')", "started": "timestamp('2020-01-01T00:00:00Z')"}
            for name, said in times.items():
                text = re.sub(rf"(?<![\w.]){name}(?![\w(])", said, text)
            given = {"baseline": MEANS[one.name]} if one.name in MEANS else {}
            truth = is_true(text, one.rule.numeric, {**scope, **given})
            assert isinstance(truth, bool), (one.name, text, truth)


NO_JOB = {"total": 0, "running": 0, "retrying": 0, "finished": 0, "newest": "", "succeeded": False, "finished_at": 0.0}

BAD: list[tuple[str, Any, Level]] = [
    # An empty result, or no request at all: never passing, never failing.
    ("error_rate", [], Level.UNKNOWN),
    ("failures", [], Level.UNKNOWN),
    ("refused_chats", [], Level.UNKNOWN),
    ("refused_chats", 86 / 213, Level.FAIL),
    ("circuit_open", [], Level.UNKNOWN),
    ("pii_email", [], Level.UNKNOWN),
    ("provider_errors", [], Level.UNKNOWN),
    ("failures", [{"labels": {"of": "providers"}, "value": 0.0}], Level.UNKNOWN),
    ("deployment_limits", [], Level.UNKNOWN),
    ("nodes", [], Level.UNKNOWN),
    # An empty answer that is one.
    ("critical_alerts", [], Level.PASS),
    ("silences", [], Level.PASS),
    ("set_limits", [], Level.PASS),
    ("database_backup", NO_JOB, Level.WARN),
    ("cache_warm", {}, Level.WARN),
    ("cache_warm", {"db3": {"keys": 2}}, Level.PASS),
    # Thresholds.
    ("error_rate", 0.011, Level.WARN),
    ("error_rate", 0.05, Level.FAIL),
    ("p95", 4999.0, Level.WARN),
    ("p95", 5000.0, Level.FAIL),
    ("pii_overreach", 3.0, Level.FAIL),
    ("redis_limit", 1.0, Level.FAIL),
    ("redis_hit_rate", 0.6, Level.FAIL),
    ("unscraped_pods", 2.0, Level.FAIL),
    ("traffic", 10.0, Level.WARN),
    ("traffic", 500.0, Level.FAIL),
    ("mean_latency", 961.0, Level.FAIL),
]


@pytest.mark.parametrize(("name", "value", "expected"), BAD, ids=lambda part: str(part)[:24])
def test_an_answer_counts_for_what_it_is(name: str, value: Any, expected: Level) -> None:
    assert level(name, value) is expected


def test_without_a_baseline_what_compares_with_it_is_unknown() -> None:
    assert level("traffic", 38.0, baseline=False) is Level.UNKNOWN
    assert level("mean_latency", 480.0, baseline=False) is Level.UNKNOWN


TRAPS: list[tuple[str, str, Any, Level]] = [
    # A stream that fails is a 200, and shows only on the provider's side.
    ("failures", "1.value", 0.06, Level.FAIL),
    ("failures", "1.value", 0.3, Level.FAIL),
    ("smoke_stream", "text", 'data: {"error": {"message": "All providers failed"}}\n\n', Level.FAIL),
    ("smoke_stream", "text", 'data: {"error": {}}\n\ndata: [DONE]\n\n', Level.FAIL),
    ("smoke_stream", "text", 'data: {"choices": []}\n\n', Level.FAIL),
    # Rules that are loaded but can never fire, are not loaded, or are not evaluated.
    ("alert_rules", "never", ["ProviderDown: unknown series modelmuxer_provider_available"], Level.FAIL),
    ("alert_rules", "missing", ["ProviderDown"], Level.FAIL),
    ("alert_rules", "late", ["ProviderDown: evaluated 2m ago"], Level.FAIL),
    ("alert_rules", "unhealthy", ["ProviderDown: many-to-many"], Level.FAIL),
    ("alert_rules", "loaded", 0, Level.FAIL),
    ("pg_rules", "never", ["PostgreSQLHighConnections: both sides have series but no labels in common"], Level.FAIL),
    ("redis_rules", "missing", ["RedisDown"], Level.FAIL),
    # Jobs without targets, and targets that are not up.
    ("targets_up", "missing", ["node-exporter", "cadvisor"], Level.FAIL),
    ("targets_up", "down", ["redis 10.0.0.1:9121: connection refused"], Level.FAIL),
    ("targets_up", "total", 0, Level.FAIL),
    # A key that everybody knows: only its refusal as invalid counts.
    ("test_key", "status", 200, Level.FAIL),
    ("test_key", "status", 500, Level.FAIL),
    ("test_key", "status", 403, Level.FAIL),
    ("test_key", "text", "401: {'error': {'message': 'Missing API key. Please provide a valid API key'}}", Level.FAIL),
    ("test_key", "text", "429: {'error': {'message': 'Rate limit exceeded: too many requests per hour'}}", Level.FAIL),
    ("test_key", "text", "", Level.FAIL),
    ("own_key", "status", 403, Level.FAIL),
    # Another provider answers, or another model.
    ("chat_1", "json", {"provider": "openai", "model": "gpt-4o"}, Level.FAIL),
    ("chat_2", "json", {"provider": "openai", "model": "gpt-4o-mini"}, Level.FAIL),
    ("chat_3", "json", {"provider": "openai", "model": "mistral-small-latest"}, Level.FAIL),
    ("chat_3", "status", 502, Level.FAIL),
    # Critical alerts that end at a receiver without an integration, or are never sent.
    ("alert_receivers", "lost", ["RedisDown → null (no integration)"], Level.FAIL),
    ("alert_receivers", "delivered", [], Level.FAIL),
    ("synthetic_alert", "delivered", [], Level.FAIL),
    ("alert_sender", "sends", False, Level.FAIL),
    # An autoscaler's metric without a producer: Kubernetes leaves an empty entry.
    ("hpa", "without_value", ["pods requests_per_second"], Level.FAIL),
    ("hpa", "active", False, Level.FAIL),
    ("hpa", "limited", True, Level.WARN),
    ("pdb", "covered", 2, Level.FAIL),
    ("pdb", "observed", False, Level.FAIL),
    ("pdb", "others", ["another"], Level.FAIL),
    ("hpa", "target", "another", Level.FAIL),
    ("previous_revision", "paused", True, Level.FAIL),
    ("backup_age", "last_failed", True, Level.FAIL),
    ("ingress_service", "ready", 0, Level.FAIL),
    ("ingress", "class", "traefik", Level.FAIL),
    ("pdb", "pods", 0, Level.FAIL),
    ("infrastructure", "0.complete", False, Level.FAIL),
    ("infrastructure_sets", "1.complete", False, Level.FAIL),
    ("read_pods", "complete", False, Level.FAIL),
    ("nodes", "0.spec", {"unschedulable": True}, Level.FAIL),
    ("restarted", "restarted_at", "2026-11-28T02:00:00Z", Level.PASS),
    ("pods_ready", "ready", 0, Level.FAIL),
    ("rollout", "stuck", ["CrashLoopBackOff"], Level.PASS),
    ("rollout", "available", 0, Level.FAIL),
    ("rollout", "available", 1, Level.WARN),
    # A quota that is smaller than what the replicas need.
    ("quota_growth", "0.value", -3.6, Level.FAIL),
    ("quota_refusals", "0.status", {"conditions": [{"type": "ReplicaFailure", "status": "True"}]}, Level.FAIL),
    ("quota_refusals", "0.status", {}, Level.PASS),
    # As delivered.
    ("probes", "0.probes.startup.path", "/health/startup", Level.FAIL),
    ("probes", "0.probes.readiness.kind", "", Level.FAIL),
    ("probes", "0.probes.liveness", {"kind": "grpc", "path": ""}, Level.PASS),
    ("ready_answers", "status", 404, Level.FAIL),
    ("secrets", "0.data", {"API_KEY": {"bytes": 22, "base64": False, "placeholder": True}}, Level.FAIL),
    ("jwt_key", "data", {}, Level.FAIL),
    ("jwt_key", "data.JWT_SECRET_KEY.bytes", 31, Level.FAIL),
    ("encryption_keys", "data.ENCRYPTION_KEY.base64", False, Level.FAIL),
    ("role", "rules.0.verbs", ["get", "*"], Level.FAIL),
    ("role", "rules", [], Level.FAIL),
    ("role_secrets", "allowed", ["get secrets"], Level.FAIL),
    ("account_writes", "allowed", ["delete deployments"], Level.FAIL),
    ("ingress", "broken", ["api.modelmuxer.com/ → modelmuxer-service:8000: no ready endpoint"], Level.FAIL),
    ("ingress", "backends", [], Level.FAIL),
    ("ingress", "addresses", [], Level.FAIL),
    ("ingress", "annotations", {"nginx.ingress.kubernetes.io/rewrite-target": "/"}, Level.FAIL),
    ("rate_annotations", "annotations", {"nginx.ingress.kubernetes.io/rate-limit": "60"}, Level.FAIL),
    ("policy_namespaces", "ingress.monitoring", False, Level.FAIL),
    ("network_policy", "egress_isolated", False, Level.FAIL),
    ("network_policy", "unselected", ["modelmuxer-1"], Level.FAIL),
    ("network_policy", "pods", 0, Level.FAIL),
    ("policy_pods", "open", True, Level.FAIL),
    ("policy_ports", "egress.443", False, Level.FAIL),
    ("image_pinned", "0.unpinned", ["ghcr.io/modelmuxer/modelmuxer:latest"], Level.FAIL),
    ("previous_revision", "previous", 0, Level.FAIL),
    ("role_binding", "subjects.0.namespace", "another", Level.FAIL),
    ("hardened", "0.count", 1, Level.FAIL),
    ("hardened", "0.writable_root", ["api"], Level.FAIL),
    ("hardened", "0.token", True, Level.FAIL),
    ("deployment_limits", "0.name", "another", Level.FAIL),
    ("deployment_limits", "0.without_limits", ["api: memory"], Level.FAIL),
    ("rollout", "image", "ghcr.io/modelmuxer/modelmuxer:2.4.1@sha256:0000", Level.WARN),
    ("migrations", "present", False, Level.WARN),
    ("redis_backup", "saved", False, Level.FAIL),
    ("redis_backup", "last_ok", False, Level.FAIL),
    ("cache_warm", "db0.keys", 0, Level.FAIL),
    ("migrations", "version", "", Level.FAIL),
    ("zones", "zones", ["eu-central-1a"], Level.FAIL),
    ("backup_age", "exists", False, Level.FAIL),
    ("backup_age", "suspended", True, Level.FAIL),
    ("backup_age", "longest_gap_s", 604800.0, Level.FAIL),
    ("backup_age", "last_success_age_s", 93601.0, Level.FAIL),
    ("database_backup", "finished_at", 1577836800.0, Level.WARN),
    ("database_backup", "succeeded", False, Level.FAIL),
    ("migration_job", "succeeded", False, Level.FAIL),
    ("config_backup", "modified", 1.0, Level.WARN),
    ("config_backup", "size", 0, Level.FAIL),
    ("logs", "tracebacks", 1, Level.FAIL),
    ("logs", "per_minute_errors", 40.0, Level.FAIL),
    ("certificate_days", "verified", False, Level.FAIL),
    ("certificate_ready", "status.conditions.0.status", "False", Level.FAIL),
    ("cutover_host", "expected", False, Level.WARN),
    ("cutover_host", "agree", False, Level.PASS),
    ("dns_ttl", "authoritative_ttl", 3600, Level.FAIL),
    ("dns_ttl", "agree", False, Level.FAIL),
    # The rollback has not led back.
    ("rollout_complete", "complete", False, Level.WARN),
    ("rollout_complete", "paused", True, Level.FAIL),
    ("old_image", "digests", ["sha256:151be19416b0225d5fcd53118f96fddfc825063695bb09e98cf57193717194fe"], Level.WARN),
    ("old_image", "digests", [], Level.WARN),
    ("old_image", "ready", 0, Level.FAIL),
    ("old_image", "undigested", 1, Level.WARN),
    ("back_host", "expected", False, Level.WARN),
    # A tool that failed has found nothing out.
    ("image_scan", "exit", 3, Level.FAIL),
    ("image_scan", "exit", 1, Level.UNKNOWN),
    ("config_diff", "exit", 1, Level.FAIL),
    ("config_diff", "exit", 127, Level.UNKNOWN),
    ("workflows", "json", [], Level.FAIL),
    ("workflows", "json.0.conclusion", "", Level.WARN),
    ("workflows", "json.0.conclusion", "failure", Level.FAIL),
    ("rate_burst", "stdout", "200 200 200 ", Level.FAIL),
    ("rate_burst", "stdout", "401 401 401  401", Level.FAIL),
    ("rate_burst", "stdout", f"{'200 ' * 60}{{'message': 'Invalid API key provided.'}} 401", Level.FAIL),
    ("rate_burst", "stdout", f"{'200 ' * 60} 429", Level.PASS),
]


@pytest.mark.parametrize(("name", "path", "value", "expected"), TRAPS, ids=lambda part: str(part)[:24])
def test_a_trap_is_no_good_answer(name: str, path: str, value: Any, expected: Level) -> None:
    assert level(name, changed(name, path, value)) is expected


@pytest.mark.parametrize(
    ("name", "value", "applies"),
    [
        ("mesh", {"total": 3, "containers": {"api": 3}}, False),
        ("mesh", {"total": 3, "containers": {"api": 3, "istio-proxy": 3}}, True),
        ("pooler", [{"name": "modelmuxer"}], False),
        ("blue_green", [{"name": "blue", "label": "", "differing": 0}], False),
        ("cdn", {"status": 200, "headers": {"via": "", "cf-ray": ""}}, False),
        ("cdn", {"status": 200, "headers": {"via": "1.1 varnish", "cf-ray": ""}}, True),
        ("maintenance_window", {"configured": False, "inside": False}, False),
    ],
)
def test_what_is_not_there_does_not_apply(name: str, value: Any, applies: bool) -> None:
    verdict = judge(signal(name), Reading(value), session(), Stamp(1.0, readings()["asked"]))
    assert (verdict.raw, verdict.applies) == (Level.PASS, applies)


def test_a_mesh_in_only_some_pods_fails() -> None:
    assert level("mesh", {"total": 2, "containers": {"api": 2, "istio-proxy": 1}}) is Level.FAIL
    assert level("mesh", {"total": 0, "containers": {}}) is Level.FAIL


def test_both_worlds_of_names_are_asked_for() -> None:
    given = other_names()
    assert set(given) <= set(demo().vars), "the comment names a var that nothing uses"
    other = load_cockpit(DEMO, sources, vars=given).cockpit
    asked = {one.name: str(one.args) for one in other.signals}
    for name in ("pods_ready", "rollout", "hpa", "secrets", "volumes", "read_pods", "redis_nodes", "backup_age"):
        assert "production" in asked[name] or "backup-database" in asked[name], name
    kinds = next(one.args for one in other.signals if one.name == "read_pods")
    assert (kinds["kind"], kinds["name"]) == ("statefulset", "postgresql-production-read")
    left = {
        one.name for one in other.signals if one.source == "cluster" and "'namespace': 'modelmuxer'" in str(one.args)
    }
    assert left == set()


def test_every_var_is_used() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml"))
    own = yaml.safe_load((FOLDER / "checklist.yaml").read_text(encoding="utf-8"))["vars"]
    assert [name for name in own if f"${{{name}}}" not in texts and f"vars.{name}" not in texts] == []
