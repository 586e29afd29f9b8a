"""The table of resources: discovery, paths, default verbs and selectors are all derived from it."""

from __future__ import annotations

from dataclasses import dataclass

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
CREATE = ("create",)


@dataclass(frozen=True, slots=True)
class Resource:
    """One row of the table: the names of a kind, its verbs and its selectable fields."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    generation: bool = False
    """Whether metadata.generation counts the changes of spec."""
    fields: tuple[str, ...] = ()
    """Selectable fields in addition to metadata.name and metadata.namespace."""
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    custom: bool = False
    """Whether it is defined by a CustomResourceDefinition: no strategic merge patches."""

    @property
    def group_version(self) -> str:
        """apiVersion of its objects: "apps/v1", or "v1" for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The name that messages use: "deployments.apps", "pods"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        return self.kind.lower()


STATUS = ("status",)
SCALED = ("scale", "status")
ALL = ("all",)
EVENT_FIELDS = tuple(
    f"involvedObject.{field}"
    for field in ("apiVersion", "fieldPath", "kind", "name", "namespace", "resourceVersion", "uid")
)
POD_FIELDS = (
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
)
POD_PARTS = ("log", "status", "eviction", "proxy")
RBAC = "rbac.authorization.k8s.io"
AUTHORIZATION = "authorization.k8s.io"
NETWORKING = "networking.k8s.io"

NAMESPACES = Resource("", "v1", "namespaces", "Namespace", False, ("ns",), STATUS, fields=("status.phase",))
NODES = Resource("", "v1", "nodes", "Node", False, ("no",), STATUS, fields=("spec.unschedulable",))
PODS = Resource("", "v1", "pods", "Pod", True, ("po",), POD_PARTS, generation=True, fields=POD_FIELDS, categories=ALL)
SERVICES = Resource("", "v1", "services", "Service", True, ("svc",), STATUS, categories=ALL)
ENDPOINTS = Resource("", "v1", "endpoints", "Endpoints", True, ("ep",))
ENDPOINTSLICES = Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True, ())
EVENTS = Resource("", "v1", "events", "Event", True, ("ev",), fields=(*EVENT_FIELDS, "reason", "source", "type"))
CONFIGMAPS = Resource("", "v1", "configmaps", "ConfigMap", True, ("cm",))
SECRETS = Resource("", "v1", "secrets", "Secret", fields=("type",))
SERVICEACCOUNTS = Resource("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",))
CLAIMS = Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", True, ("pvc",), STATUS)
QUOTAS = Resource("", "v1", "resourcequotas", "ResourceQuota", True, ("quota",), STATUS)
LIMITRANGES = Resource("", "v1", "limitranges", "LimitRange", True, ("limits",))
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment", True, ("deploy",), SCALED, True, (), ALL)
REPLICASETS = Resource(
    "apps", "v1", "replicasets", "ReplicaSet", True, ("rs",), SCALED, True, ("status.replicas",), ALL
)
STATEFULSETS = Resource("apps", "v1", "statefulsets", "StatefulSet", True, ("sts",), SCALED, True, (), ALL)
DAEMONSETS = Resource("apps", "v1", "daemonsets", "DaemonSet", True, ("ds",), STATUS, True, (), ALL)
JOBS = Resource("batch", "v1", "jobs", "Job", True, (), STATUS, True, ("status.successful",), ALL)
CRONJOBS = Resource("batch", "v1", "cronjobs", "CronJob", True, ("cj",), STATUS, True, (), ALL)
AUTOSCALERS = Resource(
    "autoscaling",
    "v2",
    "horizontalpodautoscalers",
    "HorizontalPodAutoscaler",
    True,
    ("hpa",),
    STATUS,
    categories=ALL,
)
BUDGETS = Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, ("pdb",), STATUS, True)
NETWORKPOLICIES = Resource(NETWORKING, "v1", "networkpolicies", "NetworkPolicy", True, ("netpol",), (), True)
INGRESSES = Resource(NETWORKING, "v1", "ingresses", "Ingress", True, ("ing",), STATUS, True)
INGRESSCLASSES = Resource(NETWORKING, "v1", "ingressclasses", "IngressClass", False, (), (), True)
ROLES = Resource(RBAC, "v1", "roles", "Role")
ROLEBINDINGS = Resource(RBAC, "v1", "rolebindings", "RoleBinding")
CLUSTERROLES = Resource(RBAC, "v1", "clusterroles", "ClusterRole", False)
CLUSTERROLEBINDINGS = Resource(RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", False)
STORAGECLASSES = Resource("storage.k8s.io", "v1", "storageclasses", "StorageClass", False, ("sc",))
CERTIFICATES = Resource(
    "cert-manager.io", "v1", "certificates", "Certificate", True, ("cert", "certs"), STATUS, True, custom=True
)
ROLLOUTS = Resource("argoproj.io", "v1alpha1", "rollouts", "Rollout", True, ("ro",), STATUS, True, custom=True)
ANALYSISRUNS = Resource("argoproj.io", "v1alpha1", "analysisruns", "AnalysisRun", True, ("ar",), custom=True)
ANALYSISTEMPLATES = Resource(
    "argoproj.io", "v1alpha1", "analysistemplates", "AnalysisTemplate", True, ("at",), custom=True
)
ARGO = (ROLLOUTS, ANALYSISRUNS, ANALYSISTEMPLATES)
ACCESS_REVIEWS = Resource(
    AUTHORIZATION, "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False, verbs=CREATE
)
SUBJECT_REVIEWS = Resource(AUTHORIZATION, "v1", "subjectaccessreviews", "SubjectAccessReview", False, verbs=CREATE)
RULES_REVIEWS = Resource(AUTHORIZATION, "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", False, verbs=CREATE)
SELF_REVIEWS = Resource("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", False, verbs=CREATE)

RESOURCES: tuple[Resource, ...] = (
    *(NAMESPACES, NODES, PODS, SERVICES, ENDPOINTS, ENDPOINTSLICES, EVENTS, CONFIGMAPS, SECRETS, SERVICEACCOUNTS),
    *(CLAIMS, QUOTAS, LIMITRANGES),
    *(DEPLOYMENTS, REPLICASETS, STATEFULSETS, DAEMONSETS, JOBS, CRONJOBS, AUTOSCALERS, BUDGETS),
    *(NETWORKPOLICIES, INGRESSES, INGRESSCLASSES, ROLES, ROLEBINDINGS, CLUSTERROLES, CLUSTERROLEBINDINGS),
    *(STORAGECLASSES, CERTIFICATES, *ARGO, ACCESS_REVIEWS, SUBJECT_REVIEWS, RULES_REVIEWS, SELF_REVIEWS),
)
BY_PATH = {(row.group, row.version, row.plural): row for row in RESOURCES}
BY_KIND = {(row.group_version, row.kind): row for row in RESOURCES}
