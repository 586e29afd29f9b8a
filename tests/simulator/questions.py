"""The queries that the headline signals ask, and a set of targets to ask them of."""

from mmcockpit.simulator.production import SLOTS
from mmcockpit.simulator.prometheus.exporters import EXPORTERS
from mmcockpit.simulator.prometheus.series import ScrapeTarget

TARGETS = (
    *(ScrapeTarget("modelmuxer", f"127.0.0.1:{9000 + slot}", "/metrics/prometheus", slot) for slot in range(SLOTS)),
    *(ScrapeTarget(job, "127.0.0.1:9100", f"/{job}") for job in EXPORTERS),
)

_CHAT = 'job="modelmuxer", route=~"/v1/chat/completions|/v1/messages|/messages"'
RPS = f"sum(rate(http_requests_total{{{_CHAT}}}[1m]))"
ERROR_SHARE = f"""
  (sum(rate(http_requests_total{{{_CHAT}, status=~"5.."}}[5m])) or vector(0))
  / (sum(rate(http_requests_total{{{_CHAT}}}[5m])) > 0)
"""
REFUSED_SHARE = f"""
  (sum(rate(http_requests_total{{{_CHAT}, status=~"401|429"}}[5m])) or vector(0))
  / (sum(rate(http_requests_total{{{_CHAT}}}[5m])) > 0)
"""
P95 = f"histogram_quantile(0.95, sum by (le) (rate(http_request_duration_milliseconds_bucket{{{_CHAT}}}[5m])))"
OVER_2500_MS = f"""
  1 - sum(rate(http_request_duration_milliseconds_bucket{{{_CHAT}, le="2500.0"}}[5m]))
    / sum(rate(http_request_duration_milliseconds_count{{{_CHAT}}}[5m]))
"""
PROVIDER_BAD = """
  sum by (provider) (rate(modelmuxer_provider_requests_total{outcome!="success"}[5m]))
  / sum by (provider) (rate(modelmuxer_provider_requests_total[5m]))
"""
PROVIDER_BAD_OR_NONE = """
  (
    sum by (provider) (rate(modelmuxer_provider_requests_total{job="modelmuxer",outcome!="success"}[5m]))
    or 0 * sum by (provider) (rate(modelmuxer_provider_requests_total{job="modelmuxer"}[5m]))
  ) / (
    sum by (provider) (rate(modelmuxer_provider_requests_total{job="modelmuxer"}[5m])) > 0
  )
"""
PROVIDER_MS = """
  sum by (provider) (rate(modelmuxer_provider_latency_seconds_sum[5m]))
  / sum by (provider) (rate(modelmuxer_provider_latency_seconds_count[5m]))
"""

FAILURES = f"""
  label_replace({ERROR_SHARE}, "of", "chats", "", "")
  or label_replace(
    (sum(rate(modelmuxer_provider_requests_total{{outcome!="success"}}[5m])) or vector(0))
    / (sum(rate(modelmuxer_provider_requests_total[5m])) > 0), "of", "providers", "", "")
"""
_QUOTA = """sum by (resource) (label_replace(
  kube_resourcequota{namespace="modelmuxer",type="KIND",resource=~"limits.cpu|limits.memory"},
  "resource", "$1", "resource", "limits.(.*)"))"""
_SCALER = (
    "max(kube_horizontalpodautoscaler_{}_replicas{{namespace='modelmuxer',horizontalpodautoscaler='modelmuxer-hpa'}})"
)
_PODS = 'namespace="modelmuxer",pod=~"modelmuxer-.*"'
QUOTA_GROWTH = f"""
  ({_QUOTA.replace("KIND", "hard")} - {_QUOTA.replace("KIND", "used")})
  / max by (resource) (sum by (pod, resource) (kube_pod_container_resource_limits{{{_PODS}}}))
  - on () group_left () ({_SCALER.format("spec_max")} - {_SCALER.format("status_current")})
"""
NODE_ROOM = f"""
  (
    sum by (resource) (kube_node_status_allocatable{{resource=~"cpu|memory"}})
    - sum by (resource) (kube_pod_container_resource_requests{{resource=~"cpu|memory"}})
  ) / max by (resource) (
    sum by (pod, resource) (kube_pod_container_resource_requests{{{_PODS},resource=~"cpu|memory"}})
  )
"""

CLOSE: dict[str, float] = {
    FAILURES: 0.6,
    QUOTA_GROWTH: 0.001,
    NODE_ROOM: 0.001,
    f"max_over_time(({ERROR_SHARE})[24h:1m])": 0.6,
    'min(min_over_time(kube_deployment_status_replicas_ready{namespace="modelmuxer"}[1h]))': 0.0,
    'sum(kube_deployment_status_replicas_ready) - sum(up{job="modelmuxer"})': 0.0,
    RPS: 0.1,
    ERROR_SHARE: 0.5,
    REFUSED_SHARE: 0.3,
    P95: 0.05,
    OVER_2500_MS: 0.5,
    PROVIDER_BAD: 0.6,
    PROVIDER_BAD_OR_NONE: 0.6,
    PROVIDER_MS: 0.05,
    'count(up{job="modelmuxer"} == 1)': 0.0,
    'min by (job) (up{job=~"modelmuxer|postgresql|redis|kube-state-metrics|node-exporter|cadvisor"})': 0.0,
    'sum(increase(kube_pod_container_status_restarts_total{namespace="modelmuxer",pod=~"modelmuxer-.*"}[1h]))': 0.0,
    "sum(pg_stat_database_numbackends) / max(pg_settings_max_connections)": 0.2,
    'max(kube_resourcequota{type="used"} / ignoring(type) (kube_resourcequota{type="hard"} > 0))': 0.001,
    "sum(rate(redis_keyspace_hits_total[5m]))"
    " / (sum(rate(redis_keyspace_hits_total[5m])) + sum(rate(redis_keyspace_misses_total[5m])))": 0.02,
    "sum by (provider) (rate(modelmuxer_provider_requests_total[5m]))": 0.1,
    "absent(http_requests_total)": 0.0,
    "pg_up": 0.0,
    'count by (__name__) ({__name__=~"pg_up|redis_up|nothing|up"})': 0.0,
    "redis_memory_used_bytes / redis_memory_max_bytes": 0.05,
    "rate(process_cpu_seconds_total[5m])": 0.1,
}
"""Queries with how far, relatively, a real Prometheus may be from the world's own numbers: counters are whole."""
