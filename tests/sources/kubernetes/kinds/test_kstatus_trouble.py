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
    ],
)
def test_a_failure_that_is_reported_without_ready_counts(document: dict[str, Any], status: str, message: str) -> None:
    known = readiness(document, has_status=True)
    assert tuple(known) == (status, message)
