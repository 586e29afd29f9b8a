"""No spelling of a kind, and no kind of object, brings a secret into a reading: on both API servers."""

import base64
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from mmcockpit.sources.common.secrets import STRUCK_OUT
from mmcockpit.sources.kubernetes.api.kinds import KINDS, ObjectKind
from mmcockpit.sources.kubernetes.api.redaction import reduced
from tests.conftest import KubernetesApi
from tests.sources.kubernetes.kubernetes_writer import Writer
from tests.sources.polling import opened, probe, value

pytestmark = pytest.mark.anyio
CANARY = "canary-9b1d77e0"
WIDGET = ObjectKind("/apis/lab.example.test/v1", "widgets", "Widget")
_numbers = count()


@pytest.fixture
def writer(kubernetes_api: KubernetesApi) -> Iterator[Writer]:
    with Writer(kubernetes_api.kubeconfig, f"redacted-{next(_numbers)}") as writer:
        yield writer


@pytest.mark.parametrize("kind", ["secret", "v1/Secret", "v1/secrets", "Secret.", "secrets.", "v1/SECRET"])
async def test_a_secret_is_reduced_whichever_way_its_kind_is_written(writer: Writer, kind: str) -> None:
    encoded = base64.b64encode(CANARY.encode()).decode()
    note = {"kubectl.kubernetes.io/last-applied-configuration": CANARY}
    writer.make("secret", "keys", metadata={"annotations": note}, data={"TOKEN": encoded})
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        found = await value(probe("kubernetes", source, "get", {"kind": kind, "name": "keys"}))
        listed = await value(probe("kubernetes", source, "list", {"kind": kind}))
        picked = await value(probe("kubernetes", source, "list", {"kind": kind, "fields": ["data", "metadata"]}))
    for read in (found, *listed, *picked):
        assert read["data"]["TOKEN"] == {"bytes": len(CANARY), "base64": False, "placeholder": False}
        assert CANARY not in str(read)
        assert encoded not in str(read)
    assert found["ready"]["status"] == "Current"


@pytest.mark.parametrize("kind", ["v1/ConfigMap", "configmaps.", "ConfigMap."])
async def test_a_config_map_is_reduced_whichever_way_its_kind_is_written(writer: Writer, kind: str) -> None:
    writer.make("configmap", "settings", data={"DB_PASSWORD": CANARY, "MODE": "live"})
    async with opened("kubernetes", kubeconfig=str(writer.kubeconfig), namespace=writer.namespace) as source:
        found = await value(probe("kubernetes", source, "get", {"kind": kind, "name": "settings"}))
    assert found["data"] == {"DB_PASSWORD": STRUCK_OUT, "MODE": "live"}


@pytest.mark.parametrize(
    "fields",
    [
        {"spec": {"values": {"auth": {"password": CANARY, "rootPassword": CANARY}}}},
        {"spec": {"source": {"helm": {"values": f"image: a\nauth:\n  password: {CANARY}\n"}}}},
        {"spec": {"source": {"helm": {"parameters": [{"name": "db.password", "value": CANARY}]}}}},
        {"spec": {"env": [{"name": "API_TOKEN", "value": CANARY}]}},
        {"spec": {"url": f"postgres://app:{CANARY}@db/app"}},
        {"spec": {"args": ["serve", f"--db-password={CANARY}"]}},
        {"spec": {"config": f"[db]\nsecret_key = {CANARY}\nport = 5432\n"}},
        {"spec": {"apiKey": CANARY, "clientSecret": CANARY, "secretAccessKey": CANARY}},
        {"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": CANARY}}},
        {"metadata": {"annotations": {"kopf.zalando.org/last-handled-configuration": CANARY}}},
        {"status": {"token": CANARY}},
    ],
)
def test_an_object_of_any_kind_loses_its_likely_secrets(fields: dict[str, Any]) -> None:
    assert CANARY not in str(reduced(WIDGET, {"kind": "Widget", **fields}))


def test_what_is_no_secret_is_kept() -> None:
    spec = {
        "secretName": "tls",
        "tokenTTL": 60,
        "passwordSecretRef": {"name": "db", "key": "password"},
        "args": ["--token-file=/run/token", "--port=80"],
        "text": "one line: password",
        "notes": "image: a\nport: 80\n",
        "automountServiceAccountToken": False,
    }
    assert reduced(WIDGET, {"spec": spec}) == {"spec": spec}


def test_an_object_that_names_itself_a_secret_is_reduced_as_one() -> None:
    found = reduced(WIDGET, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"A": "YQ=="}})
    assert found["data"] == {"A": {"bytes": 1, "base64": False, "placeholder": False}}


def test_a_release_that_helm_stores_in_a_config_map_is_struck_out() -> None:
    written = {"metadata": {"labels": {"owner": "helm", "name": "shop"}}, "data": {"release": CANARY}}
    assert reduced(KINDS["configmap"], written)["data"] == {"release": STRUCK_OUT}
