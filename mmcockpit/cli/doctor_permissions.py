"""What the signals of a cockpit must be allowed in its Kubernetes clusters: what is missing, and the Roles for it."""

from mmcockpit import sources
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.text import clean
from mmcockpit.sources.common.contract import Source
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.api.cluster import Cluster
from mmcockpit.sources.kubernetes.permissions import Permission, reading
from mmcockpit.sources.kubernetes.probe import ClusterProbe
from mmcockpit.sources.kubernetes.roles import Subject, manifest

KIND = "kubernetes"
ACCOUNT = "mmcockpit"
"""The service account that is made and allowed, where nobody else is named."""
IDENTITY = reading("namespace", "", "kube-system")
"""By its UID a session knows its cluster; without it, by the server's address."""
SHOWN = 4
"""Signals that a missing permission names."""


def needed(cockpit: Cockpit, spec: SourceSpec, namespace: str) -> dict[Permission, list[str]]:
    """Return every permission that the signals of a source need, with the signals; `namespace` is the source's."""
    probes = sources.kind(spec.kind).probes
    found: dict[Permission, list[str]] = {IDENTITY: ["the identity of the cluster"]}
    for signal in cockpit.signals:
        described = probes.get(signal.probe) if signal.source == spec.name else None
        if described is None or not (isinstance(made := described.make, type) and issubclass(made, ClusterProbe)):
            continue
        args = described.args.model_validate(signal.args)
        for permission in made.permissions(args, getattr(args, "namespace", "") or namespace):
            found.setdefault(permission, []).append(signal.name)
    return found


async def missing_permissions(cluster: Source, cockpit: Cockpit, spec: SourceSpec) -> list[str]:
    """Return a line for every permission that the signals of a source need and we do not have."""
    assert isinstance(cluster, Cluster)
    needs = needed(cockpit, spec, cluster.namespace)
    try:
        lacking = await cluster.lacking(list(needs))
    except ProbeError as error:
        return [f"what we may read is not known: {error.message}"]
    return [f"may not {one}: {_named(needs[one])}" for one in lacking]


async def roles(cockpit: Cockpit, secrets: Secrets, subject: Subject | None) -> str:
    """Return the Roles for every Kubernetes source; ProbeError where the kubeconfig does not tell the namespace."""
    parts = []
    for spec in (spec for spec in cockpit.sources if spec.kind == KIND):
        namespace = str(spec.options.get("namespace") or "") or await _of_context(spec, secrets)
        needs = needed(cockpit, spec, namespace)
        target = sources.kind(KIND).target(sources.kind(KIND).options.model_validate(spec.options))
        title = f"# What the signals of the source {spec.name} read, and nothing more ({clean(target, 200)}).\n"
        who = subject or Subject("ServiceAccount", ACCOUNT, namespace)
        parts.append(title + manifest(needs, f"{ACCOUNT}-{namespace}", who))
    return "---\n".join(parts)


async def _of_context(spec: SourceSpec, secrets: Secrets) -> str:
    source = sources.open_source(spec, secrets)
    assert isinstance(source, Cluster)
    try:
        await source.ready()
        return source.namespace
    finally:
        await source.close()


def _named(signals: list[str]) -> str:
    more = f" and {len(signals) - SHOWN} more" if len(signals) > SHOWN else ""
    return ", ".join(signals[:SHOWN]) + more
