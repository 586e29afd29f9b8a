"""What specifications mean, on real controllers: sane spellings pass, broken ones are named."""

import json
import subprocess
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mmcockpit.core.model.reading import Reading
from tests.servers.control_plane import ControlPlane
from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until
from tests.sources.kubernetes import manifests
from tests.sources.kubernetes.manifests import HARDENED, LIMITS, container, deployment, ingress, policy, rule, service
from tests.sources.polling import answer, opened, probe, value

pytestmark = pytest.mark.anyio
_numbers = count()


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Iterator[Kubectl]:
    """Give an empty namespace of this test's own."""
    yield from namespace(control_plane, f"meaning-{next(_numbers)}")


@pytest.fixture(scope="module")
def shared(control_plane: ControlPlane) -> Iterator[Kubectl]:
    """Give a namespace with the Deployment app, ready, and the Services good and typo."""
    for kubectl in namespace(control_plane, "meaning"):
        _fill(kubectl)
        yield kubectl


def _fill(kubectl: Kubectl) -> None:
    app = deployment(containers=[container(ports=[{"name": "http", "containerPort": 8000}])])
    app["spec"]["template"]["metadata"]["labels"]["tier"] = "api"
    kubectl.apply(app)
    kubectl.apply(service("good", {"app": "app"}))
    kubectl.apply(service("typo", {"app": "ap"}))
    if kubectl.run("get", "namespace", "ingress-space").returncode:
        kubectl("create", "namespace", "ingress-space")
    kubectl("rollout", "status", "deploy/app", "--timeout=120s")
    wait_until(lambda: len(addresses(kubectl, "good")) == 1, "the endpoint is there")


@pytest.fixture(scope="module")
def strict(control_plane: ControlPlane) -> Iterator[Kubectl]:
    """Give a namespace in which the API server itself enforces the restricted standard."""
    for kubectl in namespace(control_plane, "enforced"):
        kubectl("label", "namespace", "enforced", "pod-security.kubernetes.io/enforce=restricted")
        until_enforced(kubectl)
        yield kubectl


def until_enforced(kubectl: Kubectl) -> None:
    """Wait until the admission of the API server knows the label, which reaches it a moment later."""
    privileged = {"containers": [{"name": "app", "image": "app:1", "securityContext": {"privileged": True}}]}
    wait_until(lambda: dry_run(kubectl, privileged).returncode != 0, "a privileged pod is refused")


