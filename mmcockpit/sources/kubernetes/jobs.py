"""Jobs and CronJobs: the result of the newest finished run, and the longest gap of a schedule."""

import re
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.words.durations import seconds
from mmcockpit.sources.common.contract import Args, Question
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import ListPage
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.probe import MAX_LISTED, ClusterProbe, Namespace, Object, ObjectName, find_object

RUNS = 400
"""Runs of a schedule that are searched for the longest gap between two of them."""
DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_ZONE = re.compile(r"(?:CRON_)?TZ=(\S+)\s+(.+)", re.DOTALL)
_STEP = re.compile(r"\*/0*(?:[2-9]|[1-9]\d+)")


class JobsArgs(Args):
    """Jobs with a common name prefix, as those of one CronJob or one release."""

    shorthand: ClassVar[str] = "prefix"
    prefix: Annotated[str, Field(min_length=1, description="Prefix of the names, e.g. migration-.")]
    namespace: Namespace = ""


class CronJobArgs(Args):
    """A CronJob by name."""

    shorthand: ClassVar[str] = "name"
    name: ObjectName
    namespace: Namespace = ""


class Jobs(ClusterProbe):
    """The jobs with a prefix.

    A failed attempt that is retried within the job's backoffLimit is not a failure.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading("job", namespace),)

    async def poll(self) -> Reading:
        path = KINDS["job"].path(self.namespace)
        listed = await self.cluster.items(path, (), ListPage[Object], MAX_LISTED)
        jobs = [job for job in listed if str(job["metadata"]["name"]).startswith(self.args.prefix)]
        ended = sorted(filter(None, map(_ending, jobs)))
        at, name, succeeded, reason = ended[-1] if ended else (0.0, "", False, "")
        running = [job for job in jobs if _ending(job) is None]
        return Reading(
            {
                "total": len(jobs),
                "running": len(running),
                "retrying": sum(bool((job.get("status") or {}).get("failed")) for job in running),
                "finished": len(ended),
                "newest": name,
                "succeeded": succeeded,
                "finished_at": at,
                "reason": reason,
            }
        )


class LongestGap:
    """The longest gap of a schedule; kept until its next run, because the runs that follow are the same until then."""

    def __init__(self) -> None:
        self._kept: tuple[str, str, datetime, datetime, float] | None = None

    def seconds(self, schedule: str, zone: str, now: datetime) -> float:
        """Return the longest time between two of the next runs, in seconds; ProbeError as of `next_runs`."""
        if self._kept is not None:
            *kept, since, until, gap = self._kept
            if kept == [schedule, zone] and since <= now < until:
                return gap
        text = " ".join(schedule.split())
        if text.startswith("@every "):
            return _every_s(text.removeprefix("@every "))
        runs = next_runs(schedule, zone, now)
        if len(runs) < 2:
            return timedelta(days=36_525).total_seconds()
        gap = max((later - earlier).total_seconds() for earlier, later in pairwise(runs))
        self._kept = schedule, zone, now, runs[0], gap
        return gap


class CronJob(ClusterProbe):
    """A CronJob and its last runs. A schedule that cannot be parsed is a fault."""

    def __init__(self, cluster: ClusterClient, question: Question) -> None:
        super().__init__(cluster, question)
        self._gap = LongestGap()

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading("cronjob", namespace, args.name), reading("job", namespace))

    async def poll(self) -> Reading:
        known = await find_object(self.cluster, "cronjob", self.namespace, self.args.name)
        if known is None:
            return Reading({"exists": False, "suspended": False, "schedule": "", "time_zone": "", "running": 0})
        failed = last_failed(await self._jobs(known[0]["metadata"]["uid"]))
        cron_job, date = known
        spec, status = cron_job.get("spec") or {}, cron_job.get("status") or {}
        schedule, zone = str(spec.get("schedule", "")), str(spec.get("timeZone") or "")
        now = datetime.fromtimestamp(date, UTC) if date else None
        value = {
            "exists": True,
            "suspended": bool(spec.get("suspend")),
            "schedule": schedule,
            "time_zone": zone,
            "running": len(status.get("active") or ()),
            "last_failed": failed,
            "longest_gap_s": self._gap.seconds(schedule, zone, now or datetime(2026, 1, 1, tzinfo=UTC)),
        }
        last = status.get("lastSuccessfulTime")
        return Reading({**value, "last_success_age_s": (now - _time(last)).total_seconds()} if last and now else value)

    async def _jobs(self, uid: str) -> list[Object]:
        """Return the jobs that the CronJob owns."""
        listed = await self.cluster.items(KINDS["job"].path(self.namespace), (), ListPage[Object], MAX_LISTED)
        return [
            job
            for job in listed
            if any(each.get("uid") == uid for each in job["metadata"].get("ownerReferences") or ())
        ]


def last_failed(jobs: list[Object]) -> bool:
    """Return whether the newest ended job of these failed."""
    ended = sorted(filter(None, map(_ending, jobs)))
    return bool(ended) and not ended[-1][2]


def next_runs(schedule: str, zone: str, now: datetime) -> list[datetime]:
    """Return the next runs of a schedule, in UTC; computing them takes up to 20 ms.

    The syntax is that of Kubernetes: five fields or a descriptor such as @daily, and from before `timeZone` existed
    also `CRON_TZ=ZONE` in front. Raises ProbeError(malformed) for anything else.
    """
    # Imported here: only CronJob probes need it.
    from cronsim import CronSim, CronSimError

    inside = _ZONE.match(schedule.strip())
    zone, text = (inside[1], inside[2]) if inside else (zone, " ".join(schedule.split()))
    try:
        begin = now.astimezone(ZoneInfo(zone)) if zone else now
        runs = islice(CronSim(_of_kubernetes(DESCRIPTORS.get(text, text)), begin), RUNS)
        return [run.astimezone(UTC) for run in runs]
    except (CronSimError, ZoneInfoNotFoundError, ValueError) as error:
        raise ProbeError(FaultKind.MALFORMED, f"invalid schedule {schedule!r}: {error}") from None


def _of_kubernetes(schedule: str) -> str:
    """Return the fields of a schedule as CronSim has to read them to understand what Kubernetes does.

    A question mark is the same as a star. A day of the month and a day of the week must both match only where one of
    them is a star without a step: `0 3 */2 * 1` is every second day, and every Monday.
    """
    fields = schedule.replace("?", "*").split()
    for n, whole in ((2, "1-31"), (4, "0-6")):
        if n < len(fields) and _STEP.fullmatch(fields[n]):
            fields[n] = fields[n].replace("*", whole)
    return " ".join(fields)


def _every_s(text: str) -> float:
    try:
        return seconds(text)
    except ValueError as error:
        raise ProbeError(FaultKind.MALFORMED, f"invalid schedule @every {text}: {error}") from None


def _ending(job: Object) -> tuple[float, str, bool, str] | None:
    """Return when a job finished, its name, whether it succeeded and why not; None while it may still succeed."""
    status = job.get("status") or {}
    for condition in status.get("conditions") or ():
        if condition.get("type") in ("Complete", "Failed") and condition.get("status") == "True":
            when = status.get("completionTime") or condition.get("lastTransitionTime")
            succeeded = condition["type"] == "Complete"
            at = _time(when).timestamp() if when else 0.0
            return at, str(job["metadata"]["name"]), succeeded, "" if succeeded else str(condition.get("reason", ""))
    return None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
