"""The Kubernetes permissions that the signals of a cockpit need: which are missing, and the Roles that grant them."""

from collections.abc import Mapping, Sequence

from mmcockpit import sources
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.text import clean
from mmcockpit.sources.common.contract import Source
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading, reading_of
from mmcockpit.sources.kubernetes.probe import ClusterProbe
from mmcockpit.sources.kubernetes.roles import RoleSubject, manifest

KIND = "kubernetes"
ACCOUNT = "mmcockpit"
"""The service account that is created and gets the Role, unless another subject is given."""
IDENTITY = reading("namespace", "", "kube-system")
"""Reads the UID that identifies the cluster in a session; without it, the server's address does."""
SHOWN = 4
"""Maximum number of signals listed for a missing permission."""


def needed(cockpit: Cockpit, spec: SourceSpec, namespace: str) -> dict[Permission, list[str]]:
    """Return every permission that the signals of a source need, with these signals; `namespace` is the source's."""
    probes = sources.kind(spec.kind).probes
    needs: dict[Permission, list[str]] = {IDENTITY: ["the identity of the cluster"]}
    for signal in cockpit.signals:
        described = probes.get(signal.probe) if signal.source == spec.name else None
        if described is None or not (
            isinstance(probe_class := described.make, type) and issubclass(probe_class, ClusterProbe)
        ):
            continue
        args = described.args.model_validate(signal.args)
        for permission in probe_class.permissions(args, getattr(args, "namespace", "") or namespace):
            needs.setdefault(permission, []).append(signal.name)
    return needs


async def looked_up(cluster: ClusterClient, needs: dict[Permission, list[str]]) -> dict[Permission, list[str]]:
    """Return the permissions with the resources that only the cluster knows; ProbeError if it does not."""
    known: dict[Permission, list[str]] = {}
    for permission, signals in needs.items():
        every = [permission]
        if permission.kind:
            kind = await cluster.kind(permission.kind)
            every = [reading_of(kind, permission.namespace, permission.name)]
            if permission.verb == "list" and kind.namespaced:
                every.append(reading("namespace", "", permission.namespace))
        for one in every:
            known.setdefault(one, []).extend(signals)
    return known


def watching(needs: Mapping[Permission, Sequence[str]]) -> dict[Permission, Sequence[str]]:
    """Return the further permissions by which what is read can be watched; without them it is polled.

    Secrets and logs are always polled.
    """
    further: dict[Permission, Sequence[str]] = {}
    for permission, signals in needs.items():
        if permission.verb in ("get", "list") and permission.resource != "secrets" and "/" not in permission.resource:
            for verb in ("list", "watch"):
                if (one := permission._replace(verb=verb)) not in needs:
                    further[one] = signals
    return further


async def unwatched(cluster: Source, cockpit: Cockpit, spec: SourceSpec) -> str:
    """Return what may be read but not watched, as a note; empty if there is nothing."""
    assert isinstance(cluster, ClusterClient)
    try:
        needs = await looked_up(cluster, needed(cockpit, spec, cluster.namespace))
        listed = {one: names for one, names in needs.items() if one.verb == "list"}
        lacking = await cluster.lacking([one for one in watching(listed) if one.verb == "watch"])
    except ProbeError:
        return ""
    what = ", ".join(sorted(str(one).removeprefix("watch ") for one in lacking))
    return f"optional: may not watch {what}; these lists are polled" if what else ""


async def missing_permissions(cluster: Source, cockpit: Cockpit, spec: SourceSpec) -> list[str]:
    """Return a line for every permission that the signals of a source need and that is missing."""
    assert isinstance(cluster, ClusterClient)
    try:
        needs = await looked_up(cluster, needed(cockpit, spec, cluster.namespace))
        lacking = await cluster.lacking(list(needs))
    except ProbeError as error:
        return [f"permissions unknown: {error.message}"]
    return [f"may not {one}: {_named(needs[one])}" for one in lacking]


async def roles(cockpit: Cockpit, secrets: Secrets, subject: RoleSubject | None) -> str:
    """Return the Roles for every Kubernetes source; ProbeError if the kubeconfig does not contain the namespace."""
    parts = []
    for spec in (spec for spec in cockpit.sources if spec.kind == KIND):
        namespace, needs = await _needs(cockpit, spec, secrets)
        needs |= {one: list(signals) for one, signals in watching(needs).items()}
        target = sources.kind(KIND).target(sources.kind(KIND).options.model_validate(spec.options))
        what = f"What the signals of the source {spec.name} read, and nothing more"
        title = f"# {what} ({clean(target, 200)}).\n# Without watch, lists are polled.\n"
        who = subject or RoleSubject("ServiceAccount", ACCOUNT, namespace)
        parts.append(title + manifest(needs, f"{ACCOUNT}-{namespace}", who))
    return "---\n".join(parts)


async def _needs(cockpit: Cockpit, spec: SourceSpec, secrets: Secrets) -> tuple[str, dict[Permission, list[str]]]:
    """Return the namespace of a source and what its signals need; sign in only if the files do not tell."""
    namespace = str(spec.options.get("namespace") or "")
    needs = needed(cockpit, spec, namespace)
    if namespace and not any(permission.kind for permission in needs):
        return namespace, needs
    source = sources.open_source(spec, secrets)
    assert isinstance(source, ClusterClient)
    try:
        await source.ready()
        return source.namespace, await looked_up(source, needed(cockpit, spec, source.namespace))
    finally:
        await source.close()


def _named(signals: list[str]) -> str:
    more = f" and {len(signals) - SHOWN} more" if len(signals) > SHOWN else ""
    return ", ".join(signals[:SHOWN]) + more