def dry_run(kubectl: Kubectl, spec: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Let the API server say whether it would accept a pod."""
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}
    return kubectl.run_with(json.dumps(pod), "apply", "--dry-run=server", "-f", "-")


def namespace(cluster: ControlPlane, name: str) -> Iterator[Kubectl]:
    kubectl = cluster.create_namespace(name)
    yield kubectl
    kubectl("delete", "namespace", name, "--wait=false")


async def ask(kubectl: Kubectl, name: str, args: dict[str, Any]) -> Any:
    where = {"kubeconfig": str(kubectl.api.kubeconfig), "namespace": kubectl.namespace}
    async with opened("kubernetes", **where) as source:
        return await value(probe("kubernetes", source, name, args))


def without(name: str, **more: Any) -> dict[str, Any]:
    return container(securityContext={key: one for key, one in HARDENED.items() if key != name} | more)


SHARED = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
PLAIN = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


@pytest.mark.parametrize(
    ("spec", "violation"),
    [
        ({}, ""),
        ({"securityContext": SHARED, "containers": [container(securityContext=PLAIN)]}, ""),
        ({"initContainers": [container("init")], "volumes": [{"name": "tmp", "emptyDir": {}}]}, ""),
        ({"containers": [without("capabilities", capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]})]}, ""),
        ({"initContainers": [{"name": "init", "image": "busybox:latest"}]}, "init: runAsNonRoot is not true"),
        ({"hostNetwork": True}, "hostNetwork"),
        ({"volumes": [{"name": "root", "hostPath": {"path": "/"}}]}, "volume root: hostPath"),
        (
            {"containers": [without("capabilities", capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]})]},
            "app: capabilities.add SYS_ADMIN",
        ),
        ({"containers": [without("runAsNonRoot", runAsUser=0)]}, "app: runAsUser is 0"),
        ({"containers": [without("", privileged=True, allowPrivilegeEscalation=True)]}, "app: privileged"),
        ({"containers": [without("seccompProfile")]}, "app: seccompProfile is not RuntimeDefault or Localhost"),
        (
            {"containers": [container(), container("side", ports=[{"containerPort": 1, "hostPort": 1}])]},
            "side: hostPort",
        ),
    ],
)
async def test_the_restricted_standard_holds_for_every_container(
    shared: Kubectl, strict: Kubectl, spec: Any, violation: str
) -> None:
    shared.apply(deployment("hardened", replicas=0, **spec))
    (row,) = await ask(shared, "templates", {"kind": "deployment", "name": "hardened"})
    shared("delete", "deployment", "hardened")
    assert (row["count"] == 0) == (not violation), row
    assert not violation or violation in row["violations"]
    referee = dry_run(strict, {"containers": [container()], **spec})
    assert referee.returncode == 0 or "violates PodSecurity" in referee.stderr, referee.stderr
    assert (referee.returncode == 0) == (not violation), "the API server's own admission says otherwise"


@pytest.mark.parametrize(
    ("spec", "field", "expected"),
    [
        ({}, "unpinned", []),
        ({"initContainers": [container("init", image="busybox:latest")]}, "unpinned", ["busybox:latest"]),
        ({"containers": [container(image="app:1"), container("side")]}, "unpinned", ["app:1"]),
        ({}, "without_limits", []),
        ({"containers": [container(resources={"limits": LIMITS["limits"]})]}, "without_limits", []),
        ({"resources": LIMITS, "containers": [container(resources={})]}, "without_limits", []),
        ({"initContainers": [container("init", resources={})]}, "without_limits", ["init: cpu", "init: memory"]),
        (
            {"containers": [container(resources={"requests": {"cpu": "1"}})]},
            "without_limits",
            ["app: cpu", "app: memory"],
        ),
        ({}, "token", False),
        ({"automountServiceAccountToken": None}, "token", True),
    ],
)
async def test_images_limits_and_tokens_of_every_container(
    shared: Kubectl, spec: Any, field: str, expected: Any
) -> None:
    shared.apply(deployment("boxes", replicas=0, **spec))
    (row,) = await ask(shared, "templates", {"kind": "deployment", "name": "boxes"})
    shared("delete", "deployment", "boxes")
    assert row[field] == expected


async def test_limit_ranges_and_accounts_count_if_the_pod_sets_nothing(kubectl: Kubectl) -> None:
    limits = [{"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}}]
    kubectl.apply({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "all"}, "spec": {"limits": limits}})
    kubectl("patch", "serviceaccount", "default", "-p", json.dumps({"automountServiceAccountToken": False}))
    kubectl.apply(deployment(replicas=0, automountServiceAccountToken=None, containers=[container(resources={})]))
    (row,) = await ask(kubectl, "templates", {"kind": "deployment"})
    assert (row["without_limits"], row["token"]) == ([], False)


NETWORK = {
    "selector": "app=app",
    "port": "8000",
    "from_namespaces": ["ingress-space"],
    "to_ports": ["53/UDP", "5432"],
}
SPACE = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-space"}}}
BOTH = {"policyTypes": ["Ingress", "Egress"]}
OUT = {"egress": [{"ports": [{"port": 53, "protocol": "UDP"}, {"port": 5432}]}]}
IN = {"ingress": [{"from": [SPACE], "ports": [{"port": 8000}]}]}


@pytest.mark.parametrize(
    ("spec", "good"),
    [
        ({"podSelector": {}, **BOTH, **IN, **OUT}, True),
        ({"podSelector": {"matchLabels": {"app": "app", "tier": "api"}}, **BOTH, **IN, **OUT}, True),
        (
            {
                "podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["app", "other"]}]},
                **BOTH,
                "ingress": [{"from": [SPACE], "ports": [{"port": "http"}]}],
                "egress": [{}],
            },
            True,
        ),
        (
            {
                "podSelector": {},
                **BOTH,
                "ingress": [{"from": [SPACE]}],
                "egress": [
                    {"ports": [{"port": 53, "endPort": 6000, "protocol": "UDP"}]},
                    {"ports": [{"port": 5000, "endPort": 6000}]},
                ],
            },
            True,
        ),
        (
            {
                "podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["app"]}]},
                **BOTH,
                **IN,
                **OUT,
            },
            False,
        ),
        (
            {
                "podSelector": {},
                **BOTH,
                "ingress": [{"from": [SPACE], "ports": [{"port": 8000, "protocol": "UDP"}]}],
                **OUT,
            },
            False,
        ),
        ({"podSelector": {}, "policyTypes": ["Ingress"], **IN}, False),
        ({"podSelector": {}, **BOTH, "ingress": [{"from": [{"podSelector": {}}]}], **OUT}, False),
        ({"podSelector": {}, **BOTH, **IN, "egress": [{"ports": [{"port": 53}, {"port": 5432}]}]}, False),
        (
            {
                "podSelector": {},
                **BOTH,
                "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"name": "ingress-space"}}}]}],
                **OUT,
            },
            False,
        ),
    ],
)
async def test_network_policies_are_read_as_kubernetes_reads_them(shared: Kubectl, spec: Any, good: bool) -> None:
    shared.apply(policy("app", **spec))
    found = await ask(shared, "network", NETWORK)
    shared("delete", "networkpolicy", "app")
    whole = (
        found["pods"] == 1
        and not found["unselected"]
        and found["ingress_isolated"]
        and found["egress_isolated"]
        and all(found["ingress"].values())
        and all(found["egress"].values())
    )
    assert whole == good, found


async def test_several_policies_add_up_and_none_at_all_isolates_nothing(shared: Kubectl) -> None:
    found = await ask(shared, "network", NETWORK)
    assert (found["ingress_isolated"], found["unselected"] != [], found["open"]) == (False, True, True)
    shared.apply(policy("deny", podSelector={}, **BOTH))
    found = await ask(shared, "network", NETWORK)
    assert (found["ingress_isolated"], found["ingress"], found["open"]) == (True, {"ingress-space": False}, False)
    shared.apply(policy("allow", podSelector={}, **BOTH, **IN, **OUT))
    found = await ask(shared, "network", NETWORK)
    assert (found["policies"], found["ingress"]) == (["allow", "deny"], {"ingress-space": True})
    assert found["egress"] == {"53/UDP": True, "5432": True}
    shared("delete", "networkpolicy", "allow", "deny")


async def test_a_service_is_as_good_as_the_endpoints_behind_it(shared: Kubectl) -> None:
    good = await ask(shared, "service", {"name": "good"})
    assert (good["exists"], good["ready"], good["ports"][0]["ready"]) == (True, 1, 1)
    assert (await ask(shared, "service", {"name": "typo"}))["ready"] == 0
    missing = await ask(shared, "service", {"name": "missing"})
    assert (missing["exists"], missing["ready"]) == (False, 0)


def addresses(kubectl: Kubectl, name: str) -> list[str]:
    """Return the addresses of a Service's ready endpoints."""
    slices = kubectl.json("endpointslices", "-l", f"kubernetes.io/service-name={name}")["items"]
    ends = [each for found in slices for each in found.get("endpoints") or () if each["conditions"].get("ready")]
    return [one for each in ends for one in each["addresses"]]


@pytest.mark.parametrize(
    ("made", "covered", "broken"),
    [
        (ingress("web", rule("good", "api.example.com")), True, ""),
        (ingress("web", rule("good")), True, ""),
        (ingress("web", rule("good", "*.example.com", {"name": "http"})), True, ""),
        (ingress("web", defaultBackend={"service": {"name": "good", "port": {"number": 8000}}}), True, ""),
        (ingress("web", rule("good", "other.example.com")), False, ""),
        (ingress("web", rule("good", "*.com")), False, ""),
        (ingress("web", rule("missing", "api.example.com")), True, "Service not found"),
        (ingress("web", rule("good", "api.example.com", {"number": 80})), True, "does not have this port"),
        (ingress("web", rule("typo", "api.example.com")), True, "no ready endpoint"),
    ],
)
async def test_an_ingress_leads_to_ready_endpoints(shared: Kubectl, made: Any, covered: bool, broken: str) -> None:
    shared.apply(made)
    found = await ask(shared, "ingress", {"name": "web", "hosts": ["api.example.com"]})
    shared("delete", "ingress", "web")
    assert (found["exists"], found["covered"]["api.example.com"]) == (True, covered)
    assert [broken in text for text in found["broken"]] == ([True] if broken else []), found


@pytest.mark.parametrize(
    ("schedule", "zone", "hours"),
    [
        ("0 2 * * *", None, 24),
        ("0  2 * * *", None, 24),
        ("0 2 * * 0-6", None, 24),
        ("@daily", None, 24),
        ("0 */6 * * *", None, 6),
        ("0 0 * * 0", None, 168),
        ("0 2 * * 1-5", None, 72),
        ("@monthly", None, 744),
        ("0 12 * * *", "Asia/Tokyo", 24),
    ],
)
async def test_a_schedule_is_read_not_compared(shared: Kubectl, schedule: str, zone: str | None, hours: int) -> None:
    template = {"spec": {"restartPolicy": "Never", "containers": [container()]}}
    spec = {
        "schedule": schedule,
        "jobTemplate": {"spec": {"template": template}},
        **({"timeZone": zone} if zone else {}),
    }
    shared.apply({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "backup"}, "spec": spec})
    found = await ask(shared, "cronjob", {"name": "backup"})
    assert (found["exists"], found["suspended"], found["longest_gap_s"]) == (True, False, hours * 3600)
    assert (await ask(shared, "cronjob", {"name": "none"}))["exists"] is False


