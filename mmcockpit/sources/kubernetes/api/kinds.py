"""The kinds of Kubernetes objects with a short name, and their API paths."""

from typing import NamedTuple


class ObjectKind(NamedTuple):
    """Objects of one kind: their API path, and the name of the kind, such as `Deployment`.

    `has_status` is whether it has the subresource status, which controllers write.
    """

    prefix: str
    plural: str
    kind: str
    namespaced: bool = True
    has_status: bool = True

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of one object, or without a name of the list."""
        within = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{self.prefix}{within}/{self.plural}" + (f"/{name}" if name else "")

    @property
    def group(self) -> str:
        """The API group, empty for the core."""
        return self.prefix.split("/")[2] if self.prefix.startswith("/apis/") else ""

    @property
    def api_version(self) -> str:
        """The group and version as objects have it in `apiVersion`: `apps/v1`, `v1`."""
        return self.prefix.split("/", 2)[2]


_CORE = "/api/v1"
_APPS = "/apis/apps/v1"
_BATCH = "/apis/batch/v1"
_NETWORKING = "/apis/networking.k8s.io/v1"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"

KINDS: dict[str, ObjectKind] = {
    "certificate": ObjectKind("/apis/cert-manager.io/v1", "certificates", "Certificate"),
    "clusterrole": ObjectKind(_RBAC, "clusterroles", "ClusterRole", namespaced=False),
    "clusterrolebinding": ObjectKind(_RBAC, "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
    "configmap": ObjectKind(_CORE, "configmaps", "ConfigMap"),
    "cronjob": ObjectKind(_BATCH, "cronjobs", "CronJob"),
    "daemonset": ObjectKind(_APPS, "daemonsets", "DaemonSet"),
    "deployment": ObjectKind(_APPS, "deployments", "Deployment"),
    "endpoints": ObjectKind(_CORE, "endpoints", "Endpoints"),
    "endpointslice": ObjectKind("/apis/discovery.k8s.io/v1", "endpointslices", "EndpointSlice"),
    "event": ObjectKind(_CORE, "events", "Event"),
    "hpa": ObjectKind("/apis/autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
    "ingress": ObjectKind(_NETWORKING, "ingresses", "Ingress"),
    "ingressclass": ObjectKind(_NETWORKING, "ingressclasses", "IngressClass", namespaced=False),
    "job": ObjectKind(_BATCH, "jobs", "Job"),
    "limitrange": ObjectKind(_CORE, "limitranges", "LimitRange"),
    "namespace": ObjectKind(_CORE, "namespaces", "Namespace", namespaced=False),
    "networkpolicy": ObjectKind(_NETWORKING, "networkpolicies", "NetworkPolicy"),
    "node": ObjectKind(_CORE, "nodes", "Node", namespaced=False),
    "pdb": ObjectKind("/apis/policy/v1", "poddisruptionbudgets", "PodDisruptionBudget"),
    "pod": ObjectKind(_CORE, "pods", "Pod"),
    "pv": ObjectKind(_CORE, "persistentvolumes", "PersistentVolume", namespaced=False),
    "pvc": ObjectKind(_CORE, "persistentvolumeclaims", "PersistentVolumeClaim"),
    "replicaset": ObjectKind(_APPS, "replicasets", "ReplicaSet"),
    "resourcequota": ObjectKind(_CORE, "resourcequotas", "ResourceQuota"),
    "role": ObjectKind(_RBAC, "roles", "Role"),
    "rolebinding": ObjectKind(_RBAC, "rolebindings", "RoleBinding"),
    "secret": ObjectKind(_CORE, "secrets", "Secret"),
    "service": ObjectKind(_CORE, "services", "Service"),
    "serviceaccount": ObjectKind(_CORE, "serviceaccounts", "ServiceAccount"),
    "statefulset": ObjectKind(_APPS, "statefulsets", "StatefulSet"),
    "storageclass": ObjectKind("/apis/storage.k8s.io/v1", "storageclasses", "StorageClass", namespaced=False),
}
"""Kinds with a short name: they are polled without asking the cluster which kinds it has."""
