"""Spellings of the rollback: revisions, pinned images, jobs, backups, and the certificate."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until
from tests.spellings.case import (
    APP,
    HEX,
    LABELS,
    OLD_HEX,
    PINNED,
    REPOSITORY,
    WARN,
    Case,
    Object,
    app,
    box,
    broken,
    made,
    sane,
)

OLD = PINNED.replace(HEX, OLD_HEX)
FAULT = "mmcockpit.test/fault"


def does(*commands: str) -> Callable[[Kubectl], None]:
    """Run kubectl commands, each followed by its rollout."""

    def act(kubectl: Kubectl) -> None:
        for command in commands:
            kubectl(*command.split(" "))
            kubectl("rollout", "status", f"deploy/{APP}", "--timeout=120s")

    return act


TO_NEW = f"set image deploy/{APP} {APP}={PINNED}"
CANARY = app(box(image=OLD), name="canary", replicas=1, labels={**LABELS, "track": "canary"})
REVISIONS = [
    sane("previous_revision", "another image", app(box(image=OLD), replicas=1), act=does(TO_NEW)),
    sane("previous_revision", "a restart in between", app(box(image=OLD), replicas=1), act=does(
        TO_NEW, f"rollout restart deploy/{APP}")),
    sane("previous_revision", "a sidecar in front", app(box("proxy"), box(image=OLD), replicas=1), act=does(TO_NEW)),
    broken("previous_revision", "the first revision", app(replicas=1)),
    broken("previous_revision", "only a restart", app(replicas=1), act=does(f"rollout restart deploy/{APP}")),
    broken("previous_revision", "a canary with the same labels", app(replicas=1), CANARY),
    broken("previous_revision", "no history is kept", app(box(image=OLD), replicas=1, more={
        "revisionHistoryLimit": 0}), act=does(TO_NEW)),
    broken("previous_revision", "paused: no undo", app(box(image=OLD), replicas=1), act=does(
        TO_NEW, f"rollout pause deploy/{APP}")),
    broken("previous_revision", "missing"),
]  # fmt: skip
PINS = [
    sane("image_pinned", "tag and digest", app()),
    sane("image_pinned", "a digest alone", app(box(image=f"{REPOSITORY}@sha256:{HEX}"))),
    sane("image_pinned", "a registry with a port", app(box(image=f"registry.test:5000/a/b@sha256:{HEX}"))),
    sane("image_pinned", "an init container, too", app(initContainers=[box("init")])),
    broken("image_pinned", "latest", app(box(image=f"{REPOSITORY}:latest"))),
    broken("image_pinned", "a version alone", app(box(image=f"{REPOSITORY}:2.4.1"))),
    broken("image_pinned", "an init container", app(initContainers=[box("init", image="busybox:latest")])),
    broken("image_pinned", "a sidecar", app(box(), box("proxy", image="envoy:1"))),
    broken("image_pinned", "a native sidecar", app(initContainers=[
        box("proxy", image="envoy:1", restartPolicy="Always")])),
    broken("image_pinned", "no Deployment"),
]  # fmt: skip


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).strftime("%Y-%m-%dT%H:%M:%SZ")


def cron(schedule: str = "0 2 * * *", success: Any = 5, **more: Any) -> Object:
    """The backup's CronJob, and when it last succeeded (hours ago)."""
    template = {"spec": {"restartPolicy": "Never", "containers": [box()]}}
    status = {"lastSuccessfulTime": ago(hours=success), "lastScheduleTime": ago(hours=success)} if success else {}
    # Without a deadline, the controller starts a run that was missed while the test reads the old one.
    spec = {"schedule": schedule, "startingDeadlineSeconds": 10, "jobTemplate": {"spec": {"template": template}}}
    body = {"spec": {**spec, **more}}
    return made("batch/v1", "CronJob", "postgresql-backup", **body, **({"status": status} if status else {}))