async def test_the_newest_finished_job_counts(kubectl: Kubectl) -> None:
    none = await ask(kubectl, "jobs", {"prefix": "migration-"})
    assert (none["total"], none["newest"]) == (0, "")
    kubectl.apply(job("migration-1", {"mmcockpit.test/fault": "job-failed"}))
    kubectl("wait", "--for=condition=Failed", "job/migration-1", "--timeout=120s")
    failed = await ask(kubectl, "jobs", {"prefix": "migration-"})
    assert (failed["newest"], failed["succeeded"], failed["reason"]) == ("migration-1", False, "BackoffLimitExceeded")
    kubectl.apply(job("migration-2", {}, completions=2))
    kubectl.apply(job("migration-3", {"mmcockpit.test/fault": "job-failed"}, backoffLimit=6))
    kubectl("wait", "--for=condition=Complete", "job/migration-2", "--timeout=120s")
    wait_until(lambda: kubectl.json("job", "migration-3")["status"].get("failed", 0) >= 1, "one attempt has failed")
    good = await ask(kubectl, "jobs", {"prefix": "migration-"})
    assert (good["newest"], good["succeeded"], good["running"], good["retrying"]) == ("migration-2", True, 1, 1)
    kubectl.apply(job("migration-4", {"mmcockpit.test/fault": "job-failed"}))
    kubectl("wait", "--for=condition=Failed", "job/migration-4", "--timeout=120s")
    worse = await ask(kubectl, "jobs", {"prefix": "migration-"})
    assert (worse["newest"], worse["succeeded"]) == ("migration-4", False)


