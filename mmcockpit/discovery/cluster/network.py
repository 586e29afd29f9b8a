"""Signals of Services, Ingresses and cert-manager certificates; the hosts that Ingresses serve."""

from mmcockpit.discovery.cluster.inventory import Inventory, Object, name_of, spec_of
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import BEFORE, VERIFY

SECTION = "Network"
MOST_SERVICES = 20
MOST_INGRESSES = 10
MOST_CERTIFICATES = 10
_CERTIFICATE = (
    "value.exists && has(value.status) && has(value.status.conditions) && has(value.status.notAfter)\n"
    '&& value.status.conditions.exists(each, each.type == "Ready" && each.status == "True")\n'
    '&& timestamp(value.status.notAfter) - now > duration("336h")'
)


def add_network(draft: FindingsDraft, inventory: Inventory) -> None:
    """Add a signal for each Service with a selector, each Ingress and each certificate."""
    if inventory.listed("service", "endpointslice"):
        services = [service for service in inventory.of("service") if _has_endpoints(service)]
        for service in draft.first(services, MOST_SERVICES, SECTION, "Service", name_of):
            _service(draft, name_of(service))
        for ingress in draft.first(inventory.of("ingress"), MOST_INGRESSES, SECTION, "Ingress", name_of):
            _ingress(draft, ingress)
    elif inventory.of("ingress"):
        draft.leave_out(SECTION, "backends of Ingresses", "they need the right to list Services and EndpointSlices")
    certificates = inventory.of("certificate")
    for certificate in draft.first(certificates, MOST_CERTIFICATES, SECTION, "Certificate", name_of):
        _certificate(draft, name_of(certificate))


def ingress_hosts(inventory: Inventory) -> list[str]:
    """Return the hosts of all Ingresses; `*.example.com` is one."""
    hosts = (host for ingress in inventory.of("ingress") for host in _hosts(ingress))
    return list(dict.fromkeys(hosts))


def _has_endpoints(service: Object) -> bool:
    """Return whether Kubernetes chooses the endpoints of a Service: it has a selector."""
    spec = spec_of(service)
    return bool(spec.get("selector")) and spec.get("type") != "ExternalName"


def _service(draft: FindingsDraft, name: str) -> None:
    draft.watch(
        (name, "endpoints"),
        f"{name} endpoints",
        SECTION,
        "service",
        {"name": name},
        "value.exists && value.ready > 0",
        persist=3,
        comment="Every port of the Service has a ready endpoint.",
        item=(VERIFY, "Traffic", f"Service {name} has ready endpoints"),
    )


def _hosts(ingress: Object) -> list[str]:
    spec = spec_of(ingress)
    named = [rule.get("host") or "" for rule in spec.get("rules") or ()]
    named += [host for tls in spec.get("tls") or () for host in tls.get("hosts") or ()]
    return list(filter(None, dict.fromkeys(named)))


def _ingress(draft: FindingsDraft, ingress: Object) -> None:
    name, hosts = name_of(ingress), [rule.get("host") or "" for rule in spec_of(ingress).get("rules") or ()]
    hosts = [host for host in dict.fromkeys(hosts) if host and "*" not in host][:20]
    covered = " && value.covered.all(host, value.covered[host])" if hosts else ""
    draft.watch(
        (name, "ingress"),
        f"{name} ingress",
        SECTION,
        "ingress",
        {"name": name, **({"hosts": hosts} if hosts else {})},
        f"value.exists && size(value.broken) == 0{covered}",
        persist=3,
        comment="Every path leads to a Service with a ready endpoint, and no host is missing.",
        item=(VERIFY, "Traffic", f"Ingress {name} reaches ready pods"),
    )


def _certificate(draft: FindingsDraft, name: str) -> None:
    draft.watch(
        (name, "certificate"),
        f"certificate {name}",
        SECTION,
        "get",
        {"kind": "certificate", "name": name},
        _CERTIFICATE,
        comment="cert-manager reports it as ready, and it is valid for more than 14 days (336 hours).",
        more={"every": "1m"},
        item=(BEFORE, "Certificates", f"Certificate {name} is valid for more than 14 days"),
    )
