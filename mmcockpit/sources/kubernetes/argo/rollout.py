"""A Rollout of Argo Rollouts: its step and weight, its canary and stable ReplicaSets, and its analyses."""

import asyncio
from typing import Any, ClassVar

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.sources.common.contract import Args, Question
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.custom import age_s, bounded, find_typed, installed
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_ITEMS, ListPage, Query
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.argo.analysis_runs import (
    AnalysisRunObject,
    current_runs,
    measurement_rows,
    metric_rows,
)
from mmcockpit.sources.kubernetes.argo.progress import (
    current_weight,
    is_complete,
    pause_text,
    phase_of,
    why_incomplete,
)
from mmcockpit.sources.kubernetes.argo.rollouts import (
    ANALYSIS_RUN,
    FULL_WEIGHT,
    GROUP,
    HASH_LABEL,
    PRODUCT,
    ROLLOUT,
    RolloutObject,
)
from mmcockpit.sources.kubernetes.argo.steps import desired_weight, step_place
from mmcockpit.sources.kubernetes.pod.model import Pod
from mmcockpit.sources.kubernetes.probe import MAX_LISTED, ClusterProbe, ContainerName, Namespace, ObjectName
from mmcockpit.sources.kubernetes.replica_sets import MOST_SETS, ReplicaSet, replica_sets, set_row
from mmcockpit.sources.kubernetes.selectors import query_text
from mmcockpit.sources.kubernetes.staleness import Staleness
from mmcockpit.sources.kubernetes.workload import Meta, Template, Workload, WorkloadStatus
from mmcockpit.sources.kubernetes.workload import Spec as WorkloadSpec

_ROLLOUT = msgspec.json.Decoder(RolloutObject)
_DEPLOYMENT = msgspec.json.Decoder(Workload)


class ArgoRolloutArgs(Args):
    """A Rollout by name."""

    shorthand: ClassVar[str] = "name"
    name: ObjectName
    namespace: Namespace = ""
    container: ContainerName = None


class _Seen(msgspec.Struct, frozen=True):
    """What is known beside the Rollout: ReplicaSets, pods and AnalysisRuns, where they may be read."""

    sets: list[ReplicaSet] | None = None
    pods: list[Pod] | None = None
    runs: list[AnalysisRunObject] | None = None
    remarks: tuple[str, ...] = ()