def job(name: str, annotations: dict[str, str], **spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"annotations": annotations},
        "spec": {"restartPolicy": "Never", "containers": [container()]},
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "template": template, **spec},
    }


async def test_rights_are_what_bindings_of_any_kind_give(kubectl: Kubectl) -> None:
    user = f"system:serviceaccount:{kubectl.namespace}:default"
    args = {"as_user": user, "verbs": ["get", "delete"], "resources": ["secrets", "deployments"]}
    assert (await ask(kubectl, "rights", args))["allowed"] == []
    kubectl("create", "role", "reader", "--verb=get", "--resource=pods")
    kubectl("create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={kubectl.namespace}:default")
    assert (await ask(kubectl, "rights", args))["allowed"] == []
    wide = f"wide-{kubectl.namespace}"
    kubectl("create", "clusterrole", wide, "--verb=get,delete", "--resource=secrets,deployments.apps")
    kubectl(
        "create", "rolebinding", "wide", f"--clusterrole={wide}", f"--group=system:serviceaccounts:{kubectl.namespace}"
    )
    try:
        wait_until(
            lambda: (
                "yes"
                in kubectl.run(
                    "auth",
                    "can-i",
                    "delete",
                    "deployments",
                    f"--as={user}",
                    f"--as-group=system:serviceaccounts:{kubectl.namespace}",
                ).stdout
            ),
            "RBAC knows",
        )
        allowed = (await ask(kubectl, "rights", args))["allowed"]
    finally:
        kubectl("delete", "clusterrole", wide)
    assert set(allowed) == {"get secrets", "delete secrets", "get deployments", "delete deployments"}


