"""ModelMuxer's production as it should be at the start of the go-live: all objects exist, all pods are ready."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from mmcockpit.simulator.kubernetes.api.resources import (
    CERTIFICATES,
    CONFIGMAPS,
    DEPLOYMENTS,
    INGRESSES,
    LIMITRANGES,
    NETWORKPOLICIES,
    PODS,
    QUOTAS,
    ROLEBINDINGS,
    ROLES,
    SECRETS,
    SERVICEACCOUNTS,
)
from mmcockpit.simulator.kubernetes.api.store import Store
from mmcockpit.simulator.kubernetes.controllers.controller import Controllers
from mmcockpit.simulator.kubernetes.controllers.rollout import REVISION
from mmcockpit.simulator.kubernetes.objects import Object, clone, name_of, stamp
from mmcockpit.simulator.kubernetes.production.backends import (
    autoscaler,
    budget,
    labels,
    postgres,
    redis,
    service,
    utilisation,
)
from mmcockpit.simulator.kubernetes.production.manifests import (
    APP,
    Placed,
    ago,
    container,
    deployment,
    make,
    secret_data,
    template,
)
from mmcockpit.simulator.kubernetes.production.platform import BALANCER, namespace, nodes, platform
from mmcockpit.simulator.release import CONFIG_MAP, SETTINGS
from mmcockpit.simulator.release import REPOSITORY as REPOSITORY
from mmcockpit.simulator.release import image_of as image_of
from mmcockpit.simulator.release import version_of as version_of

PREVIOUS = "2.3.2"
HOSTS = ("api.modelmuxer.com", "modelmuxer.com", "www.modelmuxer.com")
PORT = 8000
PROVIDERS = ("OPENAI", "ANTHROPIC", "MISTRAL", "GROQ")
CAUSE = "kubernetes.io/change-cause"


def objects(namespace: str = "modelmuxer", deployment: str = "modelmuxer", version: str = "2.4.0") -> list[Object]:
    """Return every object of the production: nodes, platform, backends, the application in its second revision."""
    hosts = nodes()
    placed = Placed(hosts)
    return [
        *hosts,
        *platform(placed),
        *_space(namespace),
        *postgres(namespace, placed),
        *redis(namespace, placed),
        *_application(namespace, deployment, version, placed),
        *_around(namespace, deployment),
        *_rights(namespace),
        *_settings(namespace, deployment),
    ]


def _space(space: str) -> Iterator[Object]:
    yield namespace(space, **{f"{APP}/part-of": "modelmuxer-platform"})
    hard = {"requests.cpu": "16", "requests.memory": "32Gi", "limits.cpu": "40", "limits.memory": "80Gi", "pods": "60"}
    yield make(QUOTAS, space, "modelmuxer-quota", spec={"hard": hard}, status={"hard": hard, "used": {}})
    limit = {
        "type": "Container",
        "default": {"cpu": "500m", "memory": "512Mi"},
        "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
        "max": {"cpu": "4", "memory": "8Gi"},
    }
    yield make(LIMITRANGES, space, "modelmuxer-limits", spec={"limits": [limit]})


def _application(space: str, name: str, version: str, placed: Placed) -> Iterator[Object]:
    def probe(delay_s: int, period_s: int, failures: int) -> Object:
        get = {"path": "/health", "port": PORT}
        delay = {"initialDelaySeconds": delay_s} if delay_s else {}
        return {"httpGet": get, "periodSeconds": period_s, "failureThreshold": failures, **delay}

    chosen = labels("modelmuxer", "api")
    sources = [{"configMapRef": {"name": "modelmuxer-config"}}, {"secretRef": {"name": "modelmuxer-secrets"}}]
    probes = {
        "livenessProbe": probe(30, 10, 3),
        "readinessProbe": probe(5, 5, 3),
        "startupProbe": probe(0, 10, 30),
    }
    box = container("api", image_of(version), PORT, "200m:1", "512Mi:2Gi", envFrom=sources, **probes)
    zones = {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": dict(chosen)},
    }
    pattern = template(chosen, box, serviceAccountName="modelmuxer", topologySpreadConstraints=[zones])
    scrape = {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(PORT),
        "prometheus.io/path": "/metrics/prometheus",
    }
    pattern["metadata"]["annotations"] = scrape
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    cause = {CAUSE: f"release {version}"}
    value = deployment(space, name, 3, pattern, strategy=strategy, annotations=cause)
    before = clone(value["spec"]["template"])
    before["spec"]["containers"][0]["image"] = image_of(PREVIOUS)
    for owner in placed.deployment(value, [before]):
        if owner["kind"] == "ReplicaSet" and owner["metadata"]["annotations"][REVISION] == "1":
            owner["metadata"]["annotations"][CAUSE] = f"release {PREVIOUS}"
        yield owner


def _around(space: str, name: str) -> Iterator[Object]:
    chosen = labels("modelmuxer", "api")
    yield service(space, f"{name}-service", chosen, PORT, ip="10.96.8.10")
    yield service(space, f"{name}-headless", chosen, PORT, ip="None")
    pods_metric = {
        "spec": {
            "type": "Pods",
            "pods": {
                "metric": {"name": "requests_per_second"},
                "target": {"type": "AverageValue", "averageValue": "100"},
            },
        },
        "now": {"type": "Pods", "pods": {"metric": {"name": "requests_per_second"}, "current": {"averageValue": "17"}}},
    }
    metrics = [utilisation("cpu", 70, 31), utilisation("memory", 80, 44), pods_metric]
    yield autoscaler(space, f"{name}-hpa", name, (3, 20, 3), metrics)
    yield budget(space, f"{name}-pdb", chosen, 2)
    yield _network_policy(space, name, chosen)
    backend = {"service": {"name": f"{name}-service", "port": {"number": PORT}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec = {
        "ingressClassName": "nginx",
        "tls": [{"hosts": list(HOSTS), "secretName": f"{name}-tls"}],
        "rules": [{"host": host, "http": {"paths": [path]}} for host in HOSTS],
    }
    annotations = {
        "cert-manager.io/cluster-issuer": "letsencrypt-prod",
        "nginx.ingress.kubernetes.io/limit-rpm": "1000",
    }
    status = {"loadBalancer": {"ingress": [{"ip": BALANCER}]}}
    yield make(INGRESSES, space, f"{name}-ingress", chosen, spec=spec, annotations=annotations, status=status)
    issuer = {"name": "letsencrypt-prod", "kind": "ClusterIssuer"}
    ready = {"type": "Ready", "status": "True", "reason": "Ready", "lastTransitionTime": ago(days=29)}
    until = {"notBefore": ago(days=29), "notAfter": stamp(datetime.now(UTC) + timedelta(days=61))}
    ready["message"] = "Certificate is up to date and has not expired"
    wanted = {"secretName": f"{name}-tls", "dnsNames": list(HOSTS), "issuerRef": issuer}
    yield make(CERTIFICATES, space, f"{name}-tls", spec=wanted, status={"conditions": [ready], **until})


def _network_policy(space: str, name: str, chosen: dict[str, str]) -> Object:
    def to(app: str, *ports: int) -> Object:
        peers = [{"podSelector": {"matchLabels": {f"{APP}/name": app}}}]
        return {"to": peers, "ports": [{"protocol": "TCP", "port": port} for port in ports]}

    sources = [{"namespaceSelector": {"matchLabels": {"name": peer}}} for peer in ("ingress-nginx", "monitoring")]
    domain_names = {"ports": [{"protocol": kind, "port": 53} for kind in ("UDP", "TCP")]}
    web = {"ports": [{"protocol": "TCP", "port": port} for port in (443, 80)]}
    spec = {
        "podSelector": {"matchLabels": {f"{APP}/name": "modelmuxer"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": sources, "ports": [{"protocol": "TCP", "port": PORT}]}],
        "egress": [domain_names, to("postgresql", 5432), to("redis", 6379, 26379), web],
    }
    return make(NETWORKPOLICIES, space, f"{name}-network-policy", chosen, spec=spec)


def _rights(space: str) -> Iterator[Object]:
    name = "modelmuxer"
    yield make(SERVICEACCOUNTS, space, name, automountServiceAccountToken=False)
    rules = [{"apiGroups": [""], "resources": ["configmaps", "pods"], "verbs": ["get", "list", "watch"]}]
    yield make(ROLES, space, name, rules=rules)
    group = "rbac.authorization.k8s.io"
    subjects = [{"kind": "ServiceAccount", "name": name, "namespace": space}]
    yield make(ROLEBINDINGS, space, name, subjects=subjects, roleRef={"apiGroup": group, "kind": "Role", "name": name})


def _settings(space: str, name: str) -> Iterator[Object]:
    dice = random.Random(space)

    def secret(length: int = 32) -> str:
        return base64.b64encode(dice.randbytes(length)).decode()

    keys = {f"{provider}_API_KEY": f"sk-{dice.randbytes(20).hex()}" for provider in PROVIDERS}
    own = {key: secret() for key in ("JWT_SECRET_KEY", "ENCRYPTION_KEY", "PII_ENCRYPTION_KEY", "API_KEYS")}
    yield make(SECRETS, space, "modelmuxer-secrets", data=secret_data(**keys, **own))
    users = {"POSTGRES_USER": "modelmuxer_user", "POSTGRES_DB": "modelmuxer", "REPLICATION_USER": "replicator"}
    passwords = {"POSTGRES_PASSWORD": secret(24), "REPLICATION_PASSWORD": secret(24)}
    yield make(SECRETS, space, "postgresql-credentials", data=secret_data(**users, **passwords))
    yield make(SECRETS, space, "redis-credentials", data=secret_data(REDIS_PASSWORD=secret(24)))
    pair = {"tls.crt": secret(600), "tls.key": secret(200)}
    yield make(SECRETS, space, f"{name}-tls", type="kubernetes.io/tls", data=secret_data(**pair))
    settings = {
        CONFIG_MAP: dict(SETTINGS),
        "modelmuxer-nginx-config": {"nginx.conf": "client_max_body_size 10m;\n"},
        "custom-metrics-config": {"requests_per_second": 'sum(rate(http_requests_total{job="modelmuxer"}[2m]))'},
        "cluster-maintenance-config": {"automatic": "true", "health_check_timeout": "5m", "rollback_timeout": "10m"},
    }
    for title, data in settings.items():
        yield make(CONFIGMAPS, space, title, data=data)


class ClusterOperations:
    """Actions of operators and incidents in the production; call it in the event loop of the server."""

    def __init__(self, store: Store, controllers: Controllers, namespace: str = "modelmuxer") -> None:
        self._store = store
        self._controllers = controllers
        self._namespace = namespace

    def pods(self, deployment: str) -> list[Object]:
        """Return the pods of a deployment that are not being deleted, by node and name."""
        chosen = self._store.get(DEPLOYMENTS, self._namespace, deployment)["spec"]["selector"]["matchLabels"]
        pods = [
            pod
            for pod in self._store.items(PODS, self._namespace)
            if chosen.items() <= pod["metadata"]["labels"].items() and "deletionTimestamp" not in pod["metadata"]
        ]
        return sorted(pods, key=lambda pod: (pod["spec"].get("nodeName", ""), name_of(pod)))

    async def roll_out(self, deployment: str, image: str) -> None:
        """Starts a rollout of the image."""

        def change(value: Object) -> None:
            value["spec"]["template"]["spec"]["containers"][0]["image"] = image
            value["metadata"].setdefault("annotations", {})[CAUSE] = f"release {version_of(image)}"

        self._store.edit(DEPLOYMENTS, self._namespace, deployment, change)

    async def restart_pod(self, name: str) -> None:
        """Restarts the pod's container as if it ran out of memory."""
        self._controllers.kubelet.restart(self._store.get(PODS, self._namespace, name), "OOMKilled", 137)

    async def delete_pod(self, name: str) -> None:
        """Deletes the pod; its owner creates another."""
        self._controllers.client.delete(PODS, self._store.get(PODS, self._namespace, name))