class ArgoRollout(ClusterProbe):
    """One Rollout. A cluster without Argo Rollouts is a fault.

    The status is stale if the controller has not seen the specification, or the ready pods differ from its counts, for
    30 seconds; then nothing is complete. ReplicaSets, pods and AnalysisRuns that may not be read are a remark.
    """

    def __init__(self, cluster: ClusterClient, question: Question) -> None:
        super().__init__(cluster, question)
        self._staleness = Staleness()

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (
            Permission("get", "rollouts", GROUP, namespace, args.name),
            Permission("list", "analysisruns", GROUP, namespace),
            reading("replicaset", namespace),
            reading("pod", namespace),
        )

    async def poll(self) -> Reading:
        kind = await installed(self.cluster, ROLLOUT, PRODUCT)
        found = await find_typed(self.cluster, kind, self.namespace, self.args.name, _ROLLOUT)
        if found is None:
            return Reading(_absent(self.namespace))
        rollout, date = found
        spec, observed = await self._spec(rollout)
        seen = await self._seen(rollout, query_text(spec.selector))
        value = self._value(rollout, spec.template, rollout.observed and observed, seen, date)
        return Reading(bounded(value), remark="; ".join(seen.remarks))

    async def _spec(self, rollout: RolloutObject) -> tuple[WorkloadSpec, bool]:
        """Return selector and pod template, and whether the controller has seen those of a Deployment."""
        own, referred = rollout.spec, rollout.spec.workload_ref
        if referred is None or referred.kind != "Deployment":
            return WorkloadSpec(selector=own.selector or {}, template=own.template or Template()), True
        found = await find_typed(self.cluster, KINDS["deployment"], self.namespace, referred.name, _DEPLOYMENT)
        if found is None:
            return WorkloadSpec(), False
        deployment, seen = found[0], rollout.status.workload_observed_generation
        return deployment.spec, seen.isdecimal() and int(seen) >= deployment.metadata.generation

    async def _seen(self, rollout: RolloutObject, selector: str) -> _Seen:
        query: Query = (("labelSelector", selector),) if selector else ()
        remarks: list[str] = []
        uid, current = rollout.metadata.uid, rollout.status.current_pod_hash

        async def optional(reader: Any) -> Any:
            try:
                return await reader
            except ProbeError as error:
                if error.kind is not FaultKind.FORBIDDEN:
                    raise
                remarks.append(f"not readable: {error.message}")
                return None

        sets = await optional(replica_sets(self.cluster, self.namespace, uid, query))
        pods = await optional(self.cluster.items(KINDS["pod"].path(self.namespace), query, ListPage[Pod], MAX_ITEMS))
        runs = await optional(self._runs(uid, current))
        return _Seen(sets, pods, runs, tuple(remarks))

    async def _runs(self, uid: str, current: str) -> list[AnalysisRunObject]:
        """Return the running AnalysisRuns of the newest version, and the newest ended one of each kind."""
        kind = await installed(self.cluster, ANALYSIS_RUN, PRODUCT)
        path = kind.path(self.namespace)
        listed = await self.cluster.items(path, (), ListPage[AnalysisRunObject], MAX_LISTED)
        own = (run for run in listed if run.owned_by(uid) and (run.metadata.labels or {}).get(HASH_LABEL) == current)
        return current_runs(own)

    def _value(
        self, rollout: RolloutObject, template: Template, observed: bool, seen: _Seen, now: float | None
    ) -> dict[str, Any]:
        status = rollout.status
        rows = None if seen.sets is None else self._rows(rollout, seen, now, template)
        stale = self._stale(rollout, observed, seen)
        stuck = _stuck(rollout, seen)
        complete = observed and not stale and is_complete(rollout)
        phase, message = phase_of(rollout, observed)
        return {
            "exists": True,
            "phase": phase,
            "message": message,
            "strategy": "blueGreen" if rollout.blue_green else "canary",
            **_steps(rollout, rows),
            "complete": complete,
            "promoted": rollout.promoted,
            "observed": observed,
            "aborted": status.abort,
            **_pause(rollout, now),
            "desired": rollout.spec.replicas,
            "updated": status.updated_replicas,
            "ready": status.ready_replicas,
            "available": status.available_replicas,
            **_versions(rollout, rows, template.image(self.args.container, self.args.name)),
            "stuck": stuck,
            "stale": stale,
            **({"min_ready_s": rollout.spec.min_ready_seconds} if rollout.spec.min_ready_seconds else {}),
            "why": "" if complete else why_incomplete(rollout, observed, stuck, stale),
            **({} if rows is None else {"sets": rows[:MOST_SETS]}),
            **(
                {}
                if seen.runs is None
                else {"metrics": metric_rows(seen.runs), "measurements": measurement_rows(seen.runs, now)}
            ),
        }

    def _rows(self, rollout: RolloutObject, seen: _Seen, now: float | None, template: Template) -> list[dict[str, Any]]:
        """Return the newest and the stable ReplicaSet, then the others that have or want pods."""
        container, rows = template.container(self.args.container, self.args.name), []
        for one in seen.sets or ():
            pods = None if seen.pods is None else [pod for pod in seen.pods if one.owns(pod)]
            role = _role(rollout, _hash(one))
            row = {**set_row(one, role, pods, now, container), "hash": _hash(one)}
            if role != "old" or row["ready"] or row["desired"]:
                rows.append(row)
        return sorted(rows, key=lambda row: (row["hash"] != rollout.status.current_pod_hash, row["replicas"] == "old"))

    def _stale(self, rollout: RolloutObject, observed: bool, seen: _Seen) -> str:
        """Return why the status is stale, from its ready pods; empty if it is not, or if they may not be read."""
        if seen.sets is None or seen.pods is None:
            return ""
        # With a blue-green strategy, the counts are those of the active ReplicaSet.
        active = rollout.status.blue_green.active_selector if rollout.blue_green else ""
        counted = [one for one in seen.sets if not active or _hash(one) == active]
        ready = sum(pod.ready and any(one.owns(pod) for one in counted) for pod in seen.pods)
        status, generation = rollout.status, rollout.metadata.generation
        counts = WorkloadStatus(
            observed_generation=generation if observed else 0,
            replicas=status.replicas,
            updated_replicas=status.updated_replicas,
            ready_replicas=status.ready_replicas,
        )
        meta = Meta(rollout.metadata.name, rollout.metadata.uid, generation=generation)
        now = asyncio.get_running_loop().time()
        reason = self._staleness.reason(Workload(meta, WorkloadSpec(), counts), ready, now)
        return (
            "status is stale: its controller does not see the latest specification"
            if reason and not observed
            else reason
        )


