"""Signals of CronJobs, Jobs and warning events."""

from mmcockpit.discovery.cluster.inventory import Inventory, Object, name_of, owned, spec_of
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import ROLLOUT, VERIFY

SECTION = "Jobs and events"
MOST_EACH = 20


def add_activity(draft: FindingsDraft, inventory: Inventory) -> None:
    """Add a signal for each CronJob and each Job without an owner, and one for warning events."""
    if inventory.listed("job"):
        for cron_job in draft.first(inventory.of("cronjob"), MOST_EACH, SECTION, "CronJob", name_of):
            _cron_job(draft, cron_job)
    jobs = [job for job in inventory.of("job") if not owned(job)]
    for job in draft.first(jobs, MOST_EACH, SECTION, "Job", name_of):
        _job(draft, name_of(job))
    if inventory.listed("event"):
        _events(draft)


def _cron_job(draft: FindingsDraft, cron_job: Object) -> None:
    name, suspended = name_of(cron_job), bool(spec_of(cron_job).get("suspend"))
    draft.watch(
        (name, "cron"),
        f"CronJob {name}",
        SECTION,
        "cronjob",
        {"name": name},
        "value.exists && !value.last_failed" + ("" if suspended else " && !value.suspended"),
        comment="Its newest finished run succeeded; it is suspended."
        if suspended
        else "Its newest finished run succeeded, and it is not suspended.",
        more={"every": "30s"},
        item=(VERIFY, "Jobs", f"Last run of CronJob {name} succeeded"),
    )


def _job(draft: FindingsDraft, name: str) -> None:
    draft.watch(
        (name, "job"),
        f"Job {name}",
        SECTION,
        "jobs",
        {"prefix": name},
        "value.retrying == 0 && (value.finished == 0 || value.succeeded)",
        comment="The newest finished Job whose name begins like this succeeded, and none had to retry.",
        more={"every": "15s"},
        item=(ROLLOUT, "Jobs", f"Job {name} did not fail"),
    )


def _events(draft: FindingsDraft) -> None:
    draft.watch(
        ("warning", "events"),
        "warning events",
        SECTION,
        "events",
        {"over": "10m"},
        "size(value) == 0",
        warn="size(value) > 0",
        persist=2,
        comment="No warning event in the last 10 minutes. Many are harmless, so one only warns.",
        more={
            "every": "15s",
            "empty": "value",
            "message": 'value[0].kind + " " + value[0].name + ": " + value[0].reason + ": " + value[0].message',
        },
        item=(VERIFY, "Cluster", "No warning events"),
    )
