"""Signing in to Kubernetes: what a kubeconfig may say, whose programs run, and credentials that run out."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.simulator.kubernetes.server import SimulatedKubernetes
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.api import logins
from tests.servers.wait import PATIENCE_S
from tests.sources.polling import fault, opened, probe, value

pytestmark = pytest.mark.anyio
CANARY = "canary-77ab03de"
DEPLOYMENT = {"kind": "deployment", "name": "modelmuxer", "namespace": "modelmuxer"}
PODS = {"namespace": "default"}
USER = f"users: [{{name: u, user: {{token: {CANARY}}}}}]"
CURRENT = "current-context: c"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[SimulatedKubernetes]:
    with SimulatedKubernetes(tmp_path, token="first-token-of-the-night").in_thread() as api:
        yield api


def rewrite(api: SimulatedKubernetes, user: dict[str, Any], **cluster: Any) -> None:
    """Let the kubeconfig sign in as this user; a cluster's entry of None is left out."""
    config = yaml.safe_load(api.kubeconfig.read_text())
    context = next(one["context"] for one in config["contexts"] if one["name"] == config["current-context"])
    next(one for one in config["users"] if one["name"] == context["user"])["user"] = user
    where = next(one["cluster"] for one in config["clusters"] if one["name"] == context["cluster"])
    where |= cluster
    for name in [name for name, set_to in where.items() if set_to is None]:
        del where[name]
    api.kubeconfig.write_text(yaml.safe_dump(config))


def plugin(folder: Path, status: dict[str, Any], exit_code: int = 0) -> dict[str, Any]:
    """Write a credential plugin that counts its runs and prints the status from a file; return its `exec` entry."""
    program = folder / "credentials.sh"
    (folder / "status.json").write_text(json.dumps({"kind": "ExecCredential", "status": status}))
    program.write_text(
        f'#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >> {folder}/runs\ncat {folder}/status.json\nexit {exit_code}\n'
    )
    program.chmod(0o700)
    return {"apiVersion": "client.authentication.k8s.io/v1", "command": str(program), "args": ["get-token"]}


async def test_a_plugin_of_our_own_signs_in_without_a_terminal(api: SimulatedKubernetes, tmp_path: Path) -> None:
    rewrite(api, {"exec": plugin(tmp_path, {"token": api.token})})
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        assert (await value(probe("kubernetes", source, "pods", PODS)))["total"] == 0
        assert (await value(probe("kubernetes", source, "pods", PODS)))["total"] == 0
    runs = (tmp_path / "runs").read_text().splitlines()
    assert len(runs) == 1
    assert json.loads(runs[0])["spec"]["interactive"] is False


