"""How a Redis source identifies itself and whom it trusts: ACL users, TLS, client certificates."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, ProbeError, Reading
from mmcockpit.simulator.servers.process import HOST
from mmcockpit.simulator.servers.valkey import Valkey
from mmcockpit.sources import kind, open_source
from mmcockpit.sources.common.secrets import Secrets
from tests.servers.databases.authority import Authority
from tests.servers.databases.tls_proxy import TlsProxy
from tests.sources.polling import answer, fault, opened, probe, value
from tests.sources.raw import RawServer, says

pytestmark = pytest.mark.anyio
CANARY = "canary-77d1e0aa"


@pytest.fixture
def reader(valkey: Valkey, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Give the options of a source whose ACL user may use INFO and nothing else."""
    valkey.ask("ACL", "SETUSER", "reader", "reset", "on", f">{CANARY}", "+info")
    password = tmp_path / "password"
    password.write_text(f"{CANARY}\n")
    password.chmod(0o600)
    yield {"url": valkey.url, "user": "reader", "password": {"file": str(password)}}
    valkey.ask("ACL", "DELUSER", "reader")


async def test_an_acl_user_reads_what_it_may_and_a_refusal_names_the_missing_permission(reader: dict[str, Any]) -> None:
    async with opened("redis", **reader) as source:
        assert (await value(probe("redis", source, "replication", {})))["role"] == "master"
        refused = await fault(probe("redis", source, "config", {"name": "save"}))
        health = await source.check()
    assert refused.kind is FaultKind.FORBIDDEN
    assert "config|get" in refused.message
    assert refused.message.endswith("missing permission: +config|get")
    assert CANARY not in refused.message
    assert [line.partition(":")[0] for line in health.missing] == ["CONFIG GET"]
    assert (health.authorised, health.identity) == (True, "master")


async def test_a_number_of_a_database_needs_a_permission_of_its_own(reader: dict[str, Any]) -> None:
    async with opened("redis", **{**reader, "url": f"{reader['url'].rpartition('/')[0]}/3"}) as source:
        refused = await fault(probe("redis", source, "replication", {}))
    assert (refused.kind, refused.message.endswith("missing permission: +select")) == (FaultKind.FORBIDDEN, True)


@pytest.mark.parametrize(
    "reply",
    [
        b"-NOPERM this user has no permissions to run the 'info' command or its subcommand\r\n",
        b"-NOPERM User reader has no permissions to run the 'info' command\r\n",
        b"-NOPERM this user has no permissions\r\n",
    ],
)
async def test_the_missing_permission_is_named_whatever_the_version_of_the_server_writes(reply: bytes) -> None:
    with RawServer(says(reply)) as server:
        async with opened("redis", url=f"redis://{HOST}:{server.port}") as source:
            refused = await fault(probe("redis", source, "replication", {}))
    assert (refused.kind, refused.message.endswith("missing permission: +info")) == (FaultKind.FORBIDDEN, True)


async def test_a_password_that_was_changed_is_read_again(valkey: Valkey, reader: dict[str, Any]) -> None:
    write = Path(reader["password"]["file"]).write_text
    write("an-old-password")
    async with opened("redis", **reader) as source:
        polled = probe("redis", source, "replication", {})
        assert (await fault(polled)).kind is FaultKind.UNAUTHORISED
        write(CANARY)
        assert (await value(polled))["role"] == "master"
        valkey.ask("ACL", "SETUSER", "reader", "resetpass", ">another-password")
        write("another-password")
        assert (await value(polled))["role"] == "master"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@contextmanager
def encrypted(valkey: Valkey, context: ssl.SSLContext) -> Iterator[str]:
    with TlsProxy(valkey.port, context) as proxy:
        yield f"rediss://{HOST}:{proxy.port}"


async def polled(url: str, **options: Any) -> Answer:
    async with opened("redis", url=url, **options) as source:
        return await answer(probe("redis", source, "replication", {}))


async def test_tls_trusts_the_authority_of_the_file_and_no_other(valkey: Valkey, authority: Authority) -> None:
    with encrypted(valkey, authority.context()) as url:
        assert isinstance(await polled(url, ca=authority.ca), Reading)
        refused = await polled(url)
    assert isinstance(refused, Fault)
    assert (refused.kind, "certificate not trusted: unable to get" in refused.message) == (FaultKind.TLS, True)


