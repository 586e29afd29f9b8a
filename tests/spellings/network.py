"""Spellings of network policies, the ingress and what is behind it."""

from collections.abc import Iterable
from typing import Any

from tests.spellings.case import (
    APP,
    FAIL,
    LABELS,
    NAMESPACE,
    Case,
    Object,
    app,
    box,
    broken,
    made,
    sane,
)

PORTS = [{"name": "http", "containerPort": 8000}]
PODS = app(box(ports=PORTS), replicas=1)
POSTGRES = app(
    box(ports=[{"name": "postgres", "containerPort": 5432}]),
    name="postgresql",
    labels={"app": "postgresql"},
    replicas=1,
)


def policy(name: str = "modelmuxer-network-policy", **spec: Any) -> Object:
    return made("networking.k8s.io/v1", "NetworkPolicy", name, spec={"podSelector": {}, **spec})


def space(name: str) -> Object:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def expression(key: str, operator: str, *values: str) -> Object:
    found: Object = {"key": key, "operator": operator}
    return {"matchExpressions": [{**found, "values": list(values)} if values else found]}


def port(number: Any, protocol: str = "TCP", **more: Any) -> Object:
    return {"port": number, "protocol": protocol, **more}


INGRESS, MONITORING = space("spelled-ingress"), space("spelled-monitoring")
NAME = "kubernetes.io/metadata.name"
EITHER = {"namespaceSelector": expression(NAME, "In", "spelled-ingress", "spelled-monitoring")}
IN = [{"from": [INGRESS, MONITORING], "ports": [port(8000)]}]
OUT = [{"ports": [port(53, "UDP"), port(53), port(5432), port(6379), port(443)]}]
TYPES: Object = {"policyTypes": ["Ingress", "Egress"]}
GOOD: Object = {**TYPES, "ingress": IN, "egress": OUT}
EXCLUDED = expression("app.kubernetes.io/name", "NotIn", APP)


def on(signals: Iterable[str], judged: Any, title: str, *objects: Object) -> list[Case]:
    return [judged(signal, title, PODS, *objects) for signal in signals]


