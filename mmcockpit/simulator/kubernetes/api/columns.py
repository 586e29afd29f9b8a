"""The columns of `kubectl get` for each kind: name, priority (1 only with -o wide), function for the cell."""

from __future__ import annotations

from collections.abc import Callable

from mmcockpit.simulator.kubernetes.api import cells
from mmcockpit.simulator.kubernetes.api.cells import NONE, Cell
from mmcockpit.simulator.kubernetes.objects import Object

Column = tuple[str, int, Callable[[Object], Cell]]

NAME: Column = ("Name", 0, cells.at("metadata.name"))
AGE: Column = ("Age", 0, cells.age)
STATUS: Column = ("Status", 0, cells.at("status.phase"))
IMAGES: tuple[Column, ...] = (("Containers", 1, cells.containers("name")), ("Images", 1, cells.containers("image")))
SELECTOR: Column = ("Selector", 1, cells.selector)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "Pod": (
        NAME,
        ("Ready", 0, cells.pod_ready),
        ("Status", 0, cells.pod_status),
        ("Restarts", 0, cells.pod_restarts),
        AGE,
        ("IP", 1, cells.at("status.podIP")),
        ("Node", 1, cells.at("spec.nodeName")),
        ("Nominated Node", 1, cells.at("status.nominatedNodeName")),
        ("Readiness Gates", 1, lambda _: NONE),
    ),
    "Deployment": (
        NAME,
        ("Ready", 0, cells.of("status.readyReplicas", "spec.replicas")),
        ("Up-to-date", 0, cells.number("status.updatedReplicas")),
        ("Available", 0, cells.number("status.availableReplicas")),
        AGE,
        *IMAGES,
        SELECTOR,
    ),
    "ReplicaSet": (
        NAME,
        ("Desired", 0, cells.number("spec.replicas")),
        ("Current", 0, cells.number("status.replicas")),
        ("Ready", 0, cells.number("status.readyReplicas")),
        AGE,
        *IMAGES,
        SELECTOR,
    ),
    "StatefulSet": (NAME, ("Ready", 0, cells.of("status.readyReplicas", "spec.replicas")), AGE, *IMAGES),
    "DaemonSet": (
        NAME,
        ("Desired", 0, cells.number("status.desiredNumberScheduled")),
        ("Current", 0, cells.number("status.currentNumberScheduled")),
        ("Ready", 0, cells.number("status.numberReady")),
        ("Up-to-date", 0, cells.number("status.updatedNumberScheduled")),
        ("Available", 0, cells.number("status.numberAvailable")),
        AGE,
    ),
    "Job": (
        NAME,
        ("Status", 0, cells.job_status),
        ("Completions", 0, cells.of("status.succeeded", "spec.completions")),
        ("Duration", 0, cells.job_duration),
        AGE,
    ),
    "CronJob": (
        NAME,
        ("Schedule", 0, cells.at("spec.schedule")),
        ("Timezone", 0, cells.at("spec.timeZone")),
        ("Suspend", 0, lambda value: str(bool(value["spec"].get("suspend")))),
        ("Active", 0, lambda value: len(value["status"].get("active") or ())),
        ("Last Schedule", 0, cells.last_schedule),
        AGE,
    ),
    "Service": (
        NAME,
        ("Type", 0, cells.at("spec.type")),
        ("Cluster-IP", 0, cells.at("spec.clusterIP")),
        ("External-IP", 0, cells.balancer),
        ("Port(s)", 0, cells.ports),
        AGE,
        SELECTOR,
    ),
    "Endpoints": (NAME, ("Endpoints", 0, cells.endpoints), AGE),
    "Node": (
        NAME,
        ("Status", 0, cells.node_status),
        ("Roles", 0, cells.node_roles),
        AGE,
        ("Version", 0, cells.at("status.nodeInfo.kubeletVersion")),
        ("Internal-IP", 1, cells.node_address("InternalIP")),
        ("OS-Image", 1, cells.at("status.nodeInfo.osImage")),
        ("Container-Runtime", 1, cells.at("status.nodeInfo.containerRuntimeVersion")),
    ),
    "Namespace": (NAME, STATUS, AGE),
    "Event": (
        ("Last Seen", 0, cells.event_age),
        ("Type", 0, cells.at("type")),
        ("Reason", 0, cells.at("reason")),
        ("Object", 0, cells.event_object),
        ("Source", 1, cells.at("source.component", "")),
        ("Message", 0, cells.at("message", "")),
        ("Count", 1, cells.number("count")),
        ("Name", 1, cells.at("metadata.name")),
    ),
    "HorizontalPodAutoscaler": (
        NAME,
        ("Reference", 0, cells.reference),
        ("Targets", 0, cells.targets),
        ("MinPods", 0, cells.number("spec.minReplicas")),
        ("MaxPods", 0, cells.number("spec.maxReplicas")),
        ("Replicas", 0, cells.number("status.currentReplicas")),
        AGE,
    ),
    "PodDisruptionBudget": (
        NAME,
        ("Min Available", 0, cells.at("spec.minAvailable", "N/A")),
        ("Max Unavailable", 0, cells.at("spec.maxUnavailable", "N/A")),
        ("Allowed Disruptions", 0, cells.number("status.disruptionsAllowed")),
        AGE,
    ),
    "PersistentVolumeClaim": (
        NAME,
        STATUS,
        ("Volume", 0, cells.at("spec.volumeName", "")),
        ("Capacity", 0, cells.at("status.capacity.storage", "")),
        ("StorageClass", 0, cells.at("spec.storageClassName", "")),
        AGE,
    ),
    "ConfigMap": (NAME, ("Data", 0, cells.length("data")), AGE),
    "Secret": (NAME, ("Type", 0, cells.at("type")), ("Data", 0, cells.length("data")), AGE),
    "ServiceAccount": (NAME, ("Secrets", 0, cells.length("secrets")), AGE),
    "Ingress": (
        NAME,
        ("Class", 0, cells.at("spec.ingressClassName")),
        ("Hosts", 0, cells.hosts),
        ("Address", 0, cells.balancer),
        AGE,
    ),
    "NetworkPolicy": (
        NAME,
        (
            "Pod-Selector",
            0,
            lambda value: cells.join(
                f"{key}={text}" for key, text in (value["spec"].get("podSelector", {}).get("matchLabels") or {}).items()
            ),
        ),
        AGE,
    ),
    "ResourceQuota": (NAME, ("Request", 0, cells.quota("requests")), ("Limit", 0, cells.quota("limits")), AGE),
    "StorageClass": (
        NAME,
        ("Provisioner", 0, cells.at("provisioner")),
        ("ReclaimPolicy", 0, cells.at("reclaimPolicy")),
        ("VolumeBindingMode", 0, cells.at("volumeBindingMode")),
        AGE,
    ),
    "Certificate": (NAME, ("Ready", 0, cells.ready_condition), ("Secret", 0, cells.at("spec.secretName")), AGE),
    "RoleBinding": (NAME, ("Role", 0, lambda value: f"{value['roleRef']['kind']}/{value['roleRef']['name']}"), AGE),
}
DEFAULT: tuple[Column, ...] = (NAME, ("Created At", 0, cells.at("metadata.creationTimestamp")))
