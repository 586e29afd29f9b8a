"""The kinds of Argo, Flagger, Flux and their sources as small definitions, and objects of them in every state."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mmcockpit.sources.kubernetes.api.kinds import ObjectKind
from tests.servers.wait import wait_until
from tests.sources.kubernetes.custom_kinds import CRDS, served
from tests.sources.kubernetes.kubernetes_writer import Writer

ROLLOUT = ObjectKind("/apis/argoproj.io/v1alpha1", "rollouts", "Rollout")
ANALYSIS_RUN = ObjectKind("/apis/argoproj.io/v1alpha1", "analysisruns", "AnalysisRun")
APPLICATION = ObjectKind("/apis/argoproj.io/v1alpha1", "applications", "Application")
CANARY = ObjectKind("/apis/flagger.app/v1beta1", "canaries", "Canary")
KUSTOMIZATION = ObjectKind("/apis/kustomize.toolkit.fluxcd.io/v1", "kustomizations", "Kustomization")
HELM_RELEASE = ObjectKind("/apis/helm.toolkit.fluxcd.io/v2", "helmreleases", "HelmRelease")
GIT_REPOSITORY = ObjectKind("/apis/source.toolkit.fluxcd.io/v1", "gitrepositories", "GitRepository")
OCI_REPOSITORY = ObjectKind("/apis/source.toolkit.fluxcd.io/v1beta2", "ocirepositories", "OCIRepository")
HELM_REPOSITORY = ObjectKind("/apis/source.toolkit.fluxcd.io/v1", "helmrepositories", "HelmRepository")
HELM_CHART = ObjectKind("/apis/source.toolkit.fluxcd.io/v1", "helmcharts", "HelmChart")
ALL = (
    *(ROLLOUT, ANALYSIS_RUN, APPLICATION, CANARY, KUSTOMIZATION, HELM_RELEASE),
    *(GIT_REPOSITORY, OCI_REPOSITORY, HELM_REPOSITORY, HELM_CHART),
)
WITHOUT_SUBRESOURCE = (ANALYSIS_RUN, APPLICATION)
"""Kinds whose status is a part of the object, so that every write of it is a new generation."""
_ANY = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_OBSERVED: dict[str, Any] = {ROLLOUT.kind: {"type": "string"}}
"""Types of observedGeneration that differ from the usual integer."""

FLAGGER_STATUS: dict[str, Any] = {
    "type": "object",
    "properties": {
        "phase": {"type": "string"},
        **{name: {"type": "number"} for name in ("failedChecks", "canaryWeight", "iterations")},
        **{name: {"type": "string"} for name in ("lastAppliedSpec", "lastPromotedSpec")},
        "lastTransitionTime": {"type": "string", "format": "date-time"},
        "conditions": {"type": "array", "items": {**_ANY, "required": ["type", "status", "reason"]}},
    },
}
"""The status of a Canary as in the CustomResourceDefinition of Flagger: the server drops fields that it lacks.

