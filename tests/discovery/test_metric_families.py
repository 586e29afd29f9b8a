"""Every family of request metrics in a real Prometheus: which signals there are, and what they measure."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import PrometheusFactory
from tests.discovery.command import Program
from tests.discovery.metrics import Backfill, utf8_series
from tests.servers.go_programs import go_program
from tests.servers.needs import need
from tests.servers.victoria_metrics import VictoriaMetrics

HTTP = {"200": 90.0, "404": 5.0, "503": 5.0}
CLASSES = {"2": 90.0, "4": 5.0, "5": 5.0}
GRPC = {"OK": 90.0, "NotFound": 5.0, "Internal": 5.0}
KUBERNETES = {"namespace": "store"}


def http(found: Backfill) -> None:
    """Add services that name the result of a request in different ways, one without errors, and an idle one."""
    for job, code in (("plain", "status"), ("coded", "code"), ("spelled", "status_code")):
        found.requests("http_requests_total", {"job": job, **KUBERNETES}, code, HTTP)
    found.histogram("http_request_duration_seconds", {"job": "plain", **KUBERNETES}, 100.0)
    found.requests("http_requests_total", {"job": "calm", **KUBERNETES}, "code", {"200": 100.0})
    found.requests("http_requests_total", {"job": "idle", **KUBERNETES}, "code", {"200": 0.0, "500": 0.0})
    found.histogram("http_request_duration_seconds", {"job": "idle", **KUBERNETES}, 0.0)


def otel(found: Backfill) -> None:
    """Add the metrics of OpenTelemetry's SDKs."""
    labels = {"job": "otel", "namespace": "otel"}
    found.requests("http_server_request_duration_seconds_count", labels, "http_response_status_code", HTTP)
    found.histogram("http_server_request_duration_seconds", labels, 100.0)


def bare(found: Backfill) -> None:
    """Add the metrics of OpenTelemetry's SDKs where Prometheus adds no units to their names."""
    labels = {"job": "otel", "namespace": "bare"}
    found.requests("http_server_request_duration_count", labels, "http_response_status_code", HTTP)
    found.histogram("http_server_request_duration", labels, 100.0)


def mesh(found: Backfill) -> None:
    """Add a service in Istio, reported by both sides."""
    labels = {"job": "kubernetes-pods", "destination_service_name": "cart", "destination_service_namespace": "mesh"}
    for reporter in ("source", "destination"):
        found.requests("istio_requests_total", {**labels, "reporter": reporter}, "response_code", HTTP)
        found.histogram("istio_request_duration_milliseconds", {**labels, "reporter": reporter}, 100.0, 1000)


def edge(found: Backfill) -> None:
    """Add an ingress of ingress-nginx, whose own namespace is another one."""
    labels = {"job": "ingress", "namespace": "ingress-nginx", "exported_namespace": "edge", "ingress": "web"}
    found.requests("nginx_ingress_controller_requests", labels, "status", HTTP)
    found.histogram("nginx_ingress_controller_request_duration_seconds", labels, 100.0)


def proxy(found: Backfill) -> None:
    """Add Envoy, which counts by code and by class of codes."""
    labels = {"job": "envoy", "namespace": "proxy"}
    found.requests("envoy_cluster_upstream_rq_xx", labels, "envoy_response_code_class", CLASSES)
    found.requests("envoy_cluster_upstream_rq", labels, "envoy_response_code", HTTP)
    found.histogram("envoy_cluster_upstream_rq_time", labels, 100.0, 1000)


def rpc(found: Backfill) -> None:
    """Add a gRPC server."""
    labels = {"job": "rpc", "namespace": "rpc"}
    found.requests("grpc_server_handled_total", labels, "grpc_code", GRPC)
    found.histogram("grpc_server_handling_seconds", labels, 100.0)


def started(factory: PrometheusFactory, *families: Callable[[Backfill], None], rules: str | None = None) -> str:
    """Start a Prometheus with a day of samples of these families: 5% of 100 requests a second are errors."""
    found = Backfill(ahead=True)
    for family in families:
        family(found)
    return factory(rules=rules, backfill=found.text).url


RULES = """
groups:
  - name: recorded
    rules:
      - record: job:grpc_errors:rate5m
        expr: sum by (job) (rate(grpc_server_handled_total{grpc_code=~"Internal|Unavailable|Unknown"}[5m]))
      - record: job:grpc_calls:rate5m
        expr: sum by (job) (rate(grpc_server_handled_total[5m]))
  - name: alerts
    rules:
      - alert: GrpcErrors
        expr: 100 * job:grpc_errors:rate5m / job:grpc_calls:rate5m > 20
        labels: {severity: page}
      - alert: OtelErrorsWarn
        expr: >-
          (sum(rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.*", job="otel"}[10m]))
          or vector(0)) / sum(rate(http_server_request_duration_seconds_count{job="otel"}[10m])) >= 0.1
        labels: {severity: warning}
      - alert: OtelErrors
        expr: >-
          0.3 < sum by (job) (rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}[5m]))
          / sum by (job) (rate(http_server_request_duration_seconds_count[5m]))
        for: 7m
        labels: {severity: critical}
      - alert: OtelSlow
        expr: >-
          histogram_quantile(0.9, sum by (le) (rate(http_server_request_duration_seconds_bucket{job="otel"}[5m]))) > 2
        labels: {severity: critical}
      - alert: OtherPath
        expr: >-
          sum(rate(grpc_server_handled_total{grpc_code="Internal",grpc_method="Pay"}[5m]))
          / sum(rate(grpc_server_handled_total{grpc_method="Pay"}[5m])) > 0.001
        labels: {severity: critical}
      - alert: ClientErrors
        expr: >-
          sum(rate(grpc_server_handled_total{grpc_code!="OK"}[5m])) / sum(rate(grpc_server_handled_total[5m])) > 0.002
        labels: {severity: critical}
"""


