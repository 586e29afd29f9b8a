"""Signals of what deploys the workloads: Argo Rollouts, Argo CD, Flagger, Flux and Helm."""

from mmcockpit.discovery.cluster.inventory import Inventory, Object, name_of, spec_of
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import ROLLOUT

SECTION = "Delivery"
ARGO_CD, FLUX = "argocd", "flux-system"
"""The namespaces in which Applications and objects of Flux usually are, whatever namespace they deploy to."""
MOST_EACH = 10


async def argo_rollouts(inventory: Inventory) -> list[Object]:
    """Return the Argo Rollouts of the namespace; a cluster without the kind costs one request."""
    return await inventory.custom("Rollout.argoproj.io", "Argo Rollouts", (inventory.namespace,))


async def add_delivery(draft: FindingsDraft, inventory: Inventory, rollouts: list[Object]) -> None:
    """Add a signal for each object that deploys to the namespace; kinds that the cluster lacks cost one request."""
    here = inventory.namespace
    for rollout in draft.first(rollouts, MOST_EACH, SECTION, "Argo Rollout", name_of):
        _watch(draft, "argo_rollout", rollout, {}, "Argo Rollout", "is promoted and healthy", here)
    canaries = await inventory.custom("Canary.flagger.app", "Flagger Canaries", (here,))
    for canary in draft.first(canaries, MOST_EACH, SECTION, "Canary", name_of):
        _watch(draft, "flagger_canary", canary, {}, "Canary", "is promoted", here)
    applications = await inventory.custom("Application.argoproj.io", "Argo CD Applications", (here, ARGO_CD))
    ours = [one for one in applications if _destination(one) == here or _namespace(one) == here]
    for application in draft.first(ours, MOST_EACH, SECTION, "Application", name_of):
        _watch(draft, "argo_application", application, {}, "Application", "is synced and healthy", here)
    for kind, group in (("Kustomization", "kustomize"), ("HelmRelease", "helm")):
        objects = await inventory.custom(f"{kind}.{group}.toolkit.fluxcd.io", f"Flux {kind}s", (here, FLUX))
        ours = [one for one in objects if _namespace(one) == here or spec_of(one).get("targetNamespace") == here]
        for one in draft.first(ours, MOST_EACH, SECTION, kind, name_of):
            _watch(draft, "flux", one, {"kind": kind}, f"Flux {kind}", "is applied and ready", here)
    for name in draft.first(list(await inventory.releases()), MOST_EACH, SECTION, "Helm release", str):
        release = {"metadata": {"name": name, "namespace": here}}
        _watch(draft, "helm", release, {}, "Helm release", "is deployed", here)


def _watch(draft: FindingsDraft, probe: str, written: Object, args: Object, noun: str, state: str, here: str) -> None:
    name, namespace = name_of(written), _namespace(written)
    elsewhere = {} if namespace in ("", here) else {"namespace": namespace}
    draft.watch(
        (name, probe),
        f"{noun} {name}",
        SECTION,
        probe,
        {**args, "name": name, **elsewhere},
        "value.complete",
        persist=2,
        comment=_COMMENTS[probe],
        more={"every": "10s"},
        item=(ROLLOUT, "Rollout", f"{noun} {name} {state}"),
    )


_COMMENTS = {
    "argo_rollout": "The newest version is fully promoted and all its pods are available.",
    "argo_application": "Synced and healthy. For this release, add `revision: COMMIT` to the arguments.",
    "flagger_canary": "The last version is promoted: the primary workload has the images of its target.",
    "flux": "Ready, at the revision that its source has. For this release, add `revision: COMMIT` to the arguments.",
    "helm": "Its newest revision is deployed: neither failed nor pending.",
}


def _namespace(written: Object) -> str:
    return str((written.get("metadata") or {}).get("namespace", ""))


def _destination(application: Object) -> str:
    return str((spec_of(application).get("destination") or {}).get("namespace") or "")
