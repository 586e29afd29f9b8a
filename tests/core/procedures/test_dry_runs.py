"""Which command a rehearsal runs instead of one that changes something."""

import msgspec
import pytest

from mmcockpit.core.model.procedure import Danger, Step, StepQuestion, StepWait
from mmcockpit.core.rules.steps.dry_runs import dry_run
from mmcockpit.core.rules.steps.rehearsals import measured_estimate, rehearsed
from tests.core.rollbacks import BACK, HISTORY, UNDO, night


@pytest.mark.parametrize(
    ("command", "rehearsal"),
    [
        ("kubectl scale deploy/app --replicas=5", "kubectl scale deploy/app --replicas=5 --dry-run=server"),
        ("kubectl -n shop rollout undo deploy/app", "kubectl -n shop rollout undo deploy/app --dry-run=server"),
        ("sudo kubectl delete pod/x", "sudo kubectl delete pod/x --dry-run=server"),
        ("kubectl apply -f x --dry-run=none", "kubectl apply -f x --dry-run=server"),
        ("kubectl run x --image=y -- sleep 5", "kubectl run x --image=y --dry-run=server -- sleep 5"),
        ("helm --kube-context c upgrade shop ./chart", "helm --kube-context c upgrade shop ./chart --dry-run=server"),
        ("helm rollback shop 3", "helm rollback shop 3 --dry-run"),
    ],
)
def test_a_command_with_a_dry_run_is_rehearsed(command: str, rehearsal: str) -> None:
    assert dry_run(tuple(command.split())) == (tuple(rehearsal.split()), "")


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("kubectl rollout restart deploy/app", "kubectl rollout restart has no dry run"),
        ("kubectl exec app -- rm -r /x", "kubectl exec has no dry run"),
        ("sh -c reboot", "sh has no dry run"),
        ("echo kubectl apply", "echo has no dry run"),
        ("/usr/bin/psql -c drop", "psql has no dry run"),
    ],
)
def test_a_command_without_a_dry_run_is_not(command: str, why: str) -> None:
    assert dry_run(tuple(command.split())) == ((), why)


def test_no_step_of_a_rehearsal_changes_anything() -> None:
    session = night().session
    steps = rehearsed(session.cockpit).checklist.procedures[0].steps
    assert [(step.argv, step.unrehearsed) for step in steps] == [
        (HISTORY.argv, ""),
        ((), "undo has no dry run"),
        ((), "it has no command"),
    ]
    assert all(step.danger is Danger.READS and not step.typed and not step.signal for step in steps)


def test_why_a_step_is_not_rehearsed() -> None:
    steps = (
        Step("a", "A", wait=StepWait(60.0)),
        Step("b", "B", ask=StepQuestion("ticket")),
        Step("c", "C", ask=StepQuestion("where", choices=("eu", "us"))),
        Step("d", "D", argv=("kubectl", "apply", "-f", "x"), danger=Danger.CHANGES, manual=True),
    )
    procedure = msgspec.structs.replace(BACK, steps=steps)
    cockpit = rehearsed(night(procedures=(procedure,)).session.cockpit)
    assert [(step.argv, step.unrehearsed) for step in cockpit.checklist.procedures[0].steps] == [
        ((), "it only waits"),
        ((), "it asks for ticket"),
        ((), ""),
        ((), "a person does it"),
    ]


def test_a_dry_run_shortens_no_estimate_of_the_file() -> None:
    assert measured_estimate(UNDO, 2.0) == 2.0
    assert measured_estimate(msgspec.structs.replace(UNDO, estimate=40.0), 2.0) == 40.0
    assert measured_estimate(msgspec.structs.replace(HISTORY, estimate=40.0), 2.0) == 2.0