FAMILIES: dict[Callable[[Backfill], None], tuple[str, str, str]] = {
    otel: ("otel", "s", '{job="otel",namespace="otel"}'),
    bare: ("otel", "s", "rate(http_server_request_duration_bucket{"),
    mesh: ("cart_istio", "ms", 'reporter="destination"'),
    edge: ("web_nginx", "s", 'exported_namespace="edge"'),
    proxy: ("envoy_envoy", "ms", 'envoy_response_code_class=~"5"'),
    rpc: ("rpc_grpc", "s", "grpc_code=~"),
}
"""In the namespace of that name: the beginning of the names of its signals, the unit of the latency, a query's part."""


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_gives_rate_errors_and_latency(
    family: Callable[[Backfill], None], prometheus_factory: PrometheusFactory, program: Program
) -> None:
    name, unit, part = FAMILIES[family]
    ran = program.discover("--prometheus", started(prometheus_factory, family, http), "--namespace", family.__name__)
    assert ran.code == 0, ran
    live = {signal for signal in program.signals if signal.startswith(f"{name}_")}
    assert {f"{name}_errors", f"{name}_p95", f"{name}_p99", f"{name}_rate"} <= live
    assert program.signals[f"{name}_p95"].unit == unit
    assert part in program.cockpit_text
    # No target exposes these metrics: they were pushed, which is no failure.
    polled = program.assert_all_answer()
    assert f"PASS     {name}_errors" in polled
    assert "  5%\n" in polled
    assert f"READ     {name}_rate" in polled


@pytest.mark.xdist_group("victoria-metrics")
@pytest.mark.parametrize("base", ["http.server.request.duration", "http.server.request.duration_seconds"])
def test_names_that_are_not_translated_give_rate_errors_and_latency(
    base: str, tmp_path: Path, program: Program
) -> None:
    need(go_program("victoria-metrics"), "no victoria-metrics: run `make servers`")
    with VictoriaMetrics(tmp_path / "server") as server:
        server.write_series(utf8_series(base))
        ran = program.discover("--prometheus", server.url, "--namespace", "store")
        assert ran.code == 0, ran
        names = {"shop_cart_errors", "shop_cart_p95", "shop_cart_p99", "shop_cart_rate"}
        assert names <= set(program.signals)
        assert program.signals["shop_cart_p95"].unit == "s"
        assert '"http.response.status_code"=~"5.."' in program.cockpit_text
        assert f'"{base}_count",job="shop/cart","k8s.namespace.name"="store"' in program.cockpit_text
        polled = program.assert_all_answer()
    assert "shop_cart_errors" in polled
    assert "  5%\n" in polled


def test_limits_of_alert_rules_become_rules_of_signals(prometheus_factory: PrometheusFactory, program: Program) -> None:
    url = started(prometheus_factory, otel, rpc, rules=RULES)
    program.discover("--prometheus", url, "--job", "otel", "--job", "rpc")
    signals = program.signals
    rule = signals["otel_errors"].rule
    assert (rule.passes, rule.warns) == ("value < 0.1", "value <= 0.3")
    assert "# limit: 10% from alert rule OtelErrorsWarn (warning), 30% from alert rule OtelErrors" in (
        program.cockpit_text
    )
    assert signals["otel_p90"].rule.passes == "value <= 2"
    assert signals["rpc_grpc_errors"].rule.passes == "value <= 0.2", "through recording rules, in percent"
    assert {abort.signal: abort.for_s for abort in program.cockpit.aborts}["otel_errors"] == 420.0


def test_the_label_with_the_result_of_a_request_is_the_one_that_is_there(
    prometheus_factory: PrometheusFactory, program: Program
) -> None:
    url = started(prometheus_factory, http)
    program.discover("--prometheus", url, "--job", "plain", "--job", "coded", "--job", "spelled")
    for job, code in (("plain", "status"), ("coded", "code"), ("spelled", "status_code")):
        query = program.signals[f"{job}_errors"].args["query"]
        assert f'{{job="{job}",namespace="store",{code}=~"5.."}}' in query


def test_no_errors_are_a_share_of_0_and_no_traffic_is_no_data(
    prometheus_factory: PrometheusFactory, program: Program
) -> None:
    url = started(prometheus_factory, http)
    program.discover("--prometheus", url, "--job", "calm", "--job", "idle")
    assert program.signals["calm_errors"].rule.passes == "value < 0.01"
    assert "raised to 1%" in program.cockpit_text
    assert "idle_errors" not in program.signals
    assert "  # idle_errors:" in program.cockpit_text
    assert "  # no data now: no data" in program.cockpit_text
    polled = program.run("doctor", program.folder / "cockpit.yaml", "--signals").out
    assert "PASS     calm_errors" in polled
    assert "  0%\n" in polled


def test_of_many_services_the_first_are_polled_and_the_others_commented_out(
    prometheus_factory: PrometheusFactory, program: Program
) -> None:
    ran = program.discover("--prometheus", started(prometheus_factory, http, otel, mesh, edge, proxy, rpc))
    assert ran.code == 0
    assert "# no data now: only 4 services are polled; choose them by --job" in program.cockpit_text
    requests = int(ran.out.split(" of 100 requests")[0].split()[-1])
    assert requests < 60, ran.out