ALL = ("network_policy", "policy_pods", "policy_namespaces", "policy_ports")
POLICIES = [
    *on(ALL, sane, "of all pods", policy(**GOOD)),
    *on(ALL, sane, "of two labels", policy(**GOOD, podSelector={"matchLabels": LABELS})),
    *on(ALL, sane, "an expression", policy(**GOOD, podSelector=expression("app.kubernetes.io/component", "Exists"))),
    *on(ALL, sane, "a named port", policy(**{**GOOD, "ingress": [{"from": [EITHER], "ports": [port("http")]}]})),
    *on(ALL, sane, "all ports out", policy(**{**GOOD, "egress": [{}]})),
    *on(ALL, sane, "a range of ports", policy(**{**GOOD, "egress": [{"ports": [port(1, "UDP", endPort=60), port(
        1, endPort=7000)]}]})),
    *on(ALL, sane, "two policies", policy(**TYPES), policy("more", **GOOD, podSelector={"matchLabels": LABELS})),
    *on(ALL, sane, "no port named", policy(**{**GOOD, "ingress": [{"from": [INGRESS]}, {"from": [MONITORING]}]})),
    *on(ALL, sane, "types left out", policy(ingress=IN, egress=OUT)),
    *on(("network_policy", "policy_pods"), broken, "no policy"),
    *on(("network_policy",), broken, "excludes the pods", policy(**GOOD, podSelector=EXCLUDED)),
    *on(("policy_pods",), broken, "excludes the pods", policy(**GOOD, podSelector=EXCLUDED)),
    *on(("network_policy",), broken, "a typo in a label", policy(**GOOD, podSelector={"matchLabels": {"app": "x"}})),
    *on(("network_policy",), broken, "ingress only", policy(policyTypes=["Ingress"], ingress=IN)),
    *on(("network_policy",), broken, "egress only", policy(policyTypes=["Egress"], egress=OUT)),
    broken("network_policy", "no pods", app(), policy(**GOOD)),
    broken("policy_pods", "no pods", app(), policy(**GOOD)),
    *on(("policy_pods",), broken, "from everywhere", policy(**{**GOOD, "ingress": [{}]})),
    *on(("policy_pods",), broken, "from every namespace", policy(**{**GOOD, "ingress": [
        {"from": [INGRESS, {"namespaceSelector": {}}]}]})),
    *on(("policy_pods",), broken, "from every address", policy(**{**GOOD, "ingress": [
        *IN, {"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]})),
    *on(("policy_pods",), broken, "from namespaces that exist", policy(**{**GOOD, "ingress": [
        *IN, {"from": [{"namespaceSelector": expression(NAME, "Exists")}]}]})),
    *on(("policy_pods",), broken, "from all but one", policy(**{**GOOD, "ingress": [
        *IN, {"from": [{"namespaceSelector": expression(NAME, "NotIn", "default")}]}]})),
    *on(("policy_namespaces", "policy_ports"), broken, "the port by UDP", policy(**{**GOOD, "ingress": [
        {"from": [EITHER], "ports": [port(8000, "UDP")]}]})),
    *on(("policy_namespaces", "policy_ports"), broken, "the label name", policy(**{**GOOD, "ingress": [
        {"from": [{"namespaceSelector": {"matchLabels": {"name": "spelled-ingress"}}}, MONITORING]}]})),
    *on(("policy_namespaces", "policy_ports"), broken, "another port", policy(**{**GOOD, "ingress": [
        {"from": [EITHER], "ports": [port(80)]}]})),
    *on(("policy_namespaces", "policy_ports"), broken, "pods of its own namespace", policy(**{**GOOD, "ingress": [
        {"from": [{"podSelector": {}}]}]})),
    *on(("policy_namespaces", "policy_ports"), broken, "an unknown port name", policy(**{**GOOD, "ingress": [
        {"from": [EITHER], "ports": [port("web")]}]})),
    *on(("policy_namespaces", "policy_ports"), broken, "a namespace and pods that are not there", policy(**{
        **GOOD, "ingress": [{"from": [{**INGRESS, "podSelector": {"matchLabels": {"app": "x"}}}, MONITORING]}]})),
    *on(("policy_namespaces", "policy_ports"), broken, "only one namespace", policy(**{**GOOD, "ingress": [
        {"from": [INGRESS]}]})),
    *on(("policy_ports",), broken, "DNS by TCP only", policy(**{**GOOD, "egress": [
        {"ports": [port(53), port(5432), port(6379), port(443)]}]})),
    *on(("policy_ports",), broken, "nothing out", policy(**{**GOOD, "egress": []})),
    *on(("policy_ports",), broken, "no HTTPS", policy(**{**GOOD, "egress": [
        {"ports": [port(53, "UDP"), port(5432), port(6379)]}]})),
    *on(("policy_ports",), sane, "to addresses", policy(**{**GOOD, "egress": [
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}], **OUT[0]}]})),
    *on(("policy_ports",), sane, "a port by the name of its pods", POSTGRES, policy(**{**GOOD, "egress": [
        {"to": [{"podSelector": {"matchLabels": {"app": "postgresql"}}}], "ports": [port("postgres")]},
        {"ports": [port(53, "UDP"), port(6379), port(443)]}]})),
    *on(("policy_ports",), broken, "to pods that are not there", POSTGRES, policy(**{**GOOD, "egress": [
        {"to": [{"podSelector": {"matchLabels": {"app": "postgres"}}}], "ports": [port(5432)]},
        {"ports": [port(53, "UDP"), port(6379), port(443)]}]})),
    *on(("policy_ports",), broken, "to a namespace by the label name", policy(**{**GOOD, "egress": [
        {"to": [{"namespaceSelector": {"matchLabels": {"name": "kube-system"}}}], "ports": [port(53, "UDP")]},
        {"ports": [port(5432), port(6379), port(443)]}]})),
]  # fmt: skip

CLASS = f"class-{NAMESPACE}"
BY_CLASS: Any = {"vars": {"ingress_class": CLASS}}


def class_(name: str = CLASS, controller: str = "k8s.io/ingress-nginx", metadata: Any = None, **spec: Any) -> Object:
    return made("networking.k8s.io/v1", "IngressClass", name, metadata, spec={"controller": controller, **spec})


PARAMETERS = {"apiGroup": "k8s.example.test", "kind": "Params", "name": "p", "scope": "Cluster"}
LABELLED = {"labels": {"app.kubernetes.io/managed-by": "Helm"}}
CLASSES = [
    sane("ingress_class", "of ingress-nginx", class_(), **BY_CLASS),
    sane("ingress_class", "made by Helm", class_(metadata=LABELLED), **BY_CLASS),
    sane("ingress_class", "with parameters", class_(parameters=PARAMETERS), **BY_CLASS),
    broken("ingress_class", "missing", **BY_CLASS),
    broken("ingress_class", "another name", class_(f"{CLASS}-x"), **BY_CLASS),
    broken("ingress_class", "only an annotation on the ingress", made(
        "networking.k8s.io/v1", "Ingress", "web", {"annotations": {"kubernetes.io/ingress.class": CLASS}},
        spec={"defaultBackend": {"service": {"name": "x", "port": {"number": 80}}}}), **BY_CLASS),
]  # fmt: skip

NGINX = {"app": "ingress-nginx"}
THERE: Any = {"vars": {"ingress_namespace": NAMESPACE}}
AS_SET: Any = {"vars": {"ingress_namespace": NAMESPACE, "ingress_kind": "daemonset"}}


def controller(kind: str = "Deployment", *boxes: Object, **more: Any) -> Object:
    return app(*boxes, kind=kind, name="ingress-nginx-controller", labels=NGINX, **more)


CONTROLLERS = [
    sane("ingress_controller", "a Deployment", controller(replicas=2), **THERE),
    sane("ingress_controller", "a DaemonSet", controller("DaemonSet"), **AS_SET),
    sane("ingress_controller", "one with surge", controller(replicas=1, more={
        "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}}}), **THERE),
    broken("ingress_controller", "missing", **THERE),
    broken("ingress_controller", "scaled to zero", controller(), **THERE),
    broken("ingress_controller", "never ready", controller("Deployment", box(image="x:missing"), replicas=1),
           settles=False, **THERE),
    broken("ingress_controller", "a DaemonSet that fits no node", controller("DaemonSet", nodeSelector={"disk": "x"}),
           **AS_SET),
    broken("ingress_controller", "a DaemonSet that is never ready", controller("DaemonSet", box(image="x:missing")),
           settles=False, **AS_SET),
]  # fmt: skip

ADDRESS = {"loadBalancer": {"ingress": [{"ip": "203.0.113.10"}]}}
BY_NAME = {"loadBalancer": {"ingress": [{"hostname": "lb.example.test"}]}}


def service(name: str = "modelmuxer-service", selector: Any = None, **more: Any) -> Object:
    chosen = LABELS if selector is None else selector
    spec: Object = {"ports": [{"name": "http", "port": 8000, "targetPort": 8000}], "selector": chosen}
    status = {"status": more.pop("status")} if "status" in more else {}
    return made("v1", "Service", name, spec={**spec, **more}, **status)


def to(name: str = "modelmuxer-service", number: Any = 8000) -> Object:
    wanted = {"number": number} if isinstance(number, int) else {"name": number}
    return {"service": {"name": name, "port": wanted}}


def rules(host: str = "", backend: Any = None) -> Object:
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend or to()}]
    return {"rules": [{**({"host": host} if host else {}), "http": {"paths": paths}}]}


def ingress(spec: Any = None, annotations: Any = None, status: Any = ADDRESS, class_name: Any = CLASS) -> Object:
    metadata = {"annotations": annotations} if annotations else {}
    body = {**(spec or rules(HOST)), **({"ingressClassName": class_name} if class_name else {})}
    return made("networking.k8s.io/v1", "Ingress", "modelmuxer-ingress", metadata, spec=body, status=status)


HOST = "api.modelmuxer.com"
NGINX_NAME = "nginx.ingress.kubernetes.io/"
OLD_CLASS = {"kubernetes.io/ingress.class": CLASS}


def way_in(judged: Any, title: str, *objects: Object, **more: Any) -> Case:
    made_: Case = judged("ingress", title, PODS, *objects, **BY_CLASS, **more)
    return made_


INGRESSES = [
    way_in(sane, "a host", service(), ingress()),
    way_in(sane, "no host", service(), ingress(rules())),
    way_in(sane, "a wildcard", service(), ingress(rules("*.modelmuxer.com"))),
    way_in(sane, "a port by name", service(), ingress(rules(HOST, to(number="http")))),
    way_in(sane, "a default backend", service(), ingress({"defaultBackend": to()})),
    way_in(sane, "an address by name", service(), ingress(status=BY_NAME)),
    way_in(sane, "the class as an annotation", service(), ingress(annotations=OLD_CLASS, class_name=None)),
    way_in(sane, "a target port by name", service(ports=[{"port": 8000, "targetPort": "http"}]), ingress()),
    way_in(sane, "rewrites a part", service(), ingress(annotations={f"{NGINX_NAME}rewrite-target": "/$2"})),
    way_in(broken, "another host", service(), ingress(rules("www.modelmuxer.com"))),
    way_in(broken, "a wildcard of the wrong depth", service(), ingress(rules("*.com"))),
    way_in(broken, "a Service that is not there", service(), ingress(rules(HOST, to("missing")))),
    way_in(broken, "a port that is not there", service(), ingress(rules(HOST, to(number=80)))),
    way_in(broken, "a Service that selects nothing", service(selector={"app": "typo"}), ingress()),
    way_in(broken, "a Service of another port", service(ports=[{"port": 8000, "targetPort": "web"}]), ingress()),
    way_in(broken, "a Service without a selector", service(selector={}), ingress()),
    way_in(broken, "no address", service(), ingress(status={"loadBalancer": {}})),
    way_in(broken, "of another class", service(), ingress(class_name="traefik")),
    way_in(broken, "of no class", service(), ingress(class_name=None)),
    way_in(broken, "rewrites all to the root", service(), ingress(annotations={f"{NGINX_NAME}rewrite-target": "/"})),
    way_in(broken, "missing", service()),
    broken("ingress", "pods that are not ready", app(box(image="x:missing"), replicas=1), service(), ingress(),
           settles=False, **BY_CLASS),
]  # fmt: skip


def limited(**annotations: str) -> Object:
    given = {NGINX_NAME + name.replace("_", "-"): value for name, value in annotations.items()}
    return ingress({"defaultBackend": to()}, annotations=given)


RATES = [
    sane("rate_annotations", "a second", limited(limit_rps="10")),
    sane("rate_annotations", "a minute", limited(limit_rpm="60", limit_burst_multiplier="3")),
    sane("rate_annotations", "connections", limited(limit_connections="20")),
    broken("rate_annotations", "the name as delivered", limited(rate_limit="60")),
    broken("rate_annotations", "none", limited()),
    broken("rate_annotations", "zero is off", limited(limit_rps="0")),
    broken("rate_annotations", "no number", limited(limit_rps="ten")),
    broken("rate_annotations", "only the burst", limited(limit_burst_multiplier="3")),
    broken("rate_annotations", "no ingress"),
]

BALANCED = {"type": "LoadBalancer", "selector": NGINX, "status": ADDRESS}
BALANCERS = [
    sane("ingress_service", "an address", controller(replicas=1), service(
        "ingress-nginx-controller", **BALANCED), **THERE),
    sane("ingress_service", "a name", controller(replicas=1), service(
        "ingress-nginx-controller", **{**BALANCED, "status": BY_NAME}), **THERE),
    sane("ingress_service", "local traffic only", controller(replicas=1), service(
        "ingress-nginx-controller", **BALANCED, externalTrafficPolicy="Local"), **THERE),
    broken("ingress_service", "no address", controller(replicas=1), service(
        "ingress-nginx-controller", **{**BALANCED, "status": {"loadBalancer": {}}}), **THERE),
    broken("ingress_service", "nothing behind it", controller(replicas=1), service(
        "ingress-nginx-controller", **{**BALANCED, "selector": {"app": "typo"}}), **THERE),
    broken("ingress_service", "a node port", controller(replicas=1), service(
        "ingress-nginx-controller", selector=NGINX, type="NodePort"), **THERE),
    broken("ingress_service", "missing", **THERE),
]  # fmt: skip

CASES: list[Case] = [*POLICIES, *CLASSES, *CONTROLLERS, *INGRESSES, *RATES, *BALANCERS]
__all__ = ["CASES", "FAIL"]