async def test_a_revision_to_go_back_to_has_another_image_and_the_same_owner(kubectl: Kubectl) -> None:
    kubectl.apply(deployment())
    canary = deployment("canary")
    canary["spec"]["template"]["metadata"]["labels"]["app"] = "canary"
    kubectl.apply(canary)
    kubectl("rollout", "status", "deploy/app", "--timeout=120s")
    first = await ask(kubectl, "revisions", {"name": "app"})
    assert (first["current"], first["previous"], len(first["revisions"])) == (1, 0, 1)
    kubectl("rollout", "restart", "deploy/app")
    kubectl("rollout", "status", "deploy/app", "--timeout=120s")
    again = await ask(kubectl, "revisions", {"name": "app"})
    assert (again["current"], again["previous"]) == (2, 0), "a restart brings nothing to go back to"
    kubectl("set", "image", "deploy/app", f"app={manifests.IMAGE.replace('ab', 'cd')}")
    kubectl("rollout", "status", "deploy/app", "--timeout=120s")
    after = await ask(kubectl, "revisions", {"name": "app"})
    assert (after["current"], after["previous"]) == (3, 2)
    assert (await ask(kubectl, "revisions", {"name": "none"}))["exists"] is False


async def test_none_of_the_questions_is_answered_where_listing_is_forbidden(kubectl: Kubectl) -> None:
    stranger = {"kubeconfig": str(kubectl.api.kubeconfig), "context": "stranger", "namespace": kubectl.namespace}
    asked: dict[str, dict[str, Any]] = {
        "templates": {"kind": "deployment"},
        "network": NETWORK,
        "service": {"name": "app"},
        "ingress": {"name": "app"},
        "jobs": {"prefix": "x"},
        "cronjob": {"name": "x"},
        "revisions": {"name": "app"},
        "rights": {"as_user": "system:serviceaccount:a:b", "verbs": ["get"], "resources": ["pods"]},
    }
    async with opened("kubernetes", **stranger) as source:
        answers = {name: await answer(probe("kubernetes", source, name, args)) for name, args in asked.items()}
    assert not [name for name, one in answers.items() if isinstance(one, Reading)]
    assert {one.kind for one in answers.values() if not isinstance(one, Reading)} == {"forbidden"}
