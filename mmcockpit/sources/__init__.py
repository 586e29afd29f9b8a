"""Connections to the systems that are watched: one file per kind, its client imported when the first probe asks."""

from importlib import import_module
from importlib.metadata import entry_points

from mmcockpit.core.cockpit import SourceSpec
from mmcockpit.sources.secret import Secrets
from mmcockpit.sources.source import Kind, Source

SHIPPED = {
    "prometheus": "mmcockpit.sources.prometheus",
    "kubernetes": "mmcockpit.sources.kubernetes",
    "redis": "mmcockpit.sources.redis",
    "postgres": "mmcockpit.sources.postgres",
    "http": "mmcockpit.sources.http",
}
"""Source kind to the module whose KIND describes it; third parties add theirs by an entry point of the same shape."""


def kinds() -> list[str]:
    """Return the names of all source kinds, shipped and installed."""
    return sorted({*SHIPPED, *(point.name for point in entry_points(group="mmcockpit.sources"))})


def kind(name: str) -> Kind:
    """Return the description of a source kind; KeyError for one that nobody ships."""
    if name in SHIPPED:
        found = import_module(SHIPPED[name]).KIND
    else:
        found = {point.name: point for point in entry_points(group="mmcockpit.sources")}[name].load()
    if not isinstance(found, Kind):
        raise TypeError(f"source kind {name}: KIND is a {type(found).__name__}, not a Kind")
    return found


def open_source(spec: SourceSpec, secrets: Secrets) -> Source:
    """Return the source that a cockpit file describes; nothing is asked or connected yet.

    Raises ProbeError(configuration) for a secret that is not there.
    """
    described = kind(spec.kind)
    return described.open(described.options.model_validate(spec.options), secrets)
