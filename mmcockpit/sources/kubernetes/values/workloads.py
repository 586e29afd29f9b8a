"""What the probes of workloads return."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field
from mmcockpit.sources.kubernetes.values.objects import EXISTS, Exists

HEALTHY = ("NewReplicaSetAvailable",)
"""The reason of a Deployment whose rollout is complete."""
Observed = Annotated[bool, field("Whether the status is of the latest specification.", title="status up to date")]
SeenByController = Annotated[
    bool,
    field(
        "Whether the status is of the latest specification.",
        title="status up to date",
        alarm=False,
        alarm_text="not yet seen by its controller",
    ),
]
Stale = Annotated[
    str,
    field("Why the status is unreliable: the specification is not observed, or the pods differ from its counts."),
]


class ReplicaSetValue(Value, kw_only=True):
    """One ReplicaSet of a Deployment."""

    causes: ClassVar = ("reason",)
    named_by: ClassVar = ("{replicas} {revision}",)
    noun: ClassVar = ("ReplicaSet", "ReplicaSets")

    replicas: Annotated[str, field("`new` or `old`.", title="pods")]
    revision: Annotated[str, field(title="rev", align="right")]
    image: Annotated[str, field("Of the application's container.", keep="tail", rank=1, role="image")]
    ready: Annotated[int, field(of="desired")]
    desired: int
    age_s: Annotated[int | UnsetType, field("By the server's clock.", unit="age", rank=2)] = UNSET
    restarts: Annotated[int, field("Of its pods.", rank=2)]
    reason: Annotated[str, field("Why its first pod is not ready, else empty.", rank=1)]
    waiting: Annotated[list[str], field("At most five pods that are not ready, with their reason.", shown=False)]
    name: Annotated[str, field(shown=False)]


class RolloutValue(Value):
    """One Deployment, StatefulSet or DaemonSet. If it does not exist, its other fields are zero or empty."""

    cells: ClassVar = (Cell("{available}/{desired}"),)
    causes: ClassVar = ("message", "reason")
    explains: ClassVar = "stale"
    good: ClassVar = "complete"
    settles: ClassVar = ("min_ready_s",)

    exists: Exists
    desired: Annotated[int, field(tracked="changed")]
    updated: Annotated[int, field(of="desired")]
    ready: Annotated[int, field(of="desired")]
    available: Annotated[int, field(of="desired")]
    observed: SeenByController
    complete: Annotated[bool, field("As `kubectl rollout status` decides; no while `stale`.")]
    paused: Annotated[bool, field(alarm=True, alarm_text="paused")]
    reason: Annotated[str, field("Why it is not complete.", normal=HEALTHY)]
    message: Annotated[str, field("The explanation of the API server.")]
    revision: Annotated[
        str,
        field(
            "The number for `kubectl rollout undo --to-revision`, or a StatefulSet's revision.",
            tracked="changed",
            role="revision",
        ),
    ]
    image: Annotated[str, field("Of the application's container.", tracked="changed", role="image")]
    restarted_at: Annotated[str, field("Time of the last `kubectl rollout restart`.", shown=False)]
    stuck: Annotated[list[str], field("Why containers of the newest revision cannot start.")]
    stale: Stale
    min_ready_s: Annotated[int | UnsetType, field("Its minReadySeconds, if it has any.")] = UNSET
    why: Annotated[
        str | UnsetType, field("Why it is not complete, as a sentence; empty if it is.", shown=False, role="why")
    ] = UNSET
    sets: Annotated[
        list[ReplicaSetValue] | UnsetType,
        field("Of a Deployment: the newest ReplicaSet, the one before it, and others that have pods."),
    ] = UNSET


class WorkloadValue(Value):
    """One workload."""

    causes: ClassVar = ("message", "reason")
    good: ClassVar = "complete"
    tracks_rows: ClassVar = True
    noun: ClassVar = ("workload", "workloads")

    name: Annotated[str, field(title="workload")]
    desired: Annotated[int, field(rank=2)]
    ready: Annotated[int, field(rank=1)]
    available: Annotated[int, field(rank=3)]
    complete: Annotated[bool, field("As `kubectl rollout status` decides.", rank=1)]
    paused: Annotated[bool, field(rank=4)]
    reason: Annotated[str, field("Why it is not complete, also that its status is stale.", normal=HEALTHY, rank=2)]
    message: Annotated[str, field(rank=5)]
    label: Annotated[str | UnsetType, field("Value of the requested label.", rank=2)] = UNSET
    differing: Annotated[
        int | UnsetType, field("Workloads with another value of it.", title="differing workloads", rank=2)
    ] = UNSET


class CheckValue(Value):
    """One probe of a container."""

    kind: Annotated[str, field("http, grpc, tcp, exec, or empty without a probe.")]
    path: Annotated[str, field("Of an http probe.")]


class TemplateValue(Value):
    """The pod template of one workload. Init and ephemeral containers count."""

    tracks_rows: ClassVar = True
    noun: ClassVar = ("workload", "workloads")

    name: Annotated[str, field(title="workload")]
    violations: Annotated[list[str], field("Of the restricted Pod Security Standard.", rank=1)]
    count: Annotated[int, field("Of the violations.", rank=5)]
    unpinned: Annotated[list[str], field("Images without a digest.", title="images without a digest", rank=2)]
    without_limits: Annotated[
        list[str],
        field("Containers without limits for CPU or memory.", title="containers without limits", rank=2),
    ]
    writable_root: Annotated[
        list[str],
        field("Containers whose root is not read-only.", title="writable root filesystems", rank=3),
    ]
    token: Annotated[bool, field("Whether the account's token is mounted.", rank=4)]
    containers: Annotated[list[str], field(rank=6)]
    main: Annotated[str, field("The application's container.", rank=6)]
    probes: Annotated[dict[str, CheckValue], field("liveness, readiness and startup.", rank=6)]
    desired: Annotated[int, field(rank=5)]
    ready: Annotated[int, field(rank=5)]
    observed: Annotated[
        bool, field("Whether the status is of the latest specification.", title="status up to date", rank=6)
    ]


class RevisionValue(Value):
    """One ReplicaSet of a Deployment."""

    named_by: ClassVar = ("revision {revision}",)
    noun: ClassVar = ("revision", "revisions")

    revision: int
    images: list[str]
    cause: Annotated[str, field("Its change-cause.", rank=2)]
    created: Annotated[str, field("RFC 3339.", rank=3)]
    replicas: Annotated[int, field(rank=1)]
    ready: Annotated[int, field(rank=1)]


class RevisionsValue(Value):
    """The revisions of a Deployment. A paused Deployment cannot be rolled back."""

    cells: ClassVar = EXISTS

    exists: Exists
    paused: bool
    current: Annotated[int, field("Number of the running template.")]
    previous: Annotated[
        int,
        field("Number of the newest one with other images; 0 if there is none.", title="earlier revisions"),
    ]
    revisions: Annotated[list[RevisionValue], field("Newest first.")]


class BudgetValue(Value):
    """A PodDisruptionBudget."""

    cells: ClassVar = EXISTS

    exists: Exists
    observed: Observed
    pods: Annotated[int | UnsetType, field("Pods that match `selector`.")] = UNSET
    covered: Annotated[int | UnsetType, field("Those that the budget selects too.", title="covered pods")] = UNSET
    others: Annotated[
        list[str] | UnsetType, field("Other budgets that select one of them: such a pod cannot be evicted.")
    ] = UNSET
    healthy: int | UnsetType = UNSET
    desired: Annotated[int | UnsetType, field("Pods that must be healthy.")] = UNSET
    disruptions_allowed: int | UnsetType = UNSET


class AutoscalerValue(Value, kw_only=True):
    """A HorizontalPodAutoscaler."""

    cells: ClassVar = EXISTS
    causes: ClassVar = ("reason",)
    explains: ClassVar = "reason"

    exists: Exists
    target: Annotated[str | UnsetType, field("The workload that it scales.")] = UNSET
    observed: Observed
    able: Annotated[bool, field(title="able to scale")]
    active: bool
    limited: Annotated[
        bool | UnsetType, field("Whether it would scale beyond its maximum.", title="held at its limit")
    ] = UNSET
    replicas: int | UnsetType = UNSET
    minimum: int | UnsetType = UNSET
    maximum: int | UnsetType = UNSET
    metrics: Annotated[list[str] | UnsetType, field("Names of its metrics.")] = UNSET
    without_value: Annotated[
        list[str] | UnsetType, field("Those without a current value.", title="metrics without a value")
    ] = UNSET
    reason: Annotated[str | UnsetType, field("The conditions that do not hold.")] = UNSET


class JobsValue(Value):
    """Jobs with a prefix. A failed attempt that is retried within the backoffLimit is not a failure."""

    causes: ClassVar = ("reason",)

    total: int
    running: int
    retrying: Annotated[int, field("Running jobs with a failed attempt.")]
    finished: int
    newest: Annotated[str, field("The job that finished last.")]
    succeeded: Annotated[bool, field("Whether that one succeeded.")]
    finished_at: Annotated[float, field("Unix seconds; 0 if none has finished.", shown=False)]
    reason: Annotated[str, field("Why the newest one failed.")]


class CronJobValue(Value):
    """A CronJob. Ages are measured by the server's clock."""

    cells: ClassVar = EXISTS

    exists: Exists
    suspended: bool
    schedule: str
    time_zone: str
    running: int
    last_failed: Annotated[bool | UnsetType, field("Whether its newest ended job failed.")] = UNSET
    longest_gap_s: Annotated[float | UnsetType, field("The longest time between two scheduled runs.")] = UNSET
    last_success_age_s: Annotated[float | UnsetType, field("Left out if no run has succeeded.")] = UNSET
