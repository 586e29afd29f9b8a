"""Which cluster a kubernetes source watches: file, context and server of its kubeconfig, without a client library."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from mmcockpit.core.model.cockpit import CLUSTER, Cockpit, SourceSpec
from mmcockpit.core.model.procedure import Cluster
from mmcockpit.core.text import plain

INSECURE = "insecure-skip-tls-verify in the kubeconfig"
MAX_BYTES = 4 * 1024 * 1024


def watched(sources: Sequence[SourceSpec], name: str = CLUSTER) -> SourceSpec | None:
    """Return the kubernetes source that `${NAME.*}` refers to; None if there is none.

    For the name `cluster` this is the source of this name, else the first one.
    """
    kinds = [source for source in sources if source.kind == "kubernetes"]
    first = kinds[0] if kinds and name == CLUSTER else None
    return next((source for source in kinds if source.name == name), first)


def with_clusters(cockpit: Cockpit, known: Mapping[str, Cluster]) -> Cockpit:
    """Return the cockpit with the cluster of each kubernetes source: a known one, else that of its kubeconfig."""
    kinds = [source for source in cockpit.sources if source.kind == "kubernetes"]
    clusters = {source.name: known.get(source.name) or identity(source) for source in kinds}
    default = watched(cockpit.sources)
    cluster = clusters[default.name] if default is not None else cockpit.cluster
    return msgspec.structs.replace(cockpit, cluster=cluster, clusters=clusters if [*clusters] != [CLUSTER] else {})


class Kubeconfigs(msgspec.Struct, frozen=True):
    """The kubeconfig files of a source in their order, by path and content (None: not readable), and its context."""

    files: tuple[tuple[str, bytes | None], ...]
    context: str = ""


def identity(spec: SourceSpec) -> Cluster:
    """Read the source's kubeconfig; an empty Cluster if it names no cluster that a single argv can use.

    Of several files (`KUBECONFIG=a:b`), the first with a context counts, as in kubectl; its cluster has to be in the
    same file, because an argv can name only one.
    """
    return cluster_in(kubeconfigs_of(spec))


def kubeconfigs_of(spec: SourceSpec) -> Kubeconfigs:
    """Read the files of a source that decide which cluster it watches; nothing else does."""
    return _kubeconfigs(str(spec.options.get("kubeconfig") or ""), str(spec.options.get("context") or ""))


def cluster_in(read: Kubeconfigs) -> Cluster:
    """Return the cluster that these files name, as `identity` does."""
    path, context, cluster = _chosen(read)
    server = _text(cluster, "server")
    return Cluster(path, context, bare(server)) if server else Cluster()


def off(kubeconfig: str, context: str) -> str | None:
    """Return why the kubeconfig turns off verification of the API server's certificate; None if it does not."""
    insecure = _chosen(_kubeconfigs(kubeconfig, context))[2].get("insecure-skip-tls-verify")
    return INSECURE if insecure is True else None


def _kubeconfigs(kubeconfig: str, context: str) -> Kubeconfigs:
    written = kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
    paths = [Path(part).expanduser().absolute() for part in written.split(os.pathsep) if part]
    return Kubeconfigs(tuple((str(path), _content(path)) for path in paths), context)


def _chosen(read: Kubeconfigs) -> tuple[str, str, dict[str, Any]]:
    """Return the file, the context and the cluster's entry in the same file; empty if there are none."""
    files = {path: _parsed(content) for path, content in read.files}
    context = read.context
    context = context or next((name for document in files.values() if (name := _text(document, "current-context"))), "")
    for path, document in files.items():
        entry = _entry(document, "contexts", "context", context)
        if entry is not None:
            return path, context, _entry(document, "clusters", "cluster", _text(entry, "cluster")) or {}
    return "", "", {}


def differs(watched: Cluster, now: Cluster, where: str) -> str:
    """Return why a command for the watched cluster must not run; empty if it may."""
    if not watched.server:
        return "no kubernetes source"
    if now != watched:
        present = f"{now.context} at {now.server} ({now.kubeconfig})" if now.server else "no readable cluster"
        return f"the kubeconfig now points at {present}, the watched cluster is {watched.context} at {watched.server}"
    if where != watched.server:
        return f"the dialog showed {plain(where, 200) or 'no cluster'}, the watched cluster is at {watched.server}"
    return ""


def _content(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except (OSError, ValueError):
        return None


def _parsed(content: bytes | None) -> dict[str, Any]:
    # Imported here: a session whose kubeconfig is known does not wait for it.
    import yaml

    try:
        document = yaml.load(content or b"", Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (ValueError, yaml.YAMLError):
        return {}
    return document if isinstance(document, dict) else {}


def _entry(document: dict[str, Any], many: str, key: str, name: str) -> dict[str, Any] | None:
    """Return the entry with this name in one of the lists of a kubeconfig."""
    entries = document.get(many)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and name and entry.get("name") == name and isinstance(entry.get(key), dict):
            value: dict[str, Any] = entry[key]
            return value
    return None


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    return plain(value, 400) if isinstance(value, str) else ""


def bare(server: str) -> str:
    """Return a server's URL without credentials, query and trailing slash."""
    try:
        parts = urlsplit(server)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