The list of phases is left out, so that those of later versions can be written.
"""

Object = dict[str, Any]


def ensure_installed(writer: Writer, *kinds: ObjectKind) -> None:
    """Define those of the kinds that the cluster does not have; return when all are served."""
    missing = [kind for kind in kinds if not writer.found(kind.path(writer.namespace))]
    for kind in missing:
        writer.make(CRDS, f"{kind.plural}.{kind.group}", spec=_definition(kind))
    wait_until(lambda: all(served(writer, kind) for kind in kinds), "the kinds")


def _definition(kind: ObjectKind) -> Object:
    observed = _OBSERVED.get(kind.kind, {"type": "integer"})
    status = {**_ANY, **({} if kind in WITHOUT_SUBRESOURCE else {"properties": {"observedGeneration": observed}})}
    if kind is CANARY:
        status = FLAGGER_STATUS
    version = {
        "name": kind.prefix.rsplit("/", 1)[1],
        "served": True,
        "storage": True,
        "schema": {
            "openAPIV3Schema": {"type": "object", "properties": {"spec": _ANY, "status": status, "operation": _ANY}}
        },
    }
    if kind not in WITHOUT_SUBRESOURCE:
        version["subresources"] = {"status": {}}
    names = {"kind": kind.kind, "plural": kind.plural, "singular": kind.kind.lower()}
    return {"group": kind.group, "scope": "Namespaced", "names": names, "versions": [version]}


def ago(**time: float) -> str:
    """Return a time in the past as Kubernetes writes it."""
    return (datetime.now(UTC) - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


STABLE, NEWEST = "6b7d9c5f4", "84c5b97d8"
IMAGES = {STABLE: "registry.test/shop:1.4.0", NEWEST: "registry.test/shop:1.5.0"}
STEPS: list[Object] = [
    {"setWeight": 20},
    {"analysis": {"templates": [{"templateName": "error-share"}]}},
    {"pause": {"duration": "10m"}},
    {"setWeight": 50},
    {"pause": {}},
]


def template(image: str) -> Object:
    """Return a pod template with one container."""
    return {"metadata": {"labels": {"app": "shop"}}, "spec": {"containers": [{"name": "shop", "image": image}]}}


def rollout_spec(**more: Any) -> Object:
    """Return the spec of a canary of four pods with five steps."""
    return {
        "replicas": 4,
        "selector": {"matchLabels": {"app": "shop"}},
        "template": template(IMAGES[NEWEST]),
        "strategy": {"canary": {"steps": STEPS}},
        **more,
    }


def rollout_status(**more: Any) -> Object:
    """Return the status of a canary at its second step, one of four pods updated."""
    return {
        "observedGeneration": "1",
        "phase": "Progressing",
        "message": "more replicas need to be updated",
        "currentPodHash": NEWEST,
        "stableRS": STABLE,
        "currentStepIndex": 1,
        "replicas": 4,
        "updatedReplicas": 1,
        "readyReplicas": 4,
        "availableReplicas": 4,
        "selector": "app=shop",
        "canary": {},
        "blueGreen": {},
        **more,
    }


PROMOTED = {
    "phase": "Healthy",
    "message": "",
    "stableRS": NEWEST,
    "updatedReplicas": 4,
    "currentStepIndex": 5,
}
"""What of the status differs once the canary is fully promoted."""


def make_sets(writer: Writer, uid: str, ready: dict[str, int]) -> None:
    """Create the ReplicaSets of a Rollout with their pods; `ready` has the pods of each hash."""
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "shop", "uid": uid, "controller": True}
    for number, (hash_, pods) in enumerate(ready.items(), 7):
        labels = {"app": "shop", "rollouts-pod-template-hash": hash_}
        made = template(IMAGES[hash_])
        made["metadata"]["labels"] = labels
        metadata = {
            "labels": labels,
            "annotations": {"rollout.argoproj.io/revision": str(number)},
            "ownerReferences": [owner],
        }
        spec = {"replicas": pods, "selector": {"matchLabels": labels}, "template": made}
        counts = {"replicas": pods, "readyReplicas": pods, "availableReplicas": pods}
        writer.make("replicaset", f"shop-{hash_}", counts, metadata=metadata, spec=spec)
        for n in range(pods):
            _make_pod(writer, hash_, n, labels)


def _make_pod(writer: Writer, hash_: str, n: int, labels: dict[str, str]) -> None:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"shop-{hash_}", "uid": hash_, "controller": True}
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    metadata = {"labels": labels, "ownerReferences": [owner]}
    writer.make("pod", f"shop-{hash_}-{n}", status, metadata=metadata, spec=template(IMAGES[hash_])["spec"])


def analysis_status(phase: str = "Running", **counts: int) -> Object:
    """Return the status of an AnalysisRun of one metric with three measurements."""
    values = ("[0.0031]", "[0.0124]", "[0.0042]")
    measurements = [
        {
            "phase": "Failed" if value == "[0.0124]" else "Successful",
            "value": value,
            "startedAt": ago(seconds=age),
            "finishedAt": ago(seconds=age),
        }
        for value, age in zip(values, (90, 60, 30), strict=True)
    ]
    result = {
        "name": "error-share",
        "phase": phase,
        "count": 3,
        "successful": 2,
        "failed": 1,
        "measurements": measurements,
        **counts,
    }
    return {"phase": phase, "message": "", "startedAt": ago(seconds=95), "metricResults": [result]}


ANALYSIS_SPEC: Object = {
    "metrics": [
        {
            "name": "error-share",
            "interval": "30s",
            "count": 5,
            "failureLimit": 2,
            "successCondition": "result[0] < 0.01",
            "provider": {"prometheus": {"address": "http://prometheus.test", "query": "error_share"}},
        }
    ]
}


def make_run(writer: Writer, name: str, uid: str, status: Object, kind: str = "Step", hash_: str = NEWEST) -> None:
    """Create an AnalysisRun of a Rollout."""
    owner = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "shop", "uid": uid, "controller": True}
    labels = {"rollouts-pod-template-hash": hash_, "rollout-type": kind}
    writer.make(ANALYSIS_RUN, name, metadata={"labels": labels, "ownerReferences": [owner]}, spec=ANALYSIS_SPEC)
    writer.patch(ANALYSIS_RUN, name, {"status": status})
