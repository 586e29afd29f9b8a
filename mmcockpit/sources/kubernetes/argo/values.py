"""What the probes of Argo Rollouts and Argo CD return."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field
from mmcockpit.sources.kubernetes.values.objects import EXISTS, Exists
from mmcockpit.sources.kubernetes.values.workloads import ReplicaSetValue, SeenByController, Stale

FAILING = {"Degraded": "fail", "Failed": "fail", "Error": "fail", "Inconclusive": "warn"}


class ArgoSetValue(ReplicaSetValue, kw_only=True):
    """One ReplicaSet of a Rollout; `replicas` is canary, preview, active, stable or old."""

    hash: Annotated[str, field("Hash of its pod template.", rank=3)]


class AnalysisMetricValue(Value, kw_only=True):
    """One metric of an AnalysisRun."""

    causes: ClassVar = ("message",)
    named_by: ClassVar = ("{metric}",)
    noun: ClassVar = ("metric", "metrics")

    metric: str
    phase: Annotated[str, field("Pending, Running, Successful, Failed, Error or Inconclusive.", levels=FAILING)]
    value: Annotated[str, field("Of the newest measurement, as its provider returned it.", title="last value", rank=1)]
    condition: Annotated[str, field("When a measurement is successful.", title="must be", rank=4)]
    successful: Annotated[int, field("Measurements.", title="ok", rank=1)]
    failed: Annotated[int, field("Measurements.", rank=1)]
    failure_limit: Annotated[
        int | UnsetType, field("Failed measurements that are allowed; -1 for any number.", title="limit", rank=2)
    ] = UNSET
    inconclusive: Annotated[int, field("Measurements.", rank=3)]
    errors: Annotated[int, field("Measurements that could not be taken.", rank=2)]
    count: Annotated[
        int | UnsetType, field("How often it is measured; left out without an end.", title="planned", rank=2)
    ] = UNSET
    message: Annotated[str, field("Why it is not successful, else empty.", rank=3)]
    dry_run: Annotated[bool, field("Whether its result does not count.", rank=5)]
    analysis: Annotated[str, field("Why its run was made: step, background, pre-promotion or post-promotion.", rank=2)]
    run: Annotated[str, field("Name of its AnalysisRun.", shown=False)]


class MeasurementValue(Value, kw_only=True):
    """One measurement of a metric."""

    causes: ClassVar = ("message",)
    named_by: ClassVar = ("{metric}",)
    noun: ClassVar = ("measurement", "measurements")

    metric: str
    phase: Annotated[str, field(levels=FAILING)]
    value: Annotated[str, field("As its provider returned it.")]
    age_s: Annotated[int | UnsetType, field("By the server's clock.", unit="age")] = UNSET
    message: Annotated[str, field(rank=1)]
    run: Annotated[str, field("Name of its AnalysisRun.", shown=False)]


class AnalysisValue(Value, kw_only=True):
    """The newest AnalysisRun with a name or a prefix."""

    cells: ClassVar = (Cell("{phase}", when="exists"), Cell("does not exist"))
    causes: ClassVar = ("why",)
    good: ClassVar = "complete"

    exists: Exists
    name: Annotated[str | UnsetType, field("Of the newest run.")] = UNSET
    phase: Annotated[str, field("Pending, Running, Successful, Failed, Error or Inconclusive.", levels=FAILING)]
    complete: Annotated[bool, field("Whether it is successful.", title="successful")]
    running: Annotated[bool, field("Whether it has no result yet.")]
    why: Annotated[str, field("Why it is not successful; empty if it is.", shown=False, role="why")]
    age_s: Annotated[int | UnsetType, field("Since it was created, by the server's clock.", unit="age")] = UNSET
    metrics: list[AnalysisMetricValue] | UnsetType = UNSET
    measurements: Annotated[
        list[MeasurementValue] | UnsetType, field("At most ten of each metric, the newest first.")
    ] = UNSET


class ArgoRolloutValue(Value, kw_only=True):
    """One Rollout of Argo Rollouts. If it does not exist, the other fields are empty or left out."""

    cells: ClassVar = (
        Cell("{phase}, step {step}/{steps}, weight {weight}"),
        Cell("{phase}, weight {weight}"),
        Cell("{phase}", when="exists"),
        Cell("does not exist"),
    )
    causes: ClassVar = ("why",)
    explains: ClassVar = "stale"
    good: ClassVar = "complete"
    settles: ClassVar = ("min_ready_s",)

    exists: Exists
    phase: Annotated[str, field("Healthy, Progressing, Paused or Degraded.", levels=FAILING)]
    message: Annotated[str, field("The controller's explanation of the phase.", shown=False)]
    strategy: Annotated[str, field("canary or blueGreen.")]
    step: Annotated[
        int | UnsetType,
        field("The running step from 1; 0 before the first one. Left out without steps.", of="steps", role="progress"),
    ] = UNSET
    steps: int | UnsetType = UNSET
    step_text: Annotated[
        str | UnsetType,
        field("The running step, such as `set weight 20%` or `pause 10m`.", title="now", role="progress"),
    ] = UNSET
    weight: Annotated[
        int | UnsetType,
        field(
            "Percentage of traffic at the newest version: as set in the router, else its share of the ready pods.",
            unit="%",
            of="full_weight",
            role="progress",
            tracked="changed",
        ),
    ] = UNSET
    full_weight: Annotated[int | UnsetType, field("Always 100.", shown=False)] = UNSET
    desired_weight: Annotated[
        int | UnsetType, field("The weight that the steps ask for.", title="wanted", unit="%", role="progress")
    ] = UNSET
    complete: Annotated[
        bool,
        field(
            "Whether the latest specification was seen, is fully promoted and Healthy, and all its pods are available; "
            "no while `stale`."
        ),
    ]
    promoted: Annotated[bool, field("Whether the newest pod template is the stable one.", title="fully promoted")]
    observed: SeenByController
    aborted: Annotated[bool, field(alarm=True, alarm_text="aborted")]
    paused: Annotated[bool, field(alarm=True, alarm_text="paused")]
    pause_reason: Annotated[str, field("Why it is paused, else empty.")]
    paused_s: Annotated[int | UnsetType, field("Since the pause began.", title="paused for", unit="age")] = UNSET
    desired: Annotated[int, field(tracked="changed")]
    updated: int
    ready: int
    available: int
    revision: Annotated[
        str, field("Of the newest ReplicaSet, for `kubectl argo rollouts undo`.", tracked="changed", role="revision")
    ]
    image: Annotated[str, field("Of the newest version's application.", tracked="changed", role="image")]
    stable_revision: Annotated[str | UnsetType, field("Revision of the stable ReplicaSet.")] = UNSET
    stable_image: Annotated[
        str | UnsetType, field("Image of the stable ReplicaSet.", tracked="changed", keep="tail")
    ] = UNSET
    stuck: Annotated[list[str], field("Why containers of the newest version cannot start.")]
    stale: Stale
    min_ready_s: Annotated[int | UnsetType, field("Its minReadySeconds, if it has any.")] = UNSET
    why: Annotated[str, field("Why it is not complete, as a sentence; empty if it is.", shown=False, role="why")]
    sets: Annotated[
        list[ArgoSetValue] | UnsetType, field("Canary and stable ReplicaSet, and others that have pods.")
    ] = UNSET
    metrics: Annotated[
        list[AnalysisMetricValue] | UnsetType,
        field("Of the running AnalysisRuns and the newest one of each kind, for the newest version."),
    ] = UNSET
    measurements: Annotated[
        list[MeasurementValue] | UnsetType, field("At most ten of each metric, the newest first.")
    ] = UNSET


class OutOfSyncValue(Value, kw_only=True):
    """One resource of an Application that is not synced or not healthy."""

    causes: ClassVar = ("message",)
    named_by: ClassVar = ("{kind}/{name}",)
    noun: ClassVar = ("resource", "resources")

    kind: str
    name: str
    sync: Annotated[str, field("Synced, OutOfSync or Unknown.")]
    health: Annotated[str, field("Empty for a kind without health.", levels=FAILING)]
    message: Annotated[str, field(rank=1)]
    namespace: Annotated[str, field(rank=2)]


class DeployedValue(Value, kw_only=True):
    """One deployment in the history of an Application."""

    named_by: ClassVar = ("{id}",)
    noun: ClassVar = ("deployment", "deployments")

    id: int
    revision: Annotated[str, field("Of several sources, joined by commas.")]
    age_s: Annotated[int | UnsetType, field("By the server's clock.", unit="age")] = UNSET


class ApplicationValue(Value, kw_only=True):
    """One Application of Argo CD. If it does not exist, the other fields are empty or left out."""

    cells: ClassVar = (Cell("{sync}, {health}", when="exists"), *EXISTS)
    causes: ClassVar = ("why",)
    good: ClassVar = "complete"

    exists: Exists
    sync: Annotated[str, field("Synced, OutOfSync or Unknown.", levels={"OutOfSync": "fail", "Unknown": "warn"})]
    health: Annotated[str, field("Healthy, Progressing, Degraded, Suspended, Missing or Unknown.", levels=FAILING)]
    health_message: Annotated[str | UnsetType, field(shown=False)] = UNSET
    complete: Annotated[
        bool,
        field(
            "Whether it is Synced and Healthy, no sync runs or failed, there is no error, its source was compared, and "
            "it is at the requested `revision`."
        ),
    ]
    at_revision: Annotated[
        bool | UnsetType,
        field("Whether the requested `revision` is synced; left out without one.", title="at revision"),
    ] = UNSET
    revision: Annotated[
        str,
        field(
            "The revision that is deployed: the compared one if Synced, else that of the last deployment. Of several "
            "sources, joined by commas.",
            tracked="changed",
            role="revision",
        ),
    ]
    compared_revision: Annotated[str, field("The newest revision of its target.", title="newest revision")]
    target: Annotated[str, field("Branch, tag or commit that it follows.", title="target revision")]
    operation: Annotated[
        str, field("Phase of the last sync: Running, Succeeded, Failed, Error or Terminating.", levels=FAILING)
    ]
    operation_message: Annotated[str, field(title="sync message", rank=1)]
    operation_started_s: Annotated[int | UnsetType, field(title="sync started", unit="age", shown=False)] = UNSET
    operation_finished_s: Annotated[int | UnsetType, field(title="sync finished", unit="age")] = UNSET
    retries: Annotated[int, field("Of the last sync.", title="sync retries")]
    auto_sync: Annotated[bool, field("Whether it syncs by itself.")]
    observed: Annotated[
        bool,
        field(
            "Whether the status was compared with the source of the latest specification.",
            title="status up to date",
            alarm=False,
            alarm_text="not yet seen by its controller",
        ),
    ]
    reconciled_age_s: Annotated[
        int | UnsetType, field("Since its controller last compared it.", title="reconciled", unit="age")
    ] = UNSET
    conditions: Annotated[list[str], field("Its conditions, as `type: message`.")]
    images: Annotated[list[str], field("Images of its resources, at most 50.", shown=False)]
    why: Annotated[str, field("Why it is not complete, as a sentence; empty if it is.", shown=False, role="why")]
    resources: Annotated[
        list[OutOfSyncValue], field("Those that are not synced or not healthy, at most 50.", title="open resources")
    ]
    resource_count: Annotated[int, field("All its resources.", title="resources")]
    history: Annotated[list[DeployedValue], field("The last ten deployments, the newest first.")]
