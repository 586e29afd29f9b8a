"""AnalysisRuns of Argo Rollouts: made for a canary, measured until their metrics are decided, and ended with it.

It knows metrics of Prometheus whose condition is `result[0] < NUMBER`.
Source: https://github.com/argoproj/argo-rollouts/blob/master/analysis/analysis.go
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mmcockpit.simulator.kubernetes.api.resources import ANALYSISRUNS, ANALYSISTEMPLATES
from mmcockpit.simulator.kubernetes.controllers.client import Client, key_of
from mmcockpit.simulator.kubernetes.objects import (
    Object,
    annotations_of,
    clone,
    labels_of,
    name_of,
    namespace_of,
    owner_reference,
    stamp,
)

HASH = "rollouts-pod-template-hash"
TYPE, STEP_INDEX = "rollout-type", "step-index"
BACKGROUND, STEP = "Background", "Step"
ENDED = ("Successful", "Failed", "Error")
KEPT = 10
"""Measurements of a metric that stay in the status."""
MOST_ERRORS = 4
"""Errors in a row that are allowed."""
_LESS = re.compile(r"\s*result\[0\]\s*<\s*([0-9.]+)\s*")
_UNITS = {"s": 1.0, "m": 60.0}


def run_of(client: Client, rollout: Object, current: Object, kind: str, index: int | None) -> Object | None:
    """Return the newest AnalysisRun of a kind (and step) for a ReplicaSet; None if there is none."""
    wanted = {HASH: labels_of(current)[HASH], TYPE: kind, **({} if index is None else {STEP_INDEX: str(index)})}
    runs = [one for one in client.owned(ANALYSISRUNS, rollout) if wanted.items() <= labels_of(one).items()]
    return max(runs, key=lambda one: int(one["metadata"]["resourceVersion"]), default=None)


def start(client: Client, rollout: Object, current: Object, analysis: Object, kind: str, index: int | None) -> Object:
    """Create the AnalysisRun of an analysis; it has the metrics of all its templates."""
    namespace, digest = namespace_of(rollout), labels_of(current)[HASH]
    revision = annotations_of(current).get("rollout.argoproj.io/revision", "")
    named = "-".join(filter(None, (name_of(rollout), digest, revision, "" if index is None else str(index))))
    taken = {name_of(one) for one in client.items(ANALYSISRUNS, namespace)}
    name = next(one for one in (named, *(f"{named}.{n}" for n in range(1, len(taken) + 1))) if one not in taken)
    templates = [client.get(ANALYSISTEMPLATES, namespace, one["templateName"]) for one in analysis["templates"]]
    labels = {HASH: digest, TYPE: kind, **({} if index is None else {STEP_INDEX: str(index)})}
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": labels,
        "annotations": {"rollout.argoproj.io/revision": revision},
        "ownerReferences": [owner_reference(rollout)],
    }
    metrics = [clone(metric) for one in templates for metric in one["spec"]["metrics"]]
    return client.put(
        ANALYSISRUNS,
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AnalysisRun",
            "metadata": metadata,
            "spec": {"metrics": metrics},
        },
    )


def cancel(client: Client, rollout: Object) -> None:
    """Ask every running AnalysisRun of a Rollout to end."""
    for run in client.owned(ANALYSISRUNS, rollout):
        if not run["spec"].get("terminate") and phase_of(run) not in ENDED:
            client.edit(ANALYSISRUNS, namespace_of(run), name_of(run), lambda copy: copy["spec"].update(terminate=True))


def phase_of(run: Object | None) -> str:
    """Return the phase of an AnalysisRun; empty before its first one, and without a run."""
    return str(((run or {}).get("status") or {}).get("phase", ""))


def run_status(run: Object) -> Object:
    """Return what the status of a Rollout shows of an AnalysisRun."""
    message = run["status"].get("message", "") if "status" in run else ""
    return {"name": name_of(run), "status": phase_of(run) or "Pending", **({"message": message} if message else {})}


def reconcile(client: Client, run: Object) -> None:
    """Take the measurements that are due, then decide each metric and the run."""
    if phase_of(run) in ENDED:
        return
    status = clone(run.get("status") or {})
    status.setdefault("startedAt", stamp())
    results = {one["name"]: one for one in status.get("metricResults") or ()}
    ends, waits = bool(run["spec"].get("terminate")), list[float]()
    for metric in run["spec"]["metrics"]:
        result = results.setdefault(metric["name"], {"name": metric["name"], "phase": "Pending", "count": 0})
        if not ends and result["phase"] not in ENDED:
            left = client.due(f"{run['metadata']['uid']}/{metric['name']}", _interval_s(metric))
            if left <= 0:
                _measure(client, metric, result)
                left = _interval_s(metric) / client.speed
            waits.append(left)
        result["phase"] = _assessed(metric, result, ends)
    status["metricResults"] = list(results.values())
    status["phase"], status["message"] = _run_phase(run["spec"]["metrics"], results, ends)
    client.set_status(ANALYSISRUNS, run, status)
    if status["phase"] == "Running":
        client.later(key_of(ANALYSISRUNS, run), min(waits, default=1.0))


def _measure(client: Client, metric: Object, result: Object) -> None:
    began, value = stamp(), client.measure(metric["provider"]["prometheus"]["query"])
    one: Object = {"startedAt": began, "finishedAt": stamp()}
    if value is None:
        one |= {"phase": "Error", "message": "reflect: slice index out of range (1:2)"}
        result["error"] = result.get("error", 0) + 1
        result["consecutiveError"] = result.get("consecutiveError", 0) + 1
    else:
        limit = _LESS.fullmatch(metric["successCondition"])
        good = limit is not None and value < float(limit[1])
        one |= {"phase": "Successful" if good else "Failed", "value": f"[{value:.6g}]"}
        counted = "successful" if good else "failed"
        result[counted] = result.get(counted, 0) + 1
        result["count"] += 1
        result["consecutiveError"] = 0
    result["measurements"] = [*(result.get("measurements") or ()), one][-KEPT:]


def _assessed(metric: Object, result: Object, ends: bool) -> str:
    """Return the phase of a metric, as the controller decides it."""
    if result["phase"] in ENDED:
        return str(result["phase"])
    if not result.get("measurements"):
        return "Successful" if ends else "Pending"
    if broken := next(_broken(metric, result), None):
        return broken[0]
    if ends or ("count" in metric and result["count"] >= metric["count"]):
        return "Successful"
    return "Running"


def _broken(metric: Object, result: Object) -> Iterator[tuple[str, str]]:
    failed, limit = result.get("failed", 0), metric.get("failureLimit", 0)
    if failed > limit:
        yield "Failed", f"failed ({failed}) > failureLimit ({limit})"
    errors = result.get("consecutiveError", 0)
    if errors > MOST_ERRORS:
        yield "Error", f"consecutiveErrors ({errors}) > consecutiveErrorLimit ({MOST_ERRORS})"


def _run_phase(metrics: list[Object], results: dict[str, Object], ends: bool) -> tuple[str, str]:
    for metric in metrics:
        result = results[metric["name"]]
        if broken := next(_broken(metric, result), None):
            return broken[0], f'Metric "{metric["name"]}" assessed {broken[0]} due to {broken[1]}'
    if ends:
        return "Successful", "Run Terminated"
    done = all(results[metric["name"]]["phase"] == "Successful" for metric in metrics)
    return ("Successful" if done else "Running"), ""


def _interval_s(metric: Object) -> float:
    text = str(metric.get("interval", "10s"))
    return float(text[:-1]) * _UNITS[text[-1]]
