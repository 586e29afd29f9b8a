"""Every sort of answer to every sort of question: good ones, refusals, failures to answer, and nonsense."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from mmcockpit.core.model.signal import Rule
from mmcockpit.sources.prometheus.compare.probe import DEFAULT_RULE as COMPARE_RULE
from mmcockpit.sources.prometheus.slo import DEFAULT_RULE
from tests.servers.http import Answer
from tests.sources.endless_server import starts
from tests.sources.raw import Script, says, silent

NOW = datetime.now(UTC).timestamp()
HTML = "<!doctype html><html><body>Sign in</body></html>"
QUERY = "/api/v1/query"
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/app"
REPLICA_SETS = "/apis/apps/v1/namespaces/default/replicasets"
ALERTS, SILENCES = "/api/v2/alerts", "/api/v2/silences"
FOR_GOOD = "2099-01-01T00:00:00Z"


@dataclass(frozen=True)
class Asked:
    """A question by HTTP: its source's kind, its rule, and the body of a good answer at its path.

    In the body `@` is replaced by a value in the middle of it: `good` there, and `odd` what another answer puts there.
    """

    kind: str
    probe: str
    args: Mapping[str, Any]
    rule: Rule
    path: str
    body: str
    good: str
    odd: Mapping[str, str] = field(default_factory=dict)
    empty: str = "[]"

    def with_(self, value: str) -> str:
        """Return the body with this value in the middle of it."""
        return self.body.replace("@", value)


def _success(data: str) -> str:
    return f'{{"status": "success", "data": {data}}}'


def vector(*rows: str) -> str:
    """Return a result with these series."""
    return _success(f'{{"resultType": "vector", "result": [{", ".join(rows)}]}}')


def _groups(of: Mapping[str, str]) -> str:
    """Return the discovery document of these groups, by the path of their only version."""
    versions = {
        group: {"groupVersion": path.removeprefix("/apis/"), "version": path.rsplit("/", 1)[1]}
        for path, group in of.items()
    }
    groups = [{"name": name, "versions": [one], "preferredVersion": one} for name, one in versions.items()]
    return json.dumps({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})


def _resources(kinds: Mapping[str, str]) -> str:
    """Return the discovery document of one version: plural to kind."""
    resources = [
        {"name": name, "kind": kind, "namespaced": True, "verbs": ["get", "list"]} for name, kind in kinds.items()
    ]
    return json.dumps({"kind": "APIResourceList", "groupVersion": "v1", "resources": resources})


COUNT = f'{{"metric": {{}}, "value": [{NOW}, @]}}'
COMPARED = {
    "kind": "counts",
    "baseline": {"errors": "sum(increase(e[$window]))", "total": "sum(increase(t[$window]))"},
    "candidate": {"errors": "sum(increase(f[$window]))", "total": "sum(increase(t[$window]))"},
}
OBJECTIVE = {"objective": 99.9, "errors": "sum(rate(e[$window]))", "total": "sum(rate(t[$window]))"}


def _ratios() -> str:
    """Return a result with errors and events of every window; the errors of 5m are the part that differs."""
    rows = [
        f'{{"metric": {{"slo_part": "{name} over {window}"}}, "value": [{NOW}, {number}]}}'
        for window in ("5m", "30m", "1h", "6h", "30d")
        for name, number in (("errors", "@" if window == "5m" else '"0.01"'), ("total", '"100"'))
    ]
    return vector(*rows)


ROW = f'{{"metric": {{"n": "a"}}, "value": [{NOW}, @]}}'
OTHER = f'{{"metric": {{"n": "b"}}, "value": [{NOW}, "0.1"]}}'
FLOATS = {"NaN": '"NaN"', "Inf": '"+Inf"', "wrong type": "[1]"}
TARGET = f'{{"labels": {{"job": "app"}}, "health": @, "lastScrape": "{datetime.now(UTC).isoformat()}"}}'
STATUS = '{"state": "active", "silencedBy": [], "inhibitedBy": []}'
ALERT = f'{{"labels": {{"alertname": @}}, "annotations": {{}}, "startsAt": "{FOR_GOOD}", "status": {STATUS}}}'
TIMES = ", ".join(f'"{name}": "{FOR_GOOD}"' for name in ("updatedAt", "startsAt", "endsAt"))
SILENCE = f'{{"id": @, "comment": "", "createdBy": "bo", {TIMES}, "status": {{"state": "active"}}, "matchers": []}}'
READY = '{"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}'
POD = f'{{"metadata": {{"name": "a", "uid": @}}, "spec": {{"containers": []}}, "status": {READY}}}'
COUNTS = '{"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}'
ROLLOUT = f'{{"metadata": {{"generation": 1}}, "spec": {{"replicas": @}}, "status": {COUNTS}}}'

ARGO, FLUX = "/apis/argoproj.io/v1alpha1", "/apis/kustomize.toolkit.fluxcd.io/v1"
FLAGGER = "/apis/flagger.app/v1beta1"
CANARY = (
    '{"metadata": {"name": "app", "generation": 1}, "spec": {"replicas": @, "strategy": {"canary": {}}}, '
    '"status": {"phase": "Healthy", "observedGeneration": "1", "currentPodHash": "h", "stableRS": "h", '
    '"updatedReplicas": 1, "availableReplicas": 1}}'
)
ANALYSIS = '{"metadata": {"name": "app"}, "status": {"phase": @, "metricResults": []}}'
APPLICATION = (
    '{"metadata": {"name": "app"}, "spec": {"source": {"targetRevision": "main"}}, "status": {"health": '
    '{"status": "Healthy"}, "sync": {"status": @, "comparedTo": {"source": {"targetRevision": "main"}}}}}'
)
FLAGGER_CANARY = (
    '{"metadata": {"name": "app"}, "spec": {"targetRef": {"kind": "Deployment", "name": "app"}}, "status": '
    '{"phase": @, "conditions": [{"type": "Promoted", "status": "True"}]}}'
)
KUSTOMIZATION = (
    '{"metadata": {"name": "app", "generation": 1}, "status": {"observedGeneration": 1, '
    '"conditions": [{"type": "Ready", "status": @}]}}'
)
LAB = "/apis/lab.example.test/v1"
WIDGET = (
    '{"metadata": {"name": "app", "generation": 1}, "status": {"observedGeneration": 1, '
    '"conditions": [{"type": "Ready", "status": @}]}}'
)
RELEASE = '{"metadata": {"name": "r", "labels": {"name": "app", "owner": "helm", "version": "3", "status": @}}}'
NO_ITEMS = '{"metadata": {}, "items": []}'
LOGS = 'sum(count_over_time({app="shop"} |= "error" [5m]))'
LINE = f'{{"stream": {{"app": "shop"}}, "values": [["{round(NOW) - 3}000000000", @]]}}'
CONFIG = b'{"os": "linux", "architecture": "amd64"}'
CONFIG_DIGEST = f"sha256:{sha256(CONFIG).hexdigest()}"
IMAGE = (
    '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": [], "config": '
    '{"mediaType": "application/vnd.oci.image.config.v1+json", "size": 40, "digest": @}}'
)


def streams(*rows: str) -> str:
    """Return a result with these streams of log lines."""
    return _success(f'{{"resultType": "streams", "result": [{", ".join(rows)}]}}')


BESIDE: dict[str, str] = {
    REPLICA_SETS: NO_ITEMS,
    f"{ARGO}/namespaces/default/analysisruns": NO_ITEMS,
    "/api/v1/namespaces/default": '{"metadata": {"name": "default"}}',
    DEPLOYMENT: ROLLOUT.replace("@", "1"),
    f"{DEPLOYMENT}-primary": ROLLOUT.replace("@", "1"),
    "/apis": _groups(
        {ARGO: "argoproj.io", FLAGGER: "flagger.app", FLUX: "kustomize.toolkit.fluxcd.io", LAB: "lab.example.test"}
    ),
    ARGO: _resources({"rollouts": "Rollout", "analysisruns": "AnalysisRun", "applications": "Application"}),
    FLAGGER: _resources({"canaries": "Canary"}),
    FLUX: _resources({"kustomizations": "Kustomization"}),
    LAB: _resources({"widgets": "Widget"}),
    "/loki/api/v1/query_range": streams(LINE.replace("@", '"ready"')),
    f"/v2/shop/api/blobs/{CONFIG_DIGEST}": CONFIG.decode(),
}
"""What is answered beside the question: kinds and empty lists of Kubernetes, streams of Loki, a blob of a registry."""

HTTP: dict[str, Asked] = {
    "prometheus.query": Asked(
        "prometheus", "query", {"query": "up"}, Rule("value < 1.0", numeric=True), QUERY, vector(ROW), '"0.5"',
        FLOATS, vector(),
    ),
    "prometheus.query each": Asked(
        "prometheus", "query", {"query": "up", "each": True}, Rule("value.all(one, one.value < 1.0)"), QUERY,
        vector(OTHER, ROW), '"0.5"', FLOATS, vector(),
    ),
    "prometheus.targets": Asked(
        "prometheus", "targets", {}, Rule("value.all(one, one.up)"), "/api/v1/targets",
        _success(f'{{"activeTargets": [{TARGET}]}}'), '"up"', {}, _success('{"activeTargets": []}'),
    ),
    "alertmanager.alerts": Asked(
        "alertmanager", "alerts", {}, Rule("size(value) == 1"), ALERTS, f"[{ALERT}]", '"Slow"'
    ),
    "alertmanager.silences": Asked(
        "alertmanager", "silences", {"since_start": False}, Rule("size(value) == 1"), SILENCES, f"[{SILENCE}]", '"1"'
    ),
    "kubernetes.get": Asked(
        "kubernetes", "get", {"kind": "Widget.lab.example.test", "name": "app"},
        Rule('value.ready.status == "Current"'), f"{LAB}/namespaces/default/widgets/app", WIDGET, '"True"', {}, "{}",
    ),
    "kubernetes.list": Asked(
        "kubernetes", "list", {"kind": "lab.example.test/v1/widgets"},
        Rule('value.all(one, one.ready.status == "Current")'), f"{LAB}/namespaces/default/widgets",
        f'{{"metadata": {{}}, "items": [{WIDGET}]}}', '"True"', {}, NO_ITEMS,
    ),
    "kubernetes.pods": Asked(
        "kubernetes", "pods", {}, Rule("value.ready > 0"), PODS, f'{{"metadata": {{}}, "items": [{POD}]}}', '"u"', {},
        '{"metadata": {}, "items": []}',
    ),
    "prometheus.compare": Asked(
        "prometheus", "compare", COMPARED, Rule(*COMPARE_RULE), QUERY, vector(COUNT), '"90"', FLOATS, vector()
    ),
    "prometheus.slo": Asked(
        "prometheus", "slo", OBJECTIVE, Rule(*DEFAULT_RULE), QUERY, _ratios(), '"0.01"', FLOATS, vector()
    ),
    "kubernetes.rollout": Asked(
        "kubernetes", "rollout", {"name": "app"}, Rule("value.complete"), DEPLOYMENT, ROLLOUT, "1", {}, "{}"
    ),
    "kubernetes.argo_rollout": Asked(
        "kubernetes", "argo_rollout", {"name": "app"}, Rule("value.complete"),
        f"{ARGO}/namespaces/default/rollouts/app", CANARY, "1", {}, "{}",
    ),
    "kubernetes.argo_analysis": Asked(
        "kubernetes", "argo_analysis", {"name": "app"}, Rule("value.complete"),
        f"{ARGO}/namespaces/default/analysisruns", f'{{"metadata": {{}}, "items": [{ANALYSIS}]}}', '"Successful"', {},
        NO_ITEMS,
    ),
    "kubernetes.argo_application": Asked(
        "kubernetes", "argo_application", {"name": "app"}, Rule("value.complete"),
        f"{ARGO}/namespaces/default/applications/app", APPLICATION, '"Synced"', {}, "{}",
    ),
    "kubernetes.flagger_canary": Asked(
        "kubernetes", "flagger_canary", {"name": "app"}, Rule("value.complete"),
        f"{FLAGGER}/namespaces/default/canaries/app", FLAGGER_CANARY, '"Succeeded"', {}, "{}",
    ),
    "kubernetes.flux": Asked(
        "kubernetes", "flux", {"kind": "Kustomization", "name": "app"}, Rule("value.complete"),
        f"{FLUX}/namespaces/default/kustomizations/app", KUSTOMIZATION, '"True"', {}, "{}",
    ),
    "kubernetes.helm": Asked(
        "kubernetes", "helm", {"name": "app"}, Rule("value.complete"), "/api/v1/namespaces/default/secrets",
        f'{{"metadata": {{}}, "items": [{RELEASE}]}}', '"deployed"', {}, NO_ITEMS,
    ),
    "loki.query": Asked(
        "loki", "query", {"query": LOGS}, Rule("value < 1.0", numeric=True), "/loki/api/v1/query", vector(COUNT),
        '"0.5"', FLOATS, vector(),
    ),
    "loki.query each": Asked(
        "loki", "query", {"query": LOGS, "each": True}, Rule("value.all(one, one.value < 1.0)"), "/loki/api/v1/query",
        vector(OTHER, ROW), '"0.5"', FLOATS, vector(),
    ),
    "loki.lines": Asked(
        "loki", "lines", {"query": '{app="shop"}'}, Rule("value.count > 0 && value.count < 5"),
        "/loki/api/v1/query_range", streams(LINE), '"ready"', {}, streams(),
    ),
    "registry.tag": Asked(
        "registry", "tag", {"image": "shop/api:1.0"}, Rule('value.exists && value.platforms == ["linux/amd64"]'),
        "/v2/shop/api/manifests/1.0", IMAGE, f'"{CONFIG_DIGEST}"', {}, "{}",
    ),
    "http.get": Asked(
        "http", "get", {"path": "/health", "json": {"queue": "queue"}},
        Rule("value.status == 200 && value.json.queue < 5"), "/health", '{"queue": @}', "3", {}, "{}",
    ),
}  # fmt: skip
"""Questions that are answered by JSON over HTTP."""

Making = Callable[[Asked], Answer | Script | None]


def _odd(name: str, otherwise: str) -> Making:
    return lambda asked: Answer(body=asked.with_(asked.odd.get(name, otherwise)))


def _status(code: int) -> Making:
    return lambda asked: Answer(code, "no")


def _warned(asked: Asked) -> Answer | None:
    if asked.kind not in ("prometheus", "loki"):
        return None
    whole = asked.with_(asked.good)
    return Answer(body=whole.replace("{", '{"warnings": ["store eu-2 did not answer"], ', 1))


def _of_prometheus(begins: str, headers: Mapping[str, str] = MappingProxyType({})) -> Making:
    """Make a whole result whose envelope has more fields, of Prometheus and of compatible servers."""

    def made(asked: Asked) -> Answer | None:
        whole = asked.with_(asked.good).replace("{", "{" + begins, 1)
        return Answer(body=whole, headers=headers) if asked.kind == "prometheus" else None

    return made


def _paged(asked: Asked) -> Answer | None:
    """A list of Kubernetes that has more and no way to it."""
    if asked.probe not in ("pods", "list", "argo_analysis"):
        return None
    return Answer(body=asked.with_(asked.good).replace("{}", '{"remainingItemCount": 5}', 1))


def _cut(asked: Asked) -> Answer:
    whole = asked.with_(asked.good)
    return Answer(body=whole, truncated_to=len(whole) // 2)


def sampled(seconds_ago: float, rows: str = vector()) -> Answer:
    """Return what Prometheus reports about the age of the newest sample, before the rows of a result."""
    vector = json.loads(rows)
    vector["data"]["result"].insert(0, {"metric": {}, "value": [NOW, str(NOW - seconds_ago)]})
    return Answer(body=json.dumps(vector))


def _skewed(asked: Asked) -> Answer:
    return sampled(-3600, asked.with_(asked.good)) if asked.probe == "slo" else sampled(-3600)


ANSWERS: dict[str, Making] = {
    "good": lambda asked: Answer(body=asked.with_(asked.good)),
    "refused": lambda asked: None,
    "timeout": lambda asked: silent,
    "half answer": lambda asked: starts(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
    "401": _status(401),
    "403": _status(403),
    "429": _status(429),
    "500": _status(500),
    "empty body": lambda asked: Answer(body=""),
    "empty result": lambda asked: Answer(body=asked.empty),
    "NaN": _odd("NaN", "NaN"),
    "Inf": _odd("Inf", "Infinity"),
    "null": _odd("null", "null"),
    "wrong type": _odd("wrong type", "[[]]"),
    "truncated": _cut,
    "HTML": lambda asked: Answer(body=HTML),
    "partial": _warned,
    "isPartial": _of_prometheus('"isPartial": true, '),
    "limited": _of_prometheus("", {"M3-Results-Limited": "max_fetch_series_limit_applied"}),
    "paged": _paged,
    "notes": _of_prometheus(
        '"infos": ["PromQL info: metric might not be a counter"], "warnings": ["PromQL warning: ignored histograms"], '
    ),
    "401 to token": _status(401),
    "stale sample": lambda asked: sampled(93) if asked.kind == "prometheus" else None,
    "clock skew": lambda asked: _skewed(asked) if asked.kind == "prometheus" else None,
    "huge": lambda asked: Answer(endless=True),
}
"""What a server answers to a question; None if it has no such answer, or if there is no server."""

PROMQL = {
    "good": "sum(rate(up[5m])) or vector(0)",
    "unknown name": "sum(rate(typo_total[5m])) or vector(0)",
    "empty history": "sum(rate(up[24h])) or vector(0)",
    "broken query": "sum(rate(up[5m])",
}
"""What a real Prometheus of a few seconds is asked, and answers."""

LET_IN = b"R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05I"
POSTGRES: dict[str, Script] = {
    "timeout": starts(LET_IN),
    "empty body": says(b""),
    "truncated": says(LET_IN),
    "HTML": says(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>"),
}
SQL = {
    "good": "SELECT 0.5::float8",
    "500": "SELECT 1 / 0",
    "empty result": "SELECT 1 WHERE false",
    "NaN": "SELECT 'NaN'::float8",
    "Inf": "SELECT 'Infinity'::float8",
    "null": "SELECT NULL::float8",
    "wrong type": "SELECT 'many'::text",
}
"""What a real PostgreSQL is asked, and answers."""
FILES = {
    "good": '{"queue": 3}',
    "empty body": "",
    "empty result": "{}",
    "NaN": '{"queue": NaN}',
    "Inf": '{"queue": Infinity}',
    "null": '{"queue": null}',
    "wrong type": '{"queue": "many"}',
    "truncated": '{"queue": ',
    "HTML": HTML,
    "huge": '{"queue": 3}' + " " * (2 << 20),
}