async def test_a_netrc_file_is_no_credential_of_a_kubeconfig(
    api: SimulatedKubernetes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        assert (await value(probe("kubernetes", source, "pods", PODS)))["total"] == 0


@pytest.mark.parametrize("mode", [0o620, 0o602])
async def test_a_plugin_of_a_file_that_others_may_write_never_runs(
    api: SimulatedKubernetes, tmp_path: Path, mode: int
) -> None:
    rewrite(api, {"exec": plugin(tmp_path, {"token": api.token})})
    api.kubeconfig.chmod(mode)
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        found = await fault(probe("kubernetes", source, "pods", PODS))
    assert (found.kind, "others can change the file" in found.message) == (FaultKind.CONFIGURATION, True)
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
async def test_a_plugin_of_another_users_file_never_runs(api: SimulatedKubernetes, tmp_path: Path) -> None:
    rewrite(api, {"exec": plugin(tmp_path, {"token": api.token})})
    os.chown(api.kubeconfig, 65534, -1)
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        assert (await fault(probe("kubernetes", source, "pods", PODS))).kind is FaultKind.CONFIGURATION
    assert not (tmp_path / "runs").exists()


async def test_credentials_that_ran_out_are_fetched_again_within_the_question(
    api: SimulatedKubernetes, tmp_path: Path
) -> None:
    entry = plugin(tmp_path, {"token": CANARY})
    rewrite(api, {"exec": entry})
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        asked = probe("kubernetes", source, "pods", PODS)
        refused = await fault(asked)
        assert (refused.kind, CANARY in refused.message) == (FaultKind.UNAUTHORISED, False)
        plugin(tmp_path, {"token": api.token})
        assert (await value(asked))["total"] == 0


async def test_a_hundred_questions_refused_at_once_sign_in_once_and_none_loses_its_connection(
    api: SimulatedKubernetes, tmp_path: Path
) -> None:
    entry = plugin(tmp_path, {"token": api.token})
    rewrite(api, {"exec": entry})
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        for number in range(4):
            # Lists are shared between signals, first polls of single objects are not.
            questions = [probe("kubernetes", source, "get", DEPLOYMENT, timeout=20) for _ in range(100)]
            assert len(await asyncio.gather(*(value(one) for one in questions))) == 100
            if number < 3:
                api.rotate(f"token-number-{number}")
                plugin(tmp_path, {"token": api.token})
    assert len((tmp_path / "runs").read_text().splitlines()) == 4


async def test_a_question_under_way_outlives_the_renewals_that_others_need(
    api: SimulatedKubernetes, tmp_path: Path
) -> None:
    entry = plugin(tmp_path, {"token": api.token})
    rewrite(api, {"exec": entry})
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        assert (await value(probe("kubernetes", source, "pods", PODS)))["total"] == 0
        api.routes.delay_s = 1.0
        slow = [asyncio.create_task(value(probe("kubernetes", source, "pods", PODS))) for _ in range(10)]
        await asyncio.sleep(0.5)
        api.routes.delay_s = 0.0
        for number in range(3):
            api.rotate(f"token-number-{number}")
            plugin(tmp_path, {"token": api.token})
            assert (await value(probe("kubernetes", source, "pods", PODS)))["total"] == 0
        assert [(await one)["total"] for one in slow] == [0] * 10


async def test_a_plugin_that_fails_is_named_without_what_it_printed(api: SimulatedKubernetes, tmp_path: Path) -> None:
    rewrite(api, {"exec": plugin(tmp_path, {"token": CANARY}, exit_code=3)})
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        found = await fault(probe("kubernetes", source, "pods", PODS))
    assert (found.kind, "exit 3" in found.message, CANARY in found.message) == (FaultKind.CONFIGURATION, True, False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "users: [",
        f"users:\n- name: u\n  user: {{token: {CANARY}}}\n",
        f"{USER}\n{CURRENT}\ncontexts: [{{name: c, context: {{cluster: x, user: u}}}}]\nclusters: []\n",
        f"{USER}\n{CURRENT}\ncontexts: [{{name: c, context: {{user: u}}}}]\nclusters: []\n",
        f"users: [{{user: {{token: {CANARY}}}}}]\n{CURRENT}\ncontexts: [{{name: c, context: {{user: u}}}}]\n",
        f"token: {CANARY}: {CANARY}\n",
    ],
)
async def test_a_broken_kubeconfig_is_a_mistake_of_the_file_and_shows_no_secret(tmp_path: Path, text: str) -> None:
    broken = tmp_path / "broken"
    broken.write_text(text)
    async with opened("kubernetes", kubeconfig=str(broken)) as source:
        found = await fault(probe("kubernetes", source, "pods", {}))
        health = await source.check()
    assert found.kind is FaultKind.CONFIGURATION, found
    assert str(broken) in found.message
    assert CANARY not in f"{found} {health}"
    assert (health.reachable, health.authorised) == (False, False)


async def test_a_missing_kubeconfig_or_context_is_named(api: SimulatedKubernetes, tmp_path: Path) -> None:
    async with opened("kubernetes", kubeconfig=str(tmp_path / "nowhere")) as source:
        found = await fault(probe("kubernetes", source, "pods", {}))
    assert (found.kind, "nowhere: no such file" in found.message) == (FaultKind.CONFIGURATION, True)
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig), context="elsewhere") as source:
        found = await fault(probe("kubernetes", source, "pods", {}))
    assert (found.kind, "elsewhere" in found.message) == (FaultKind.CONFIGURATION, True)


