"""Effect of a namespace's network policies on an application's pods, as Kubernetes evaluates them.

Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import ListPage
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.labelled_pods import labelled_pods
from mmcockpit.sources.kubernetes.peers import (
    Around,
    TrafficSource,
    labels_of,
    lets_in,
    name_of,
    names_pods,
    open_to_all,
    spec_of,
)
from mmcockpit.sources.kubernetes.probe import MAX_LISTED, ClusterProbe, Namespace, Object
from mmcockpit.sources.kubernetes.selectors import selects

PortName = Annotated[str, Field(pattern=r"^\d{1,5}(/(TCP|UDP|SCTP))?$")]


class NetworkArgs(Args):
    """The application's pods, and the traffic that should be allowed."""

    shorthand: ClassVar[str] = "selector"
    selector: Annotated[str, Field(description="Labels of the application's pods, e.g. app=modelmuxer.")] = ""
    namespace: Namespace = ""
    port: Annotated[PortName, Field(description="The application's port, e.g. 8000 or 8000/TCP.")]
    from_namespaces: Annotated[tuple[str, ...], Field(description="Namespaces that must reach the port.")] = ()
    to_ports: Annotated[tuple[PortName, ...], Field(description="Ports that the pods must reach, e.g. 53/UDP.")] = ()


class Network(ClusterProbe):
    """The effect of policies on the pods that match a selector. Whether the network enforces policies is not known."""

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        pods = (reading("pod", name) for name in dict.fromkeys((namespace, *args.from_namespaces)))
        return (reading("networkpolicy", namespace), *pods, reading("namespace", ""))

    async def poll(self) -> Reading:
        own = self.namespace
        policies = await self._list("networkpolicy", own)
        pods = [pod for pod in await self._pods(own, self.args.selector) if _serves(pod)]
        namespaces = {name_of(namespace): namespace for namespace in await self._list("namespace", "")}
        peers = {name: await self._pods(name) for name in self.args.from_namespaces if name in namespaces}
        around = Around(own, namespaces, await self._pods(own) if any(map(names_pods, policies)) else [])
        return Reading(self._value(around, policies, pods, peers))

    async def _list(self, kind: str, namespace: str) -> list[Object]:
        return await self.cluster.items(KINDS[kind].path(namespace), (), ListPage[Object], MAX_LISTED)

    async def _pods(self, namespace: str, selector: str = "") -> list[Object]:
        return await labelled_pods(self.cluster, namespace, selector)

    def _value(
        self,
        around: Around,
        policies: list[Object],
        pods: list[Object],
        peers: Mapping[str, list[Object]],
    ) -> Object:
        applied = [
            (pod, [policy for policy in policies if selects(spec_of(policy).get("podSelector"), labels_of(pod))])
            for pod in pods
        ]
        incoming = [(pod, _of_type(chosen, "Ingress")) for pod, chosen in applied]
        outgoing = [(pod, _of_type(chosen, "Egress")) for pod, chosen in applied]

        def reached_from(name: str) -> bool:
            return (
                bool(pods)
                and name in around.namespaces
                and all(
                    not chosen or lets_in(pod, chosen, self.args.port, TrafficSource(around, name, peers[name]))
                    for pod, chosen in incoming
                )
            )

        def reaches(port: str) -> bool:
            return bool(pods) and all(not chosen or around.lets_out(chosen, port) for _, chosen in outgoing)

        return {
            "pods": len(pods),
            "policies": sorted({name_of(policy) for _, chosen in applied for policy in chosen}),
            "unselected": [name_of(pod) for pod, chosen in applied if not chosen][:20],
            "ingress_isolated": bool(pods) and all(chosen for _, chosen in incoming),
            "egress_isolated": bool(pods) and all(chosen for _, chosen in outgoing),
            "ingress": {name: reached_from(name) for name in self.args.from_namespaces},
            "egress": {port: reaches(port) for port in self.args.to_ports},
            "open": any(not chosen or open_to_all(pod, chosen, self.args.port) for pod, chosen in incoming),
        }


def _of_type(policies: list[Object], kind: str) -> list[Object]:
    return [policy for policy in policies if kind in _types(spec_of(policy))]


def _types(spec: Object) -> tuple[str, ...]:
    return tuple(spec.get("policyTypes") or ("Ingress", *(("Egress",) if spec.get("egress") is not None else ())))


def _serves(pod: Object) -> bool:
    """Return whether policies apply to a pod: it has not ended, is not being deleted, and has its own network."""
    done = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
    return not done and "deletionTimestamp" not in pod["metadata"] and not spec_of(pod).get("hostNetwork")
