"""Violations of the restricted Pod Security Standard of Kubernetes by a pod, over all of its containers.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/ (profile `restricted`).
"""

from collections.abc import Iterator
from typing import Any

ALLOWED_VOLUMES = frozenset(
    {
        *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image"),
        *("persistentVolumeClaim", "projected", "secret"),
    }
)
ALLOWED_CAPABILITIES = frozenset({"NET_BIND_SERVICE"})
ALLOWED_SECCOMP = frozenset({"RuntimeDefault", "Localhost"})
ALLOWED_SELINUX_TYPES = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
ALLOWED_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
_HOST_NAMESPACES = ("hostNetwork", "hostPID", "hostIPC")
_LISTS = ("initContainers", "containers", "ephemeralContainers")

Spec = dict[str, Any]


def containers(pod: Spec) -> Iterator[Spec]:
    """Yield every container of a pod spec: init, main and ephemeral ones."""
    for name in _LISTS:
        yield from pod.get(name) or ()


def violations(pod: Spec) -> list[str]:
    """Return the violations of a pod spec, each with its container if it has one."""
    return [*_of_pod(pod), *(f"{box.get('name', '')}: {what}" for box in containers(pod) for what in _of(box, pod))]


def _of_pod(pod: Spec) -> Iterator[str]:
    yield from (name for name in _HOST_NAMESPACES if pod.get(name))
    for volume in pod.get("volumes") or ():
        kinds = volume.keys() - {"name"}
        yield from (f"volume {volume.get('name', '')}: {kind}" for kind in sorted(kinds - ALLOWED_VOLUMES))
    security = pod.get("securityContext") or {}
    for sysctl in security.get("sysctls") or ():
        if sysctl.get("name") not in ALLOWED_SYSCTLS:
            yield f"sysctl {sysctl.get('name')}"
    yield from _of_either(security)


def _of_either(security: Spec) -> Iterator[str]:
    """Yield violations in settings that a pod and a container both have."""
    linux = security.get("seLinuxOptions") or {}
    if linux.get("type", "") not in ALLOWED_SELINUX_TYPES or linux.get("user") or linux.get("role"):
        yield "seLinuxOptions"
    if (security.get("appArmorProfile") or {}).get("type") == "Unconfined":
        yield "appArmorProfile Unconfined"
    if (security.get("windowsOptions") or {}).get("hostProcess"):
        yield "windowsOptions.hostProcess"


def _of(box: Spec, pod: Spec) -> Iterator[str]:
    own, shared = box.get("securityContext") or {}, pod.get("securityContext") or {}
    yield from _of_either(own)
    if own.get("privileged"):
        yield "privileged"
    if own.get("procMount", "Default") != "Default":
        yield f"procMount {own['procMount']}"
    if any(port.get("hostPort") for port in box.get("ports") or ()):
        yield "hostPort"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if own.get("runAsNonRoot", shared.get("runAsNonRoot")) is not True:
        yield "runAsNonRoot is not true"
    if own.get("runAsUser", shared.get("runAsUser")) == 0:
        yield "runAsUser is 0"
    capabilities = own.get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or ()):
        yield "capabilities.drop lacks ALL"
    added = sorted(set(capabilities.get("add") or ()) - ALLOWED_CAPABILITIES)
    if added:
        yield f"capabilities.add {', '.join(added)}"
    profile = own.get("seccompProfile") or shared.get("seccompProfile") or {}
    if profile.get("type") not in ALLOWED_SECCOMP:
        yield "seccompProfile is not RuntimeDefault or Localhost"
