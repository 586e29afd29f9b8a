"""The platform of a production: nodes in three zones, namespaces, ingress controller, storage, storage classes."""

from __future__ import annotations

from collections.abc import Iterator

from mmcockpit.simulator.kubernetes.api.resources import INGRESSCLASSES, NAMESPACES, NODES, SERVICES, STORAGECLASSES
from mmcockpit.simulator.kubernetes.objects import Object, name_of, stamp
from mmcockpit.simulator.kubernetes.production.manifests import APP, Placed, container, deployment, make, template

REGION, ZONES = "eu-central-1", ("eu-central-1a", "eu-central-1b", "eu-central-1c")
BALANCER = "203.0.113.10"
"""The address of the load balancer, from the range for documentation."""
PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure")


def nodes() -> list[Object]:
    """Return three ready nodes, one in each zone."""
    return [_node(number, zone) for number, zone in enumerate(ZONES, 1)]


def namespace(name: str, **labels: str) -> Object:
    """Return a namespace with the label `name`, by which network policies select it."""
    shown = {"kubernetes.io/metadata.name": name, "name": name, **labels}
    return make(NAMESPACES, "", name, shown)


def platform(placed: Placed) -> Iterator[Object]:
    """Yield all objects of the cluster that do not belong to an application, except the nodes."""
    yield from (namespace("ingress-nginx"), namespace("monitoring"))
    labels = {f"{APP}/name": "ingress-nginx", f"{APP}/component": "controller"}
    box = container("controller", "registry.k8s.io/ingress-nginx/controller:v1.12.1", 80, "100m:500m", "128Mi:512Mi")
    yield from placed.deployment(deployment("ingress-nginx", "ingress-nginx-controller", 2, template(labels, box)))
    ports = [{"name": "http", "port": 80, "targetPort": 80}, {"name": "https", "port": 443, "targetPort": 443}]
    spec = {"type": "LoadBalancer", "clusterIP": "10.96.0.20", "selector": dict(labels), "ports": ports}
    status = {"loadBalancer": {"ingress": [{"ip": BALANCER}]}}
    yield make(SERVICES, "ingress-nginx", "ingress-nginx-controller", labels, spec=spec, status=status)
    yield make(INGRESSCLASSES, "", "nginx", labels, spec={"controller": "k8s.io/ingress-nginx"})
    for name, kind, default in (("fast-ssd", "gp3", False), ("standard", "gp2", True)):
        annotations = {"storageclass.kubernetes.io/is-default-class": str(default).lower()}
        yield make(
            STORAGECLASSES,
            "",
            name,
            annotations=annotations,
            provisioner="ebs.csi.aws.com",
            parameters={"type": kind},
            allowVolumeExpansion=True,
            volumeBindingMode="WaitForFirstConsumer",
        )


def _node(number: int, zone: str) -> Object:
    name = f"node-{number}"
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "node.kubernetes.io/instance-type": "m6i.4xlarge",
        "node-role.kubernetes.io/worker": "",
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": zone,
    }
    room = {"cpu": "16", "memory": "64Gi", "pods": "110"}
    conditions = [_condition(kind, False, f"KubeletHasNo{kind}") for kind in PRESSURES]
    status = {
        "capacity": room,
        "allocatable": room | {"cpu": "15800m", "memory": "62Gi"},
        "conditions": [*conditions, _condition("Ready", True, "KubeletReady")],
        "addresses": [
            {"type": "InternalIP", "address": f"10.0.{number}.10"},
            {"type": "Hostname", "address": name},
        ],
        "nodeInfo": _node_info(number),
    }
    value = make(NODES, "", name, labels, spec={"podCIDR": f"10.244.{number}.0/24"}, status=status)
    value["spec"]["providerID"] = f"aws:///{zone}/{name_of(value)}"
    return value


def _condition(kind: str, true: bool, reason: str) -> Object:
    now = stamp()
    times = {"lastHeartbeatTime": now, "lastTransitionTime": now}
    return {"type": kind, "status": str(true), "reason": reason, "message": "", **times}


def _node_info(number: int) -> Object:
    return {
        "machineID": f"{number:032x}",
        "systemUUID": f"{number:032x}",
        "bootID": f"{number:032x}",
        "kernelVersion": "6.1.0-39-amd64",
        "osImage": "Debian GNU/Linux 12 (bookworm)",
        "containerRuntimeVersion": "containerd://2.1.4",
        "kubeletVersion": "v1.34.3",
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": "amd64",
    }
