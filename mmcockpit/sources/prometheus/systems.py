"""Systems that have the API of Prometheus, and differ in some of its answers."""

from collections.abc import Mapping

BUILD_INFO = "/api/v1/status/buildinfo"
_OWN = frozenset({"revision", "branch", "goVersion"})
"""Fields that Prometheus, Thanos and Mimir report beside their version; VictoriaMetrics has only a fixed version."""
_FIXED = "2.24.0"


def is_victoria_metrics(build: Mapping[str, object]) -> bool:
    """Return whether a server's build information is that of VictoriaMetrics."""
    return build.get("version") == _FIXED and not _OWN & build.keys()


def described(build: Mapping[str, object]) -> str:
    """Return the system and version of a server; that of VictoriaMetrics is only the one of the API."""
    version = str(build.get("version", ""))
    return f"VictoriaMetrics (API of {version})" if is_victoria_metrics(build) else version
