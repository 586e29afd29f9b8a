"""How a command that changes something is proven: dry run, targets, and rights by a SelfSubjectAccessReview."""

import pytest

from mmcockpit.core.rules.steps.go_back import GoBack, revisions_back
from mmcockpit.core.rules.steps.proofs import NeededRight, kubectl_prefix, reading_check, step_proof

CONNECTION = ("--kubeconfig=k", "--context=c", "-n", "shop")


def kubectl(text: str) -> tuple[str, ...]:
    return ("kubectl", *CONNECTION, *text.split())


@pytest.mark.parametrize(
    ("command", "targets", "rights"),
    [
        ("rollout restart deployment/shop", ("deployment/shop",), ("patch deployment/shop",)),
        ("rollout pause deployment shop api", ("deployment/shop", "deployment/api"), ("patch deployment/shop",)),
        ("exec sts/db -c main -- pg_dump --file=x", ("sts/db",), ("create pods/exec",)),
        ("exec db-0 -- sh", ("pod/db-0",), ("create pods/exec",)),
        ("cp dump db-0:/dump", (), ("create pods/exec",)),
        ("argo rollouts abort shop", ("rollouts.argoproj.io/shop",), ("patch rollouts.argoproj.io/shop/status",)),
        ("argo rollouts promote shop", ("rollouts.argoproj.io/shop",), ("patch rollouts.argoproj.io/shop",)),
        ("argo rollouts set image shop web=a:1", ("rollouts.argoproj.io/shop",), ("patch rollouts.argoproj.io/shop",)),
    ],
)
def test_a_command_without_a_dry_run_is_proven_by_its_target_and_its_rights(
    command: str, targets: tuple[str, ...], rights: tuple[str, ...]
) -> None:
    proof = step_proof(kubectl(command))
    assert proof.dry_run == ()
    assert proof.targets == targets
    assert tuple(map(str, proof.rights))[: len(rights)] == rights


@pytest.mark.parametrize(
    ("command", "rights"),
    [
        ("scale deployment/shop --replicas=3", ()),
        ("patch deployment/shop --patch={}", ()),
        ("delete pod/x", ()),
        ("rollout undo deployment/shop --to-revision=2", ("patch deployment/shop",)),
        ("set image deployment/shop web=a:1", ("patch deployment/shop",)),
        ("label nodes a b zone=x old-", ("patch nodes/a", "patch nodes/b")),
        ("cordon a", ("patch node/a",)),
    ],
)
def test_a_dry_run_that_may_send_no_request_is_completed_by_a_review(command: str, rights: tuple[str, ...]) -> None:
    proof = step_proof(kubectl(command))
    assert proof.dry_run == (*kubectl(command), "--dry-run=server")
    assert tuple(map(str, proof.rights)) == rights


def test_objects_that_apply_leaves_unchanged_need_a_review() -> None:
    assert step_proof(kubectl("apply -f x.yaml")).unchanged_rights


def test_helm_proves_no_rights_and_other_programs_prove_nothing() -> None:
    helm = ("helm", "--kube-context=c", "-n", "shop", "rollback", "shop", "3", "--wait")
    proof = step_proof(helm)
    assert proof.dry_run == (*helm, "--dry-run")
    assert proof.unproven == ("rights are not checked: helm's dry run changes no object",)
    assert step_proof(("psql", "-f", "back.sql")).unproven == (
        "target and rights are not checked: psql has no dry run",
    )


def test_reviews_ask_the_same_api_server_as_the_step() -> None:
    expected = ("kubectl", "--kubeconfig=k", "--context=c", "-n=shop")
    assert kubectl_prefix(kubectl("rollout undo deployment/shop --to-revision=2")) == expected
    assert kubectl_prefix(("sudo", "-u", "ops", *kubectl("scale --replicas=1 deployment/shop"))) == (
        "sudo", "-u", "ops", *expected,
    )  # fmt: skip
    helm = ("helm", "--kubeconfig=k", "--kube-context", "c", "--namespace=shop", "rollback", "shop", "3")
    assert kubectl_prefix(helm) == ("kubectl", "--kubeconfig=k", "--context=c", "--namespace=shop")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (kubectl("rollout undo deployment/shop --to-revision=2"), (GoBack("kubectl", "deployment/shop", 2),)),
        (kubectl("rollout undo sts db"), (GoBack("kubectl", "sts/db", 0),)),
        (
            kubectl("rollout undo deploy/a deploy/b"),
            (GoBack("kubectl", "deploy/a", 0), GoBack("kubectl", "deploy/b", 0)),
        ),
        (kubectl("argo rollouts undo shop --to-revision 4"), (GoBack("kubectl", "rollouts.argoproj.io/shop", 4),)),
        (("helm", "-n", "shop", "rollback", "shop", "3", "--wait"), (GoBack("helm", "shop", 3),)),
        (("helm", "rollback", "shop"), (GoBack("helm", "shop", 0),)),
        (kubectl("rollout restart deployment/shop"), ()),
        (("psql", "-f", "undo.sql"), ()),
    ],
)
def test_the_revision_to_which_a_command_goes_back(command: tuple[str, ...], expected: tuple[GoBack, ...]) -> None:
    assert revisions_back(command) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("rollout status deployment/shop --timeout=10m", "rollout status deployment/shop --timeout=10m --watch=false"),
        ("get pods -w", "get pods"),
        ("logs deployment/shop -f --tail=5", "logs deployment/shop --tail=5"),
        ("get -f x.yaml", "get -f x.yaml"),
        ("exec db-0 -- tail -f log", "exec db-0 -- tail -f log"),
    ],
)
def test_a_reading_step_that_follows_returns_at_once_in_a_check(command: str, expected: str) -> None:
    assert reading_check(kubectl(command)) == kubectl(expected)


def test_a_right_is_written_as_kubectl_does() -> None:
    assert str(NeededRight("create", "pods", "exec")) == "create pods/exec"
