"""The kinds of Kubernetes objects that can be polled: short name to API path."""

from typing import NamedTuple


class Kind(NamedTuple):
    """The API path of objects of one kind."""

    prefix: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of one object, or without a name of the list."""
        within = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{self.prefix}{within}/{self.plural}" + (f"/{name}" if name else "")

    @property
    def group(self) -> str:
        """The API group, empty for the core."""
        return self.prefix.split("/")[2] if self.prefix.startswith("/apis/") else ""


_CORE = "/api/v1"
_APPS = "/apis/apps/v1"
_BATCH = "/apis/batch/v1"
_NETWORKING = "/apis/networking.k8s.io/v1"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"

KINDS: dict[str, Kind] = {
    "certificate": Kind("/apis/cert-manager.io/v1", "certificates"),
    "clusterrole": Kind(_RBAC, "clusterroles", namespaced=False),
    "clusterrolebinding": Kind(_RBAC, "clusterrolebindings", namespaced=False),
    "configmap": Kind(_CORE, "configmaps"),
    "cronjob": Kind(_BATCH, "cronjobs"),
    "daemonset": Kind(_APPS, "daemonsets"),
    "deployment": Kind(_APPS, "deployments"),
    "endpoints": Kind(_CORE, "endpoints"),
    "endpointslice": Kind("/apis/discovery.k8s.io/v1", "endpointslices"),
    "event": Kind(_CORE, "events"),
    "hpa": Kind("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    "ingress": Kind(_NETWORKING, "ingresses"),
    "ingressclass": Kind(_NETWORKING, "ingressclasses", namespaced=False),
    "job": Kind(_BATCH, "jobs"),
    "limitrange": Kind(_CORE, "limitranges"),
    "namespace": Kind(_CORE, "namespaces", namespaced=False),
    "networkpolicy": Kind(_NETWORKING, "networkpolicies"),
    "node": Kind(_CORE, "nodes", namespaced=False),
    "pdb": Kind("/apis/policy/v1", "poddisruptionbudgets"),
    "pod": Kind(_CORE, "pods"),
    "pv": Kind(_CORE, "persistentvolumes", namespaced=False),
    "pvc": Kind(_CORE, "persistentvolumeclaims"),
    "replicaset": Kind(_APPS, "replicasets"),
    "resourcequota": Kind(_CORE, "resourcequotas"),
    "role": Kind(_RBAC, "roles"),
    "rolebinding": Kind(_RBAC, "rolebindings"),
    "secret": Kind(_CORE, "secrets"),
    "service": Kind(_CORE, "services"),
    "serviceaccount": Kind(_CORE, "serviceaccounts"),
    "statefulset": Kind(_APPS, "statefulsets"),
    "storageclass": Kind("/apis/storage.k8s.io/v1", "storageclasses", namespaced=False),
}
