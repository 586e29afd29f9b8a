"""The kinds of Kubernetes objects that can be polled: short name to API path."""

from typing import NamedTuple


class ObjectKind(NamedTuple):
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

KINDS: dict[str, ObjectKind] = {
    "certificate": ObjectKind("/apis/cert-manager.io/v1", "certificates"),
    "clusterrole": ObjectKind(_RBAC, "clusterroles", namespaced=False),
    "clusterrolebinding": ObjectKind(_RBAC, "clusterrolebindings", namespaced=False),
    "configmap": ObjectKind(_CORE, "configmaps"),
    "cronjob": ObjectKind(_BATCH, "cronjobs"),
    "daemonset": ObjectKind(_APPS, "daemonsets"),
    "deployment": ObjectKind(_APPS, "deployments"),
    "endpoints": ObjectKind(_CORE, "endpoints"),
    "endpointslice": ObjectKind("/apis/discovery.k8s.io/v1", "endpointslices"),
    "event": ObjectKind(_CORE, "events"),
    "hpa": ObjectKind("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    "ingress": ObjectKind(_NETWORKING, "ingresses"),
    "ingressclass": ObjectKind(_NETWORKING, "ingressclasses", namespaced=False),
    "job": ObjectKind(_BATCH, "jobs"),
    "limitrange": ObjectKind(_CORE, "limitranges"),
    "namespace": ObjectKind(_CORE, "namespaces", namespaced=False),
    "networkpolicy": ObjectKind(_NETWORKING, "networkpolicies"),
    "node": ObjectKind(_CORE, "nodes", namespaced=False),
    "pdb": ObjectKind("/apis/policy/v1", "poddisruptionbudgets"),
    "pod": ObjectKind(_CORE, "pods"),
    "pv": ObjectKind(_CORE, "persistentvolumes", namespaced=False),
    "pvc": ObjectKind(_CORE, "persistentvolumeclaims"),
    "replicaset": ObjectKind(_APPS, "replicasets"),
    "resourcequota": ObjectKind(_CORE, "resourcequotas"),
    "role": ObjectKind(_RBAC, "roles"),
    "rolebinding": ObjectKind(_RBAC, "rolebindings"),
    "secret": ObjectKind(_CORE, "secrets"),
    "service": ObjectKind(_CORE, "services"),
    "serviceaccount": ObjectKind(_CORE, "serviceaccounts"),
    "statefulset": ObjectKind(_APPS, "statefulsets"),
    "storageclass": ObjectKind("/apis/storage.k8s.io/v1", "storageclasses", namespaced=False),
}
