"""Objects that deploy to a namespace: of Argo, Flagger, Flux and Helm, in this namespace and in their own."""

from contextlib import ExitStack

from mmcockpit.sources.kubernetes.api.kinds import ObjectKind
from tests.servers.kube_apiserver import KubeApiserver
from tests.sources.kubernetes.delivery_kinds import (
    ANALYSIS_RUN,
    APPLICATION,
    CANARY,
    HELM_RELEASE,
    KUSTOMIZATION,
    PROMOTED,
    ROLLOUT,
    ago,
    ensure_installed,
    rollout_spec,
    rollout_status,
)
from tests.sources.kubernetes.kubernetes_writer import Writer

_READY = {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded"}]}


def deliver(api: KubeApiserver, writer: Writer, stack: ExitStack) -> None:
    """Create a Rollout, a Kustomization and a release here, and what deploys to here from two other namespaces."""
    ensure_installed(writer, ROLLOUT, ANALYSIS_RUN, APPLICATION, CANARY, KUSTOMIZATION, HELM_RELEASE)
    here, argo_cd, flux = (
        writer,
        stack.enter_context(Writer(api.kubeconfig, "argocd")),
        stack.enter_context(Writer(api.kubeconfig, "flux-system")),
    )
    here.make(ROLLOUT, "shop", rollout_status(**PROMOTED), spec=rollout_spec())
    promoted = {"type": "Promoted", "status": "True", "reason": "Succeeded"}
    target = {"apiVersion": "v1", "kind": "Service", "name": "shop"}
    here.make(CANARY, "shop", {"phase": "Succeeded", "conditions": [promoted]}, spec={"targetRef": target})
    for name, namespace in (("shop", here.namespace), ("other", "elsewhere")):
        _application(argo_cd, name, namespace)
    _flux(here, KUSTOMIZATION, "shop")
    _flux(flux, HELM_RELEASE, "cart", targetNamespace=here.namespace)
    _flux(flux, HELM_RELEASE, "other", targetNamespace="elsewhere")
    labels = {"name": "store", "owner": "helm", "status": "deployed", "version": "3"}
    here.make("secret", "sh.helm.release.v1.store.v3", metadata={"labels": labels}, type="helm.sh/release.v1", data={})


def _application(writer: Writer, name: str, namespace: str) -> None:
    source = {"repoURL": "https://git.test/shop"}
    status = {
        "sync": {"status": "Synced", "revision": "4f2a", "comparedTo": {"source": source}},
        "health": {"status": "Healthy"},
        "reconciledAt": ago(seconds=20),
    }
    spec = {"destination": {"namespace": namespace}, "source": source}
    writer.make(APPLICATION, name, spec=spec)
    writer.patch(APPLICATION, name, {"status": status})


def _flux(writer: Writer, kind: ObjectKind, name: str, **spec: str) -> None:
    writer.make(kind, name, {**_READY, "lastAppliedRevision": "main@sha1:4f2a"}, spec={"interval": "5m", **spec})