def _absent(namespace: str) -> dict[str, Any]:
    empty = dict.fromkeys(("phase", "message", "strategy", "pause_reason", "revision", "image", "stale"), "")
    no = dict.fromkeys(("exists", "complete", "promoted", "observed", "aborted", "paused"), False)
    return {
        **no,
        **empty,
        "desired": 0,
        "updated": 0,
        "ready": 0,
        "available": 0,
        "stuck": [],
        "why": f"not found in namespace {namespace}",
    }


def _hash(one: ReplicaSet) -> str:
    return (one.metadata.labels or {}).get(HASH_LABEL, "")


def _role(rollout: RolloutObject, template_hash: str) -> str:
    """Return what a ReplicaSet is in the rollout, as Argo names it."""
    status = rollout.status
    if rollout.blue_green:
        active, preview = (
            status.blue_green.active_selector,
            status.blue_green.preview_selector or status.current_pod_hash,
        )
        return {preview: "preview", active: "active"}.get(template_hash, "old")
    return {status.current_pod_hash: "canary", status.stable_rs: "stable"}.get(template_hash, "old")


def _stuck(rollout: RolloutObject, seen: _Seen) -> list[str]:
    """Return why containers of the newest version cannot start."""
    newest = [one for one in seen.sets or () if _hash(one) == rollout.status.current_pod_hash]
    mine = [pod for pod in seen.pods or () if any(one.owns(pod) for one in newest)]
    return sorted({reason for pod in mine for reason in pod.stuck})


def _steps(rollout: RolloutObject, rows: list[dict[str, Any]] | None) -> dict[str, Any]:
    place, weight = step_place(rollout), current_weight(rollout, rows)
    steps = {"step": place.step, "steps": place.steps, "step_text": place.text} if place else {}
    weights = {} if weight is None else {"weight": weight, "full_weight": FULL_WEIGHT}
    wanted = {} if rollout.blue_green else {"desired_weight": desired_weight(rollout)}
    return {**steps, **weights, **wanted}


def _pause(rollout: RolloutObject, now: float | None) -> dict[str, Any]:
    since = min((pause.start_time for pause in rollout.pauses if pause.start_time), default=None)
    length, reason = age_s(since, now), pause_text(rollout)
    value: dict[str, Any] = {"paused": bool(reason), "pause_reason": reason}
    return value if length is None else {**value, "paused_s": length}


def _versions(rollout: RolloutObject, rows: list[dict[str, Any]] | None, image: str) -> dict[str, Any]:
    """Return revision and image of the newest version, and of the stable one where its ReplicaSet is known."""
    by_hash = {row["hash"]: row for row in rows or ()}
    newest, stable = by_hash.get(rollout.status.current_pod_hash), by_hash.get(rollout.status.stable_rs)
    value = {"revision": newest["revision"] if newest else rollout.metadata.annotation("rollout.argoproj.io/revision")}
    value["image"] = image or (newest["image"] if newest else "")
    return {**value, "stable_revision": stable["revision"], "stable_image": stable["image"]} if stable else value
