"""Saturation in a real Prometheus: containers against their limits, open files and memory of processes."""

from tests.conftest import PrometheusFactory
from tests.discovery.command import Program
from tests.discovery.metrics import Backfill

RULES = """
groups:
  - name: resources
    rules:
      - {alert: OpenFiles, expr: process_open_fds / process_max_fds > 0.8, labels: {severity: warning}}
"""
SHOP = {"job": "shop", "namespace": "shop"}


def test_the_use_of_resources_is_found_with_its_limits(prometheus_factory: PrometheusFactory, program: Program) -> None:
    found = Backfill(ahead=True).requests("http_requests_total", SHOP, "code", {"200": 5.0})
    found.gauge("process_open_fds", SHOP, 256).gauge("process_max_fds", SHOP, 1024)
    found.gauge("process_resident_memory_bytes", SHOP, 5e7)
    for pod, cores in (("a", 0.25), ("b", 0.5)):
        of_pod = {"job": "cadvisor", "namespace": "shop", "pod": pod, "container": "app"}
        found.counter("container_cpu_usage_seconds_total", of_pod, cores)
        found.gauge("container_memory_working_set_bytes", of_pod, 9e8)
        found.gauge("kube_pod_container_resource_limits", {**of_pod, "job": "ksm", "resource": "cpu"}, 1)
        found.gauge("kube_pod_container_resource_limits", {**of_pod, "job": "ksm", "resource": "memory"}, 1e9)
    url = prometheus_factory(rules=RULES, backfill=found.text).url
    ran = program.discover("--prometheus", url, "--namespace", "shop")
    assert ran.code == 0, ran
    rules = {name: signal.rule.passes for name, signal in program.signals.items() if "saturation" in signal.tags}
    assert rules == {
        "shop_open_files": "value <= 0.8",
        "shop_memory": "value < 75000000",
        "shop_cpu_of_limit": "value < 0.75",
        "shop_memory_of_limit": "value < 0.95",
    }
    polled = program.assert_all_answer()
    for name, value in (("shop_open_files", "25%"), ("shop_cpu_of_limit", "50%"), ("shop_memory_of_limit", "90%")):
        assert any(line.startswith(f"PASS     {name} ") and line.endswith(f" {value}") for line in polled.splitlines())


def test_containers_without_a_namespace_are_left_out_with_the_way_out(
    prometheus_factory: PrometheusFactory, program: Program
) -> None:
    found = Backfill(hours=1, ahead=True).counter(
        "container_cpu_usage_seconds_total", {"namespace": "shop", "pod": "a"}, 0.2
    )
    found.requests("http_requests_total", SHOP, "code", {"200": 5.0})
    program.discover("--prometheus", prometheus_factory(backfill=found.text).url)
    assert "cpu of containers against their limits: choose a namespace by --namespace" in program.cockpit_text
