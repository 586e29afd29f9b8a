"""Spellings of Secrets, rights and hardening."""

import base64
from typing import Any

from tests.spellings.case import (
    APP,
    NAMESPACE,
    UNKNOWN,
    Case,
    Object,
    app,
    box,
    broken,
    made,
    sane,
    without,
)

FOUR = ("modelmuxer-secrets", "postgresql-credentials", "redis-credentials", "modelmuxer-tls")


def secret(name: str, kind: str = "Opaque", metadata: Any = None, **values: str) -> Object:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    return made("v1", "Secret", name, metadata, type=kind, data=data)


def four(*changed: Object) -> tuple[Object, ...]:
    """The four Secrets, some of them changed."""
    names = {one["metadata"]["name"] for one in changed}
    return (*changed, *(secret(name, PASSWORD="q9!x") for name in FOUR if name not in names))


TLS = secret("modelmuxer-tls", "kubernetes.io/tls", **{"tls.crt": "c", "tls.key": "k"})
HELM = {"labels": {"app.kubernetes.io/managed-by": "Helm"}}
SECRETS = [
    sane("secrets", "four", *four()),
    sane("secrets", "of TLS", *four(TLS)),
    sane("secrets", "others beside", *four(secret("sh.helm.release.v1.app.v1", "helm.sh/release.v1", release="x"))),
    sane("secrets", "made by Helm", *four(secret("modelmuxer-secrets", metadata=HELM, API_KEY="sk-real"))),
    broken("secrets", "one is missing", *four()[1:]),
    broken("secrets", "an empty key", *four(secret("redis-credentials", PASSWORD=""))),
    broken("secrets", "no keys", *four(secret("redis-credentials"))),
    broken("secrets", "a placeholder", *four(secret("redis-credentials", PASSWORD="REPLACE_WITH_PASSWORD"))),
    broken("secrets", "changeme", *four(secret("redis-credentials", PASSWORD="changeme"))),
    broken("secrets", "a variable that nobody filled in", *four(secret("redis-credentials", PASSWORD="${REDIS_PW}"))),
    broken("secrets", "a template", *four(secret("redis-credentials", PASSWORD="{{ .Values.password }}"))),
    broken("secrets", "a hint", *four(secret("redis-credentials", PASSWORD="<your-password>"))),
    broken("secrets", "only blanks", *four(secret("redis-credentials", PASSWORD=" \n"))),
]

RANDOM = bytes(range(200, 232))
STANDARD, URL_SAFE = base64.b64encode(RANDOM).decode(), base64.urlsafe_b64encode(RANDOM).decode()


def keys(**values: str) -> Object:
    return secret("modelmuxer-secrets", **values)


def both(value: str) -> Object:
    return keys(ENCRYPTION_KEY=value, PII_ENCRYPTION_KEY=value)


KEYS = [
    sane("jwt_key", "32 letters", keys(JWT_SECRET_KEY="k" * 32)),
    sane("jwt_key", "base64", keys(JWT_SECRET_KEY=STANDARD)),
    sane("jwt_key", "hexadecimal, with a line's end", keys(JWT_SECRET_KEY="ab" * 32 + "\n")),
    broken("jwt_key", "31 letters", keys(JWT_SECRET_KEY="k" * 31)),
    broken("jwt_key", "another name", keys(JWT_KEY="k" * 32)),
    broken("jwt_key", "a placeholder", keys(JWT_SECRET_KEY="REPLACE_WITH_A_STRONG_SECRET_OF_YOUR_OWN")),
    broken("jwt_key", "31 letters and a line's end", keys(JWT_SECRET_KEY="k" * 31 + "\n")),
    broken("jwt_key", "no Secret"),
    sane("encryption_keys", "base64", both(STANDARD)),
    sane("encryption_keys", "base64 for URLs, as Fernet makes it", both(URL_SAFE)),
    sane("encryption_keys", "without padding", both(STANDARD.rstrip("="))),
    sane("encryption_keys", "with a line's end", both(STANDARD + "\n")),
    broken("encryption_keys", "too short", both(base64.b64encode(RANDOM[:16]).decode())),
    broken("encryption_keys", "one is missing", keys(ENCRYPTION_KEY=STANDARD)),
    broken("encryption_keys", "no base64", both("not!base64!" * 5)),
    broken("encryption_keys", "a placeholder", both("REPLACE_WITH_BASE64_OF_32_BYTES_AND_THIS_IS_NOT_IT")),
    broken("encryption_keys", "24 bytes", both(base64.b64encode(RANDOM[:24]).decode())),
]

