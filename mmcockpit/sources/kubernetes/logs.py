"""Log lines of pods, counted by level; the lines themselves may contain secrets and never leave this module."""

import asyncio
from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec
from pydantic import Field

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.words.amounts import counted as amount_of
from mmcockpit.core.words.durations import seconds
from mmcockpit.sources.common.contract import Args, Question
from mmcockpit.sources.kubernetes.access import Span
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient, RequestRefused
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import MAX_ITEMS, ListPage, Query
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.pod.log_levels import LEVELS, OTHER, level_of
from mmcockpit.sources.kubernetes.pod.model import Pod
from mmcockpit.sources.kubernetes.probe import ClusterProbe, Namespace

MAX_PODS = 20
MAX_LINES = 2_000
MAX_LOG_BYTES = 1024 * 1024
AT_ONCE = 4
_TRACEBACK = b"Traceback (most recent call last)"
_WAY_OUT = "none with a known level: write levels (JSON, logfmt, ERROR before the message), or judge only other fields"
_NOT_STARTED = ("waiting to start", "trying and failing to pull", "does not have a host assigned")


class LogsArgs(Args):
    """The pods whose log is read."""

    shorthand: ClassVar[str] = "selector"
    selector: Annotated[str, Field(min_length=1, description="Of the pods' labels, e.g. app=modelmuxer.")]
    over: Annotated[Span, Field(description="Time range up to now.")] = "5m"
    container: Annotated[str, Field(pattern=r"^[a-z0-9-]*$", description="Else each pod's main one.")] = ""
    namespace: Namespace = ""


class Count(msgspec.Struct):
    """The line counts of one pod."""

    by_level: dict[str, int]
    lines: int = 0
    tracebacks: int = 0
    truncated: bool = False
    minutes: float = 0.0
    """Minutes that the lines cover."""

    @property
    def errors_a_minute(self) -> float:
        """ERROR and CRITICAL lines a minute."""
        return (self.by_level["ERROR"] + self.by_level["CRITICAL"]) / self.minutes


class Logs(ClusterProbe):
    """Counts the lines of the main containers of the pods that match a selector.

    If no pod has started there is no data, never 0 errors.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading("pod", namespace), Permission("get", "pods/log", "", namespace))

    def __init__(self, cluster: ClusterClient, question: Question) -> None:
        super().__init__(cluster, question)
        self._over_s = seconds(question.args.over)

    async def poll(self) -> Reading:
        """Poll once; ProbeError if a running pod gives no valid result, or no pod has started."""
        path = KINDS["pod"].path(self.namespace)
        pods = await self.cluster.items(path, (("labelSelector", self.args.selector),), ListPage[Pod], MAX_ITEMS)
        started = [pod for pod in pods if pod.status.phase != "Pending"]
        started.sort(key=lambda pod: (str(pod.metadata.creation_timestamp), pod.metadata.name), reverse=True)
        lanes = asyncio.Semaphore(AT_ONCE)
        asked = (self._count(path, pod, lanes) for pod in started[:MAX_PODS])
        # Wait for all before the first failure is raised: no request continues in the background.
        results = await asyncio.gather(*asked, return_exceptions=True)
        counts: list[Count] = []
        for count in results:
            if isinstance(count, BaseException):
                raise count
            if count is not None:
                counts.append(count)
        if not counts:
            why = f"{self.cluster.host}: {self.args.selector} matches {amount_of(len(pods), 'pod')}, none has started"
            raise ProbeError(FaultKind.NO_DATA, why)
        value = _value(counts, len(started) > MAX_PODS)
        unlevelled = "" if "by_level" in value else f"{amount_of(value['lines'], 'line')} read, {_WAY_OUT}"
        return Reading(value, remark=unlevelled)

    async def _count(self, path: str, pod: Pod, lanes: asyncio.Semaphore) -> Count | None:
        """Read and count the lines of one pod; None if it is gone or has not started."""
        query: Query = (
            ("container", self.args.container or pod.main),
            ("sinceSeconds", str(round(self._over_s))),
            ("tailLines", str(MAX_LINES)),
            ("limitBytes", str(MAX_LOG_BYTES)),
            ("timestamps", "true"),
        )
        async with lanes:
            try:
                reply = await self.cluster.get(f"{path}/{pod.metadata.name}/log", query, MAX_LOG_BYTES + 4096)
            except RequestRefused as error:
                waits = error.status == 400 and any(words in error.message for words in _NOT_STARTED)
                if waits or error.status == 404:
                    return None
                raise
            return counted(reply.body, self._over_s / 60)


def counted(text: bytes, minutes: float) -> Count:
    """Count lines that begin with an RFC 3339 time, read for so many minutes; ProbeError for other text."""
    count = Count(dict.fromkeys((*LEVELS.values(), OTHER), 0), minutes=minutes)
    lines = text.split(b"\n")
    # After the last line feed there is nothing, or a line that the byte limit has cut.
    lines.pop()
    for line in lines:
        _, _, text_of_line = line.partition(b" ")
        count.by_level[level_of(text_of_line)] += 1
        count.tracebacks += _TRACEBACK in text_of_line
    count.lines = len(lines)
    covered_s = _between(lines[0], lines[-1]) if lines else 0.0
    count.truncated = count.lines >= MAX_LINES or len(text) >= MAX_LOG_BYTES
    if count.truncated:
        count.minutes = min(minutes, max(covered_s, 1.0) / 60)
    return count


def _between(first: bytes, last: bytes) -> float:
    """Return the seconds between two lines; ProbeError if they do not begin with a time."""
    try:
        began, ended = (datetime.fromisoformat(line.partition(b" ")[0].decode()) for line in (first, last))
    except ValueError:
        raise ProbeError(FaultKind.MALFORMED, "log lines without a timestamp") from None
    return (ended - began).total_seconds()


def _value(counts: list[Count], more_pods: bool) -> dict[str, Any]:
    by_level = {level: sum(count.by_level[level] for count in counts) for level in counts[0].by_level}
    lines = sum(count.lines for count in counts)
    # Lines of unknown levels are no proof that there are no errors.
    errors = {"by_level": by_level, "per_minute_errors": round(sum(count.errors_a_minute for count in counts), 2)}
    return {
        "pods": len(counts),
        "lines": lines,
        **(errors if not lines or by_level[OTHER] < lines else {}),
        "tracebacks": sum(count.tracebacks for count in counts),
        "truncated": more_pods or any(count.truncated for count in counts),
    }
