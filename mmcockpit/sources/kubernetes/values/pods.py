"""What the probes of pods return: pods, logs and events."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field


class PodValue(Value, kw_only=True):
    """One pod."""

    causes: ClassVar = ("reason",)
    good: ClassVar = "ready"
    noun: ClassVar = ("pod", "pods")
    logged: ClassVar = "name"

    name: Annotated[str, field(title="pod", keep="tail")]
    ready: Annotated[bool, field(rank=1)]
    restarts: Annotated[int, field("Of all its containers since it was created.", rank=1)]
    phase: Annotated[str, field("As kubectl shows it.", rank=3)]
    reason: Annotated[str, field("Why it is not ready, else empty.", rank=2)]
    age_s: Annotated[int | UnsetType, field("By the server's clock.", unit="age", rank=3)] = UNSET
    zone: Annotated[str, field("Empty if it is not known.", rank=4)]
    digest: Annotated[str, field("Of the application's image; empty until it is pulled.", unit="digest", rank=5)]
    node: Annotated[str, field(rank=6)]
    image: Annotated[str, field("Of the application's container, as in the spec.", shown=False)]


class PodsValue(Value):
    """The pods that match a selector, as counts and one by one.

    Pods that have ended, are being deleted, or failed and were replaced are listed, not counted.
    """

    cells: ClassVar = (Cell("{ready}/{total}"),)
    causes: ClassVar = ("waiting",)
    restart_rows: ClassVar = "pods"
    restart_count: ClassVar = "restarts"

    total: int
    ready: Annotated[int, field(of="total")]
    restarts: Annotated[
        int,
        field(
            "Since this probe's first reading, summed over the current pods: a pod of that reading counts from its "
            "number at that time, a later one from zero.",
            tracked="increased",
        ),
    ]
    restarts_total: Annotated[int, field("Since the current pods were created.")]
    containers: Annotated[dict[str, int], field("Container name, also of init containers, to its number of pods.")]
    digests: Annotated[list[str], field("Image digests of the application's container.", tracked="changed")]
    undigested: Annotated[int, field("Pods whose image is not pulled yet.", title="pods without an image ID")]
    zones: Annotated[list[str], field("Of ready pods; empty if nodes may not be listed.")]
    zones_known: Annotated[bool, field("Whether nodes may be listed.")]
    waiting: Annotated[list[str], field("Reasons of pods that are not ready.")]
    pods: Annotated[list[PodValue], field("At most 100, those that are not ready first.")]


class LogsValue(Value, kw_only=True):
    """Lines of the logs of the newest 20 pods, of each its newest 2000 lines or 1 MiB."""

    pods: int
    lines: int
    by_level: Annotated[
        dict[str, int] | UnsetType,
        field(
            "CRITICAL, ERROR, WARNING, INFO, DEBUG by the `level` of JSON lines (or `severity`, `levelname`, "
            "`log.level`; also the numbers of pino), of logfmt or klog, or by the word before the message of a line; "
            "OTHER for all other lines. Left out if no line has a known level.",
            title="lines",
        ),
    ] = UNSET
    tracebacks: int
    per_minute_errors: Annotated[
        float | UnsetType,
        field("ERROR and CRITICAL lines, summed over the pods; left out if no line has a known level."),
    ] = UNSET
    truncated: Annotated[bool, field("Whether there were more; the rate is of the time that they cover.")]


class EventValue(Value):
    """One event, about an object."""

    causes: ClassVar = ("message", "reason")
    tracks_rows: ClassVar = True
    noun: ClassVar = ("event", "events")

    type: Annotated[str, field("Warning or Normal.", rank=2)]
    reason: Annotated[str, field(rank=1)]
    message: Annotated[str, field(rank=3)]
    kind: Annotated[str, field("Of the object.", rank=4)]
    name: Annotated[str, field("Of the object.", rank=1)]
    count: Annotated[int, field(rank=5)]
    last: Annotated[str, field("RFC 3339.", rank=6)]