RBAC = "rbac.authorization.k8s.io"


def rule(verbs: str, resources: str, groups: str = "", **more: Any) -> Object:
    """A rule of words between commas."""
    return {"verbs": verbs.split(","), "resources": resources.split(","), "apiGroups": groups.split(","), **more}


def role(*rules: Object, name: str = APP, kind: str = "Role") -> Object:
    return made(f"{RBAC}/v1", kind, name, rules=list(rules))


def binding(subject: Any = None, kind: str = "RoleBinding", of: str = "Role", to: str = APP, name: str = APP) -> Object:
    account = {"kind": "ServiceAccount", "name": APP, "namespace": NAMESPACE}
    subjects = subject if isinstance(subject, list) else [subject or account]
    ref = {"apiGroup": RBAC, "kind": of, "name": to}
    return made(f"{RBAC}/v1", kind, name, roleRef=ref, subjects=subjects)


def group(name: str) -> Object:
    return {"kind": "Group", "apiGroup": RBAC, "name": name}


READS = rule("get,list,watch", "configmaps,pods")
ELSEWHERE = {"kind": "ServiceAccount", "name": APP, "namespace": "default"}
ANOTHER = {"kind": "ServiceAccount", "name": "another", "namespace": NAMESPACE}
MINE = {"kind": "ServiceAccount", "name": APP, "namespace": NAMESPACE}
OWN_USER = {"kind": "User", "apiGroup": RBAC, "name": f"system:serviceaccount:{NAMESPACE}:{APP}"}
OWN_GROUP = group(f"system:serviceaccounts:{NAMESPACE}")
WIDE = f"wide-{NAMESPACE}"
ACCOUNT = made("v1", "ServiceAccount", APP)
ROLES = [
    sane("role", "reads", role(READS)),
    sane("role", "one object by name", role(rule("get", "configmaps", resourceNames=["modelmuxer-config"]))),
    sane("role", "of two groups", role(READS, rule("get,watch", "deployments", "apps"))),
    sane("role", "leases and metrics", role(rule("get,list", "pods", "metrics.k8s.io"), rule("get", "endpoints"))),
    broken("role", "a star of verbs", role(rule("*", "pods"))),
    broken("role", "a star of resources", role(rule("get", "*"))),
    broken("role", "a star of groups", role(rule("get", "pods", "*"))),
    broken("role", "changes", role(READS, rule("patch", "deployments", "apps"))),
    broken("role", "no rules", role()),
    broken("role", "another name", role(READS, name="other")),
    sane("role_binding", "the account", role(READS), binding()),
    sane("role_binding", "two subjects", role(READS), binding([ANOTHER, MINE])),
    sane("role_binding", "as a user", role(READS), binding(OWN_USER)),
    sane("role_binding", "all accounts of the namespace", role(READS), binding(OWN_GROUP)),
    broken("role_binding", "of another namespace", role(READS), binding(ELSEWHERE)),
    broken("role_binding", "another account", role(READS), binding(ANOTHER)),
    broken("role_binding", "another role", role(READS), binding(to="other")),
    broken("role_binding", "everybody", role(READS), binding(group("system:authenticated"))),
    broken("role_binding", "nobody", role(READS), binding([])),
    broken("role_binding", "missing", role(READS)),
    sane("account", "there", ACCOUNT),
    sane("account", "without its token", made("v1", "ServiceAccount", APP, automountServiceAccountToken=False)),
    sane("account", "with an annotation", made("v1", "ServiceAccount", APP, {"annotations": {"iam": "x"}})),
    broken("account", "missing"),
    broken("account", "another name", made("v1", "ServiceAccount", "model-muxer")),
    broken("account", "only the default one", app()),
]  # fmt: skip


def cluster_role(*rules: Object) -> Object:
    return role(*rules, name=WIDE, kind="ClusterRole")


def everywhere(*subjects: Object) -> Object:
    return binding(list(subjects) or [MINE], kind="ClusterRoleBinding", of="ClusterRole", to=WIDE, name=WIDE)


