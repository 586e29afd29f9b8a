"""Objects without the condition Ready that report a failure otherwise are never Current."""

from typing import Any

import pytest

from mmcockpit.sources.kubernetes.kstatus import readiness


def written(api_version: str, kind: str, *conditions: tuple[str, str], **status: Any) -> dict[str, Any]:
    rows = [{"type": name, "status": value, "reason": f"{name}Is{value}"} for name, value in conditions]
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "app", "generation": 2},
        "status": {"observedGeneration": 2, **({"conditions": rows} if rows else {}), **status},
    }


ROLLOUT = ("argoproj.io/v1alpha1", "Rollout")
WIDGET = ("lab.example.test/v1", "Widget")
NO_READY = "its status has no condition Ready"
HEALTHY = ("Healthy", "True"), ("Available", "True"), ("Completed", "True")


@pytest.mark.parametrize(
    ("document", "status", "message"),
    [
        (written(*ROLLOUT, *HEALTHY, phase="Healthy"), "Current", "healthy"),
        (written(*ROLLOUT, *HEALTHY, phase="Degraded", message="RolloutAborted"), "Failed", "RolloutAborted"),
        (written(*ROLLOUT, *HEALTHY, phase="Paused", message="CanaryPauseStep"), "InProgress", "CanaryPauseStep"),
        (written(*ROLLOUT, *HEALTHY, phase="Progressing"), "InProgress", "phase Progressing"),
        (written(*ROLLOUT), "InProgress", "no phase yet"),
        (written("elasticsearch.k8s.elastic.co/v1", "Elasticsearch", health="red"), "Failed", "health red"),
        (
            written("elasticsearch.k8s.elastic.co/v1", "Elasticsearch", health="green"),
            "Current",
            NO_READY,
        ),
        (written(*WIDGET, ("Degraded", "True"), ("Available", "True")), "Failed", "DegradedIsTrue"),
        (
            written(*WIDGET, ("Degraded", "False"), ("Available", "True")),
            "Current",
            NO_READY,
        ),
        (written(*WIDGET, ("Available", "False")), "InProgress", "AvailableIsFalse"),
        (written(*WIDGET, ("Reconciled", "Unknown")), "InProgress", "ReconciledIsUnknown"),
        (written(*WIDGET, phase="Failed", message="no quota"), "Failed", "no quota"),
        (written(*WIDGET, phase="Running", state={"failed": 0}), "Current", NO_READY),
        (written(*WIDGET, ("Ready", "True"), ("Degraded", "True")), "Current", "condition Ready is True"),
        (written(*WIDGET, ("Ready", "True"), ("Synced", "True")), "Current", "condition Ready is True"),
        (written(*WIDGET, ("Ready", "True"), ("Synced", "False")), "InProgress", "SyncedIsFalse"),
    ],
)
def test_a_failure_that_is_reported_without_ready_counts(document: dict[str, Any], status: str, message: str) -> None:
    known = readiness(document, has_status=True)
    assert tuple(known) == (status, message)


def reported(api_version: str, kind: str, **status: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "app", "generation": 2}, "status": status}


BACKUP = ("velero.io/v1", "Backup")
SNAPSHOT = ("snapshot.storage.k8s.io/v1", "VolumeSnapshot")
RUN = ("tekton.dev/v1", "PipelineRun")
UNKNOWN = "its status has neither a condition Ready nor an observed generation"


@pytest.mark.parametrize(
    ("document", "status", "message"),
    [
        (reported(*BACKUP, phase="Completed"), "Current", "phase Completed"),
        (reported(*BACKUP, phase="PartiallyFailed"), "Failed", "phase PartiallyFailed"),
        (reported(*BACKUP, phase="FailedValidation"), "Failed", "phase FailedValidation"),
        (reported(*BACKUP, phase="InProgress"), "Unknown", UNKNOWN),
        (reported("argoproj.io/v1alpha1", "Workflow", phase="Succeeded"), "Current", "phase Succeeded"),
        (reported("acme.cert-manager.io/v1", "Order", state="errored"), "Failed", "state errored"),
        (reported(*SNAPSHOT, readyToUse=True), "Current", "ready to use"),
        (reported(*SNAPSHOT, readyToUse=False, error={"message": "no class"}), "InProgress", "no class"),
        (reported(*SNAPSHOT, readyToUse="true"), "Unknown", UNKNOWN),
        (
            reported(*RUN, conditions=[{"type": "Succeeded", "status": "True", "message": "2 done"}]),
            "Current",
            "2 done",
        ),
        (reported(*RUN, conditions=[{"type": "Succeeded", "status": "False", "message": "1 red"}]), "Failed", "1 red"),
        (
            reported(*RUN, conditions=[{"type": "Succeeded", "status": "Unknown"}]),
            "InProgress",
            "condition Succeeded is Unknown",
        ),
    ],
)
def test_an_object_that_runs_once_is_current_once_it_has_succeeded(
    document: dict[str, Any], status: str, message: str
) -> None:
    assert tuple(readiness(document, has_status=True)) == (status, message)


def test_a_deployment_that_is_paused_is_reported_as_paused() -> None:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas", "availableReplicas"), 1)
    paused = {"type": "Progressing", "status": "Unknown", "reason": "DeploymentPaused"}
    document = reported("apps/v1", "Deployment", observedGeneration=2, conditions=[paused], **counts)
    document["spec"] = {"replicas": 1, "progressDeadlineSeconds": 600, "paused": True}
    assert tuple(readiness(document)) == ("InProgress", "paused")
