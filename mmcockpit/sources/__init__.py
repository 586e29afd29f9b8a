"""Connections to the watched systems: one folder per kind; its client is imported with the first poll."""

from importlib import import_module
from typing import TYPE_CHECKING

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.sources.common.secrets import Secrets

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from mmcockpit.sources.common.contract import Kind, Source

SHIPPED = {
    "prometheus": "mmcockpit.sources.prometheus.source",
    "alertmanager": "mmcockpit.sources.alertmanager.source",
    "kubernetes": "mmcockpit.sources.kubernetes.source",
    "redis": "mmcockpit.sources.redis.source",
    "postgres": "mmcockpit.sources.postgres.source",
    "http": "mmcockpit.sources.http.source",
    "loki": "mmcockpit.sources.loki.source",
    "registry": "mmcockpit.sources.registry.source",
    "dns": "mmcockpit.sources.dns.source",
    "command": "mmcockpit.sources.command.source",
    "file": "mmcockpit.sources.file.source",
    "session": "mmcockpit.sources.session.source",
    "procedures": "mmcockpit.sources.procedures.source",
}
"""Source kind to the module whose KIND describes it; other packages add theirs by an entry point of the same shape."""


def kinds() -> list[str]:
    """Return the names of all source kinds, shipped and installed."""
    return sorted({*SHIPPED, *_installed()})


def kind(name: str) -> "Kind":
    """Return the description of a source kind; KeyError for an unknown one."""
    kind = import_module(SHIPPED[name]).KIND if name in SHIPPED else _installed()[name].load()
    # Imported here, like every kind: showing a session needs no models of files.
    from mmcockpit.sources.common.contract import Kind

    if not isinstance(kind, Kind):
        raise TypeError(f"source kind {name}: KIND is a {type(kind).__name__}, not a Kind")
    return kind


def open_source(spec: SourceSpec, secrets: Secrets) -> "Source":
    """Return the source that a cockpit file describes; it is not connected yet.

    Raises ProbeError(configuration) for a missing secret.
    """
    described = kind(spec.kind)
    return described.open(described.options.model_validate(spec.options), secrets)


def _installed() -> "dict[str, EntryPoint]":
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group="mmcockpit.sources")}
