"""Peers of network policy rules: the namespaces, pods, addresses and ports that they select.

Source: https://kubernetes.io/docs/reference/networking/network-policies/ (the API reference of NetworkPolicyPeer)
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from mmcockpit.sources.kubernetes.probe import Object
from mmcockpit.sources.kubernetes.selectors import selects

_STRANGE = {"kubernetes.io/metadata.name": "a-namespace-that-no-rule-names"}


class Around:
    """The surroundings of an application: the namespaces of the cluster, and the pods of its own namespace."""

    def __init__(self, own: str, namespaces: Mapping[str, Object], pods: list[Object]) -> None:
        self.own, self.namespaces, self.pods = own, namespaces, pods

    def lets_out(self, policies: list[Object], port: str) -> bool:
        """Return whether a rule allows egress on a port to a destination that exists."""
        return any(
            any(self._leads(peer, rule.get("ports"), port) for peer in rule.get("to") or [{}])
            for rule in _rules(policies, "egress")
        )

    def _leads(self, peer: Object, ports: Any, port: str) -> bool:
        by_namespace, by_pod = peer.get("namespaceSelector"), peer.get("podSelector")
        if by_namespace is not None:
            # Pods of other namespaces are not read: it is enough that the namespace exists.
            return _covers(ports, port, None) and any(
                selects(by_namespace, labels_of(namespace)) for namespace in self.namespaces.values()
            )
        if by_pod is not None:
            chosen = [pod for pod in self.pods if selects(by_pod, labels_of(pod))]
            return any(_covers(ports, port, pod) for pod in chosen)
        # An address block, or an empty peer.
        return any(_covers(ports, port, pod) for pod in (None, *self.pods))


class TrafficSource:
    """A namespace that traffic comes from, with its pods."""

    def __init__(self, around: Around, name: str, pods: list[Object]) -> None:
        self._same = around.own == name
        self._labels = labels_of(around.namespaces[name])
        self._pods = pods

    def matches(self, peer: Object) -> bool:
        """Return whether a peer of a rule selects this namespace, or a pod in it."""
        if block := peer.get("ipBlock"):
            return any(_in_block(block, address) for pod in self._pods for address in _addresses(pod))
        by_namespace = peer.get("namespaceSelector")
        if not (self._same if by_namespace is None else selects(by_namespace, self._labels)):
            return False
        by_pod = peer.get("podSelector")
        return by_pod is None or any(selects(by_pod, labels_of(pod)) for pod in self._pods)


def lets_in(pod: Object, policies: list[Object], port: str, source: TrafficSource) -> bool:
    """Return whether a rule allows a source to reach a port of a pod."""
    return any(
        _covers(rule.get("ports"), port, pod) and (not rule.get("from") or any(map(source.matches, rule["from"])))
        for rule in _rules(policies, "ingress")
    )


def open_to_all(pod: Object, policies: list[Object], port: str) -> bool:
    """Return whether a rule allows pods without labels from a namespace that it does not name."""
    return any(
        _covers(rule.get("ports"), port, pod) and (not rule.get("from") or any(map(_means_all, rule["from"])))
        for rule in _rules(policies, "ingress")
    )


def _means_all(peer: Object) -> bool:
    if block := peer.get("ipBlock"):
        return str(block.get("cidr", "")).endswith("/0")
    by_namespace, by_pod = peer.get("namespaceSelector"), peer.get("podSelector")
    return by_namespace is not None and selects(by_namespace, _STRANGE) and (by_pod is None or selects(by_pod, {}))


def names_pods(policy: Object) -> bool:
    """Return whether a policy's egress selects pods of its own namespace, or ports by name."""
    rules = list(_rules([policy], "egress"))
    peers = any("podSelector" in peer for rule in rules for peer in rule.get("to") or ())
    return peers or any(isinstance(port.get("port"), str) for rule in rules for port in rule.get("ports") or ())


def _in_block(block: Object, address: str) -> bool:
    try:
        ip = ip_address(address)
        return ip in ip_network(block["cidr"], strict=False) and not any(
            ip in ip_network(excepted, strict=False) for excepted in block.get("except") or ()
        )
    except (KeyError, ValueError):
        return False


def _addresses(pod: Object) -> Iterator[str]:
    for address in (pod.get("status") or {}).get("podIPs") or ():
        yield str(address.get("ip", ""))


def _covers(ports: Any, wanted: str, pod: Object | None) -> bool:
    """Return whether the ports of a rule include a port; no ports include all, a name is looked up in the pod."""
    if not ports:
        return True
    number, _, protocol = wanted.partition("/")
    return any(
        port.get("protocol", "TCP") == (protocol or "TCP") and _holds(port, int(number), protocol or "TCP", pod)
        for port in ports
    )


def _holds(rule: Object, number: int, protocol: str, pod: Object | None) -> bool:
    port = rule.get("port")
    if port is None:
        return True
    if isinstance(port, int):
        return port <= number <= int(rule.get("endPort") or port)
    return any(
        declared.get("name") == port
        and declared.get("containerPort") == number
        and declared.get("protocol", "TCP") == protocol
        for box in (spec_of(pod).get("containers") or () if pod else ())
        for declared in box.get("ports") or ()
    )


def _rules(policies: list[Object], direction: str) -> Iterator[Object]:
    for policy in policies:
        yield from spec_of(policy).get(direction) or ()


def spec_of(written: Object) -> Object:
    """Return the specification of an object."""
    spec: Object = written.get("spec") or {}
    return spec


def labels_of(written: Object) -> Mapping[str, str]:
    """Return the labels of an object."""
    labels: Mapping[str, str] = written["metadata"].get("labels") or {}
    return labels


def name_of(written: Object) -> str:
    """Return the name of an object."""
    return str(written["metadata"]["name"])