def failing(kubectl: Kubectl) -> None:
    """Run the backup once more, and see it fail."""
    kubectl("patch", "cronjob", "postgresql-backup", "--type=merge", "-p", json.dumps({"spec": {"jobTemplate": {
        "spec": {"backoffLimit": 0, "template": {"metadata": {"annotations": {FAULT: "job-failed"}}}}}}}))  # fmt: skip
    kubectl("create", "job", "again", "--from=cronjob/postgresql-backup")
    kubectl("wait", "--for=condition=Failed", "job/again", "--timeout=120s")


BACKUPS = [
    sane("backup_age", "at two", cron()),
    sane("backup_age", "two spaces", cron("0  2 * * *")),
    sane("backup_age", "all days by number", cron("0 2 * * 0-6")),
    sane("backup_age", "all days by name", cron("0 2 * * SUN-SAT")),
    sane("backup_age", "a descriptor", cron("@daily")),
    sane("backup_age", "every day of the month", cron("0 2 */1 * *")),
    sane("backup_age", "every six hours", cron("0 */6 * * *")),
    sane("backup_age", "every 24 hours", cron("@every 24h")),
    sane("backup_age", "in a time zone", cron(timeZone="Europe/Berlin")),
    sane("backup_age", "a question mark", cron("0 2 ? * *")),
    sane("backup_age", "said not to be suspended", cron(suspend=False)),
    broken("backup_age", "on weekdays", cron("0 2 * * 1-5")),
    broken("backup_age", "weekly", cron("@weekly")),
    broken("backup_age", "every second day", cron("0 2 */2 * *")),
    broken("backup_age", "every 48 hours", cron("@every 48h")),
    broken("backup_age", "suspended", cron(suspend=True)),
    broken("backup_age", "never succeeded", cron(success=None)),
    broken("backup_age", "succeeded long ago", cron(success=30)),
    broken("backup_age", "the newest run failed", cron(), act=failing),
    broken("backup_age", "missing"),
]


def job(name: str, fault: str = "", **spec: Any) -> Object:
    metadata = {"annotations": {FAULT: fault}} if fault else {}
    template = {"metadata": metadata, "spec": {"restartPolicy": "Never", "containers": [box()]}}
    return made("batch/v1", "Job", name, spec={"backoffLimit": 0, "template": template, **spec})


def ends(*names: str) -> Callable[[Kubectl], None]:
    """Wait until jobs have ended, well or not."""

    def act(kubectl: Kubectl) -> None:
        def ended() -> bool:
            status = {one["metadata"]["name"]: one.get("status", {}) for one in kubectl.json("jobs")["items"]}
            return all(
                any(each["type"] in ("Complete", "Failed") for each in status[name].get("conditions", ()))
                for name in names
            )

        wait_until(ended, "the jobs have ended")

    return act


def then(first: str, *objects: Object) -> Callable[[Kubectl], None]:
    """Make more jobs once the first has ended, and wait for them."""

    def act(kubectl: Kubectl) -> None:
        ends(first)(kubectl)
        # The API counts by whole seconds.
        wait_until(lambda: datetime.now(UTC) > ended(kubectl, first) + timedelta(seconds=1.1), "a second")
        for one in objects:
            kubectl.apply(one)
        ends(*(one["metadata"]["name"] for one in objects))(kubectl)

    return act


def ended(kubectl: Kubectl, name: str) -> datetime:
    conditions = kubectl.json("job", name)["status"]["conditions"]
    return max(datetime.fromisoformat(one["lastTransitionTime"]) for one in conditions)


def retried(name: str) -> Callable[[Kubectl], None]:
    def act(kubectl: Kubectl) -> None:
        wait_until(lambda: kubectl.json("job", name)["status"].get("failed", 0) >= 1, "one attempt has failed")

    return act


