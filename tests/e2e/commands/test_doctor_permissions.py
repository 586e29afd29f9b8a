"""What the signals must be allowed: doctor names what is missing, and its Roles allow that and nothing more."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmcockpit import sources
from mmcockpit.cli import main
from mmcockpit.cli.doctor.permissions import needed
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.signal import Signal
from mmcockpit.sources.common.contract import Source
from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.kubectl import Kubectl
from tests.servers.wait import PATIENCE_S, wait_until
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.kubernetes.manifests import container, deployment, ingress, policy, rule, service
from tests.sources.polling import answer, opened, probe

NAMESPACES = ("modelmuxer", "ingress-nginx", "monitoring")
COCKPIT = """
name: Night
environment: staging
checklist: modelmuxer
sources:
  cluster: {{kind: kubernetes, kubeconfig: {kubeconfig}, context: stranger, namespace: modelmuxer}}
"""


@pytest.fixture(scope="module")
def kubectl(kube_apiserver: KubeApiserver) -> Iterator[Kubectl]:
    """Give a cluster with an application that makes every signal read all that it can read."""
    kubectl = Kubectl(kube_apiserver, "modelmuxer")
    for name in NAMESPACES:
        kubectl("create", "namespace", name)
    box = container(resources={}, ports=[{"containerPort": 8000}])
    for name in ("modelmuxer", "postgresql-read"):
        kubectl.apply(deployment(name, containers=[box], automountServiceAccountToken=None))
    front = Kubectl(kube_apiserver, "ingress-nginx")
    front.apply(deployment("ingress-nginx-controller"))
    front.apply(service("ingress-nginx-controller", {"app": "ingress-nginx-controller"}))
    kubectl.apply(service("modelmuxer-service", {"app": "modelmuxer"}))
    kubectl.apply(ingress("modelmuxer-ingress", rule("modelmuxer-service")))
    kubectl.apply(policy("all"))
    labels = {"app.kubernetes.io/name": "modelmuxer", "app.kubernetes.io/component": "api"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "modelmuxer-1", "labels": labels}}
    kubectl.apply({**pod, "spec": {"containers": [box], "nodeName": "somewhere"}})
    running = json.dumps({"status": {"phase": "Running"}})
    kubectl("patch", "pod", "modelmuxer-1", "--subresource=status", "--type=merge", "-p", running)
    pdb = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "modelmuxer-pdb"}}
    kubectl.apply({**pdb, "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}}})
    yield kubectl
    for name in NAMESPACES:
        kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def cockpit(kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cockpit") / "cockpit.yaml"
    path.write_text(COCKPIT.format(kubeconfig=kubectl.api.kubeconfig))
    return path


def roles(cockpit: Path, capsys: pytest.CaptureFixture[str], who: str) -> list[dict[str, Any]]:
    assert main(["doctor", str(cockpit), "--role", "--for", who]) == 0
    return list(yaml.safe_load_all(capsys.readouterr().out))


def signals(cockpit: Path) -> list[Signal]:
    return [one for one in load_cockpit(cockpit, sources).cockpit.signals if one.source == "cluster"]


async def forbidden(source: Source, asked: list[Signal]) -> dict[str, str]:
    """Poll signals; return those that may not read, with their message."""
    answers = {one.name: await answer(probe("kubernetes", source, one.probe, one.args)) for one in asked}
    return {
        name: read.message if isinstance(read, Fault) else read.remark
        for name, read in answers.items()
        if (read.kind is FaultKind.FORBIDDEN if isinstance(read, Fault) else "may not" in read.remark)
    }


def test_doctor_names_every_missing_permission_and_the_signals(
    cockpit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", str(cockpit)]) == 1
    found = capsys.readouterr().out
    assert found.startswith("LACKS    cluster      kubernetes ")
    assert "cluster      may not list nodes (cluster-wide): zones, nodes\n" in found
    assert "cluster      may not get secrets modelmuxer-secrets in modelmuxer: jwt_key, encryption_keys\n" in found
    assert f"mmcockpit doctor {cockpit} --role prints Roles" in found
    spec = load_cockpit(cockpit, sources).cockpit
    assert found.count("cluster      may not ") == len(needed(spec, spec.sources[0], "modelmuxer"))


def test_exactly_the_printed_roles_make_every_signal_readable(
    cockpit: Path, kubectl: Kubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = roles(cockpit, capsys, "user:stranger")
    everything = {"apiVersion": "v1", "kind": "List", "items": documents}
    # Each document names its namespace.
    everywhere = Kubectl(kubectl.api, "")
    everywhere.apply(everything)
    try:
        asyncio.run(prove(kubectl, documents, signals(cockpit)))
        assert {verb for document in documents for one in document.get("rules", ()) for verb in one["verbs"]} == {
            *("get", "list", "watch", "create")
        }
        assert not may(kubectl, "get", "secrets")
        assert not may(kubectl, "delete", "pods")
        found = main(["doctor", str(cockpit)])
        assert "cluster      may not" not in (printed := capsys.readouterr().out), printed
        assert found == 1, "the other sources of the checklist are missing"
    finally:
        everywhere.run_with(json.dumps(everything), "delete", "-f", "-")


async def prove(kubectl: Kubectl, documents: list[dict[str, Any]], asked: list[Signal]) -> None:
    """With all rules every signal reads; without any of them one does not."""
    where = {"kubeconfig": str(kubectl.api.kubeconfig), "context": "stranger", "namespace": "modelmuxer"}
    async with opened("kubernetes", **where) as source:
        assert await until(lambda: forbidden(source, asked), lambda found: not found) == {}
        for document in documents:
            for number, one in enumerate(document.get("rules", ())):
                refusal = f"may not {one['verbs'][0]} {one['resources'][0]}"
                ask = partial(forbidden, source, asked_with(asked, one))
                with without(kubectl, document, number):
                    lost = await until(ask, partial(mentions, refusal))
                assert mentions(refusal, lost), f"no signal needs {one} of {document['metadata']}"


def asked_with(asked: list[Signal], rule: dict[str, Any]) -> list[Signal]:
    """Return the signals whose permissions name the resource of a rule."""
    described = sources.kind("kubernetes").probes
    return [
        one
        for one in asked
        if any(
            permission.resource in rule["resources"]
            for permission in described[one.probe].make.permissions(  # type: ignore[attr-defined]
                described[one.probe].args.model_validate(one.args), "modelmuxer"
            )
        )
    ]


def may(kubectl: Kubectl, verb: str, resource: str) -> bool:
    return kubectl.run("auth", "can-i", verb, resource, "--as", "stranger").returncode == 0


@contextmanager
def without(kubectl: Kubectl, document: dict[str, Any], number: int) -> Iterator[None]:
    """Take a rule out of an applied role, for a while."""
    metadata, rules = document["metadata"], document["rules"]
    with closing(Writer(kubectl.api.kubeconfig, metadata.get("namespace", ""))) as writer:
        writer.patch(document["kind"].lower(), metadata["name"], {"rules": rules[:number] + rules[number + 1 :]})
        yield
        writer.patch(document["kind"].lower(), metadata["name"], {"rules": rules})


def mentions(words: str, lost: dict[str, str]) -> bool:
    return any(words in message for message in lost.values())


async def until(read: Callable[[], Awaitable[Any]], good: Callable[[Any], bool]) -> Any:
    """Read until it is good: rights that changed take a moment to reach the server that checks them."""
    end = time.monotonic() + PATIENCE_S
    while not good(found := await read()) and time.monotonic() < end:
        pass
    return found


def test_an_account_is_created_if_no_subject_is_given(cockpit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(cockpit), "--role"]) == 0
    first, *others = yaml.safe_load_all(capsys.readouterr().out)
    assert (first["kind"], first["metadata"]) == ("ServiceAccount", {"name": "mmcockpit", "namespace": "modelmuxer"})
    bound = [one["subjects"] for one in others if one["kind"].endswith("Binding")]
    account = {"kind": "ServiceAccount", "name": "mmcockpit", "namespace": "modelmuxer"}
    assert bound == [[account]] * len(bound)


@pytest.mark.parametrize("who", ["ana", "serviceaccount:x", "user:"])
def test_an_invalid_subject_is_refused(cockpit: Path, who: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(cockpit), "--role", "--for", who]) == 1
    assert f"--for {who}: write user:NAME" in capsys.readouterr().err


def test_doctor_mentions_lists_that_may_not_be_watched(
    cockpit: Path, kubectl: Kubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    documents = roles(cockpit, capsys, "user:stranger")
    for one in (each for document in documents for each in document.get("rules", ())):
        one["verbs"] = [verb for verb in one["verbs"] if verb != "watch"]
    everything = {"apiVersion": "v1", "kind": "List", "items": documents}
    everywhere = Kubectl(kubectl.api, "")
    everywhere.apply(everything)
    try:
        found = ""

        def read_and_not_watched() -> bool:
            nonlocal found
            main(["doctor", str(cockpit)])
            found = capsys.readouterr().out
            return "cluster      may not" not in found and "cluster      optional: may not watch " in found

        wait_until(read_and_not_watched, "everything may be read, and not everything watched")
        assert "pods in modelmuxer" in found.partition("optional:")[2].partition("these lists are polled")[0]
    finally:
        everywhere.run_with(json.dumps(everything), "delete", "-f", "-")