async def test_a_self_signed_certificate_is_a_tls_fault(api: SimulatedKubernetes) -> None:
    rewrite(api, {"token": api.token}, **{"certificate-authority-data": None, "certificate-authority": None})
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        found = await fault(probe("kubernetes", source, "pods", {}))
    assert (found.kind, "; set certificate-authority of the kubeconfig to" in found.message) == (FaultKind.TLS, True), (
        found
    )


async def test_unverified_tls_is_reported(api: SimulatedKubernetes) -> None:
    gone = {"certificate-authority-data": None, "certificate-authority": None, "insecure-skip-tls-verify": True}
    rewrite(api, {"token": api.token}, **gone)
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        assert (await source.check()).missing == ("TLS is not verified",)


async def test_a_server_that_comes_back_is_read_again_by_the_same_probe(api: SimulatedKubernetes) -> None:
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        asked = probe("kubernetes", source, "pods", PODS)
        assert (await value(asked))["total"] == 0
        api.call(api.stop())
        refused = await fault(asked)
        assert refused.kind in (FaultKind.REFUSED, FaultKind.UNREACHABLE), refused
        assert f"kubernetes 127.0.0.1:{api.url.rsplit(':', 1)[1]}" in refused.message
        api.call(api.start())
        assert (await value(asked))["total"] == 0


async def test_a_token_file_that_was_replaced_is_used_before_the_former_token_is_refused(
    api: SimulatedKubernetes, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(api.token)
    rewrite(api, {"tokenFile": str(file)})
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        asked = probe("kubernetes", source, "pods", PODS)
        assert (await value(asked))["total"] == 0
        api.rotate("the-token-of-the-next-hour")
        file.write_text(api.token)
        assert (await value(asked))["total"] == 0
        assert "the-token-of-the-next-hour" not in source._secrets.redact(api.token)  # type: ignore[attr-defined]


async def test_credentials_that_stay_wrong_do_not_run_the_plugin_with_every_question(
    api: SimulatedKubernetes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than a busy machine takes for all of these polls.
    monkeypatch.setattr(logins, "VAIN_S", 10 * PATIENCE_S)
    rewrite(api, {"exec": plugin(tmp_path, {"token": CANARY})})
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        for _ in range(30):
            assert (await fault(probe("kubernetes", source, "pods", PODS))).kind is FaultKind.UNAUTHORISED
    assert len((tmp_path / "runs").read_text().splitlines()) <= 3


async def test_the_namespace_of_the_context_is_asked_also_while_the_login_is_renewed(
    api: SimulatedKubernetes, tmp_path: Path
) -> None:
    rewrite(api, {"exec": plugin(tmp_path, {"token": api.token})})
    config = yaml.safe_load(api.kubeconfig.read_text())
    for one in config["contexts"]:
        one["context"]["namespace"] = "kube-system"
    api.kubeconfig.write_text(yaml.safe_dump(config))
    async with opened("kubernetes", kubeconfig=str(api.kubeconfig)) as source:
        questions = [probe("kubernetes", source, "can_i", {"verb": "get", "resource": "pods"}) for _ in range(50)]
        for number in range(3):
            await asyncio.gather(*(value(one) for one in questions))
            api.rotate(f"token-number-{number}")
            plugin(tmp_path, {"token": api.token})
            renewing = asyncio.gather(*(value(one) for one in questions))
            while not renewing.done():
                assert source.namespace == "kube-system"  # type: ignore[attr-defined]
                await asyncio.sleep(0)
            await renewing


def test_a_pipe_as_kubeconfig_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config"
    os.mkfifo(path)
    # Imported here: it brings the client with it.
    from mmcockpit.sources.kubernetes.api.login import sign_in

    with pytest.raises(ProbeError, match="not a regular file"):
        sign_in(str(path), "", Secrets(), None)