def jobs(signal: str, prefix: str) -> list[Case]:
    """The same for both kinds of jobs of a night."""
    bad, good = job(f"{prefix}-1", "job-failed"), job(f"{prefix}-2")
    return [
        sane(signal, "succeeded", job(f"{prefix}-1"), act=ends(f"{prefix}-1")),
        sane(signal, "after one that failed", bad, act=then(f"{prefix}-1", good)),
        sane(signal, "three completions", job(f"{prefix}-1", completions=3, parallelism=3), act=ends(f"{prefix}-1")),
        sane(signal, "while another is tried again", good, job(f"{prefix}-3", "job-failed", backoffLimit=6),
             act=ends(f"{prefix}-2")),
        broken(signal, "failed", bad, act=ends(f"{prefix}-1")),
        broken(signal, "failed after one that succeeded", good, act=then(f"{prefix}-2", bad)),
        broken(signal, "too late", job(f"{prefix}-1", "not-ready", activeDeadlineSeconds=1), act=ends(f"{prefix}-1")),
        broken(signal, "tried again", job(f"{prefix}-1", "job-failed", backoffLimit=6), level=WARN,
               act=retried(f"{prefix}-1")),
        broken(signal, "three completions under way", job(f"{prefix}-1", "not-ready", completions=3), level=WARN),
        broken(signal, "suspended", job(f"{prefix}-1", suspend=True), level=WARN),
        broken(signal, "none", level=WARN),
        broken(signal, "only others", job("unrelated"), act=ends("unrelated"), level=WARN),
    ]  # fmt: skip


NO_OLD: Any = {"vars": {"old_digest": ""}}
PROXY = box("proxy", image=f"example.test/proxy@sha256:{HEX}")
ANOTHER = app(box(image=OLD), replicas=2)


def then_missing(kubectl: Kubectl) -> None:
    kubectl("set", "image", f"deploy/{APP}", f"*={REPOSITORY}:missing")
    wait_until(lambda: "ImagePullBackOff" in kubectl("get", "pods"), "the new pod waits")


CASES_OF_OLD = [
    sane("old_image", "another digest", ANOTHER),
    sane("old_image", "a sidecar in front", app(PROXY, box(image=OLD), replicas=2)),
    sane("old_image", "a named container", app(PROXY, box("api", image=OLD), replicas=2, annotations={
        "kubectl.kubernetes.io/default-container": "api"})),
    broken("old_image", "a pod that has not pulled", ANOTHER, act=then_missing, level=WARN),
    broken("old_image", "the new image", app(replicas=2), level=WARN),
    broken("old_image", "the new image behind a sidecar", app(PROXY, box(), replicas=1), level=WARN),
    broken("old_image", "one of each", app(box(image=OLD), replicas=1), app(name="second", replicas=1, labels={
        **LABELS, "track": "x"}), level=WARN),
    broken("old_image", "no pod", app()),
    broken("old_image", "never ready", app(box(image=f"{REPOSITORY}:missing"), replicas=1), settles=False),
]  # fmt: skip


def certificate(ready: str | None = "True", name: str = "modelmuxer-tls", **more: Any) -> Object:
    """A certificate of cert-manager, and its condition Ready."""
    conditions = [{"type": "Issuing", "status": "False"}, {"type": "Ready", "status": ready, **more}]
    body: Object = {"spec": {"secretName": name, "dnsNames": ["api.modelmuxer.com"], "issuerRef": {"name": "le"}}}
    status = {"status": {"conditions": conditions}} if ready else {}
    return made("cert-manager.io/v1", "Certificate", "modelmuxer-tls", **body, **status)


CERTIFICATES = [
    sane("certificate_ready", "ready", certificate()),
    sane("certificate_ready", "ready for its generation", certificate(observedGeneration=1)),
    sane("certificate_ready", "with a reason", certificate(reason="Ready", message="up to date")),
    broken("certificate_ready", "not ready", certificate("False", reason="DoesNotExist")),
    broken("certificate_ready", "not known yet", certificate("Unknown")),
    broken("certificate_ready", "no status yet", certificate(None)),
    broken("certificate_ready", "of an older generation", certificate(observedGeneration=0)),
    broken("certificate_ready", "into another Secret", certificate(name="other")),
    broken("certificate_ready", "missing"),
]
CASES: list[Case] = [
    *REVISIONS,
    *PINS,
    *BACKUPS,
    *jobs("database_backup", "pre-cutover"),
    *jobs("migration_job", "migration-job"),
    *CASES_OF_OLD,
    *CERTIFICATES,
]
