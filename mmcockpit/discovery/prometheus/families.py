"""The families of request metrics that exporters and libraries use, and the labels by which they tell errors."""

from typing import NamedTuple

HTTP_ERRORS = "5.."
GRPC_ERRORS = "Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"
"""The gRPC codes that are failures of the server, not of its caller."""

NAMESPACES = ("exported_namespace", "namespace", "kubernetes_namespace", "k8s_namespace_name")
"""Labels that name the namespace of a service; the first that a series has counts."""


UTF8_NAMESPACES = ("k8s.namespace.name", *NAMESPACES)
"""The same, where names are not translated for Prometheus."""


class Histogram(NamedTuple):
    """A histogram of durations, by its base name, in this unit."""

    name: str
    unit: str = "s"


class MetricFamily(NamedTuple):
    """One family: its counter of requests, the labels with their result, and its histograms of durations.

    `units` are labels that name one service, and `namespaces` its namespace; the first that a series has counts.
    """

    id: str
    title: str
    counter: str
    codes: tuple[str, ...]
    errors: str
    histograms: tuple[Histogram, ...] = ()
    units: tuple[str, ...] = ("job",)
    namespaces: tuple[str, ...] = NAMESPACES
    variant: bool = False
    """Whether it is another spelling of the family before it, whose absence is not worth a line."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of its series, of native histograms, too."""
        buckets = [name for each in self.histograms for name in (f"{each.name}_bucket", each.name)]
        return tuple(dict.fromkeys((self.counter, *buckets)))


FAMILIES = (
    MetricFamily(
        "http",
        "HTTP requests",
        "http_requests_total",
        ("status", "code", "status_code", "http_status", "http_status_code", "response_code"),
        HTTP_ERRORS,
        (
            Histogram("http_request_duration_seconds"),
            Histogram("http_requests_duration_seconds"),
            Histogram("http_request_duration_highr_seconds"),
            Histogram("http_request_latency_seconds"),
        ),
    ),
    MetricFamily(
        "otel",
        "HTTP requests (OpenTelemetry)",
        "http_server_request_duration_seconds_count",
        ("http_response_status_code", "http_status_code"),
        HTTP_ERRORS,
        (Histogram("http_server_request_duration_seconds"),),
    ),
    MetricFamily(
        "otel_short",
        "HTTP requests (OpenTelemetry, names without units)",
        "http_server_request_duration_count",
        ("http_response_status_code", "http_status_code"),
        HTTP_ERRORS,
        (Histogram("http_server_request_duration"),),
        variant=True,
    ),
    MetricFamily(
        "otel_utf8",
        "HTTP requests (OpenTelemetry, UTF-8 names)",
        "http.server.request.duration_seconds_count",
        ("http.response.status_code",),
        HTTP_ERRORS,
        (Histogram("http.server.request.duration_seconds"),),
        namespaces=UTF8_NAMESPACES,
        variant=True,
    ),
    MetricFamily(
        "otel_utf8_short",
        "HTTP requests (OpenTelemetry, UTF-8 names without units)",
        "http.server.request.duration_count",
        ("http.response.status_code",),
        HTTP_ERRORS,
        (Histogram("http.server.request.duration"),),
        namespaces=UTF8_NAMESPACES,
        variant=True,
    ),
    MetricFamily(
        "otel_old",
        "HTTP requests (OpenTelemetry before 1.23)",
        "http_server_duration_milliseconds_count",
        ("http_status_code", "http_response_status_code"),
        HTTP_ERRORS,
        (Histogram("http_server_duration_milliseconds", "ms"),),
    ),
    MetricFamily(
        "spring",
        "HTTP requests (Micrometer)",
        "http_server_requests_seconds_count",
        ("status",),
        HTTP_ERRORS,
        (Histogram("http_server_requests_seconds"),),
    ),
    MetricFamily(
        "istio",
        "Istio requests",
        "istio_requests_total",
        ("response_code",),
        HTTP_ERRORS,
        (Histogram("istio_request_duration_milliseconds", "ms"),),
        ("destination_service_name", "destination_workload", "job"),
        ("destination_service_namespace", "destination_workload_namespace"),
    ),
    MetricFamily(
        "nginx",
        "ingress-nginx requests",
        "nginx_ingress_controller_requests",
        ("status",),
        HTTP_ERRORS,
        (Histogram("nginx_ingress_controller_request_duration_seconds"),),
        ("ingress", "job"),
    ),
    MetricFamily(
        "envoy",
        "Envoy upstream requests",
        "envoy_cluster_upstream_rq_xx",
        ("envoy_response_code_class",),
        "5",
        (Histogram("envoy_cluster_upstream_rq_time", "ms"),),
    ),
    MetricFamily(
        "envoy_codes",
        "Envoy upstream requests",
        "envoy_cluster_upstream_rq",
        ("envoy_response_code",),
        HTTP_ERRORS,
        (Histogram("envoy_cluster_upstream_rq_time", "ms"),),
    ),
    MetricFamily(
        "grpc",
        "gRPC calls",
        "grpc_server_handled_total",
        ("grpc_code", "code"),
        GRPC_ERRORS,
        (Histogram("grpc_server_handling_seconds"),),
    ),
)

INSTEAD = {"envoy_codes": "envoy"}
"""A family that is left out for a service that has the other one: both count the same requests."""