@pytest.mark.parametrize(
    ("made", "options", "reason"),
    [
        ({"ends": timedelta(days=-1)}, {}, "certificate has expired"),
        ({"name": "cache.example"}, {}, "IP address mismatch"),
        ({"name": "cache.example"}, {"server_name": "other.example"}, "Hostname mismatch"),
        ({"name": "cache.example"}, {"server_name": "cache.example"}, ""),
        ({"name": "cache.example"}, {"verify": False}, ""),
        ({"strict": True}, {}, "certificate required"),
        ({"strict": True}, {"client_certificate": "client.pem"}, ""),
        ({}, {"client_certificate": "missing.pem"}, "missing.pem: No such file"),
    ],
)
async def test_a_certificate_that_does_not_fit_is_a_fault_with_the_reason(
    valkey: Valkey,
    authority: Authority,
    tmp_path: Path,
    made: dict[str, Any],
    options: dict[str, Any],
    reason: str,
) -> None:
    authority.issue(tmp_path / "client.pem")
    if "client_certificate" in options:
        options = {"client_certificate": str(tmp_path / options["client_certificate"])}
    if options.get("verify") is not False:
        options = {**options, "ca": authority.ca}
    with encrypted(valkey, authority.context(**made)) as url:
        read = await polled(url, **options)
    if not reason:
        assert isinstance(read, Reading), read
        return
    assert isinstance(read, Fault)
    assert read.kind in (FaultKind.TLS, FaultKind.CONFIGURATION)
    assert reason in read.message


def test_a_source_that_verifies_nothing_is_reported() -> None:
    described = kind("redis")
    loose = described.options.model_validate({"url": "rediss://cache", "verify": False})
    assert described.unverified(loose) == "verify: false"
    assert not described.unverified(described.options.model_validate({"url": "rediss://cache"}))


SENTINELS = {"sentinels": ["a:26379"], "service": "main"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs either url or sentinels"),
        ({"url": "redis://a", **SENTINELS}, "needs either url or sentinels"),
        ({"sentinels": ["a"]}, "sentinels and service belong together"),
        ({"url": "redis://a", "service": "main"}, "sentinels and service belong together"),
        ({**SENTINELS, "sentinels": ["redis://a:1"]}, "a sentinel is host:port"),
        ({**SENTINELS, "sentinels": ["a:0"]}, "a sentinel is host:port"),
        ({**SENTINELS, "sentinels": [f"ana:{CANARY}@a:1"]}, "a sentinel is host:port"),
        ({**SENTINELS, "sentinels": ["a:1", "a:1"]}, "the same sentinel twice"),
        ({**SENTINELS, "cluster": True}, "cluster and sentinels exclude each other"),
        ({"url": "redis://a", "sentinel_password": {"env": "A"}}, "need sentinels"),
        ({"url": "redis://a", "tls": True}, "write rediss://"),
        ({"url": "redis://a", "ca": "ca.pem"}, "ca needs TLS: a URL with rediss://"),
        ({"url": "redis://a", "verify": False}, "verify needs TLS"),
        ({**SENTINELS, "ca": "ca.pem"}, "ca needs TLS: tls: true"),
        ({"url": "redis://ana@a", "user": "bo"}, "the user is in the URL and in user"),
        ({"url": "rediss://a", "client_key": "key.pem"}, "client_key needs client_certificate"),
        ({"url": "redis://a", "password": CANARY}, "password"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        kind("redis").options.model_validate(options)
    assert message in str(error.value)
    assert CANARY not in str(error.value)


def test_a_secret_url_without_tls_does_not_ignore_an_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_REDIS_URL", f"redis://:{CANARY}@{HOST}")
    with pytest.raises(ProbeError) as error:
        open_source(SourceSpec("cache", "redis", {"url": {"env": "TEST_REDIS_URL"}, "ca": "ca.pem"}), Secrets())
    assert (error.value.kind, "ca needs TLS" in error.value.message) == (FaultKind.CONFIGURATION, True)
    assert CANARY not in error.value.message