OWN = {"resourceNames": [APP]}
BOUND = binding(of="ClusterRole", to=WIDE, name="wide")
WRITES = [
    sane("account_writes", "no binding", ACCOUNT),
    sane("account_writes", "a Role that reads", role(READS), binding()),
    sane("account_writes", "the ClusterRole view", binding(of="ClusterRole", to="view")),
    sane("account_writes", "another account writes", role(rule("*", "*", "*")), binding(ANOTHER)),
    sane("account_writes", "a namesake writes elsewhere", role(rule("*", "*", "*")), binding(ELSEWHERE)),
    broken("account_writes", "by a ClusterRole", cluster_role(rule("patch,delete", "deployments", "apps")), BOUND),
    broken("account_writes", "everywhere", cluster_role(rule("create", "pods")), everywhere()),
    broken("account_writes", "the ClusterRole edit", binding(of="ClusterRole", to="edit")),
    broken("account_writes", "as a group", role(rule("update", "configmaps")), binding(
        group(f"system:serviceaccounts:{NAMESPACE}"))),
    broken("account_writes", "only the application by name", role(
        rule("patch", "deployments", "apps", **OWN)), binding()),
    broken("account_writes", "its scale", role(rule("patch,update", "deployments/scale", "apps")), binding()),
    broken("account_writes", "a shell in its pods", role(rule("create", "pods/exec")), binding()),
    broken("account_writes", "jobs", role(rule("create", "jobs", "batch")), binding()),
    broken("account_writes", "all at once", role(rule("deletecollection", "pods")), binding()),
    broken("account_writes", "services", role(rule("delete", "services")), binding()),
    broken("account_writes", "stars", role(rule("*", "*", "*")), binding()),
    broken("account_writes", "grants", role(rule("create", "rolebindings", RBAC)), binding()),
    sane("role_secrets", "no binding", ACCOUNT),
    sane("role_secrets", "reads others", role(READS), binding()),
    sane("role_secrets", "the ClusterRole view", binding(of="ClusterRole", to="view")),
    broken("role_secrets", "by a ClusterRole", cluster_role(rule("get", "secrets")), BOUND),
    broken("role_secrets", "a star", role(rule("list", "*")), binding()),
    broken("role_secrets", "only its own by name", role(
        rule("get", "secrets", resourceNames=["modelmuxer-secrets"])), binding()),
    broken("role_secrets", "the ClusterRole admin", binding(of="ClusterRole", to="admin")),
    broken("role_secrets", "watches", role(rule("watch", "secrets")), binding()),
]  # fmt: skip

POD = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
IN_BOX = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
BIND = {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}
ROOT = [{"name": "root", "hostPath": {"path": "/"}}]
BUSYBOX = {"name": "init", "image": "busybox:latest"}
HARDENED = [
    sane("hardened", "in the container", app()),
    sane("hardened", "in the pod", app(box(securityContext=IN_BOX), securityContext=POD)),
    sane("hardened", "low ports", app(without("capabilities", capabilities=BIND))),
    sane("hardened", "with a hardened init container", app(initContainers=[box("init")])),
    sane("hardened", "an empty folder for temporary files", app(volumes=[{"name": "tmp", "emptyDir": {}}])),
    sane("hardened", "a profile of its own", app(
        without("seccompProfile", seccompProfile={"type": "Localhost", "localhostProfile": "a.json"}))),
    broken("hardened", "an init container as root", app(initContainers=[BUSYBOX])),
    broken("hardened", "the host's network", app(hostNetwork=True)),
    broken("hardened", "the host's root", app(volumes=ROOT)),
    broken("hardened", "a capability", app(
        without("capabilities", capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}))),
    broken("hardened", "a capability in other letters", app(without("capabilities", capabilities={"drop": ["all"]}))),
    broken("hardened", "a root file system to write", app(without("readOnlyRootFilesystem"))),
    broken("hardened", "user 0 in the container", app(without("", runAsUser=0))),
    broken("hardened", "user 0 in the pod", app(securityContext={"runAsUser": 0})),
    broken("hardened", "not said who runs", app(without("runAsNonRoot"))),
    broken("hardened", "the token", app(automountServiceAccountToken=None)),
    broken("hardened", "no profile", app(without("seccompProfile", seccompProfile={"type": "Unconfined"}))),
    broken("hardened", "group of the host", app(hostPID=True)),
    broken("hardened", "a port of the host", app(box(ports=[{"containerPort": 8000, "hostPort": 8000}]))),
    broken("hardened", "a sysctl", app(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]})),
    broken("hardened", "no Deployment"),
]  # fmt: skip
CASES: list[Case] = [*SECRETS, *KEYS, *ROLES, *WRITES, *HARDENED]
__all__ = ["CASES", "UNKNOWN"]
