"""Tokens and passwords in files that are replaced while the cockpit runs."""

import asyncio
import os
from pathlib import Path

import psycopg
import pytest

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import FaultKind
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.valkey import Valkey
from mmcockpit.sources import open_source
from mmcockpit.sources.common.secrets import Secrets
from tests.servers.http import Answer, HttpServer
from tests.servers.needs import need
from tests.sources.polling import fault, probe, value
from tests.sources.secrets.guarded import ANSWERS, OLD, Guarded

pytestmark = pytest.mark.anyio
NEW = "new-token-66b0aa"


@pytest.mark.parametrize("kind", ANSWERS)
async def test_a_token_that_was_replaced_is_read_again_by_every_source(kind: str, tmp_path: Path) -> None:
    name, arguments, body = ANSWERS[kind]
    file = tmp_path / "token"
    file.write_text(f"{OLD}\n")
    secrets = Secrets()
    with Guarded() as server:
        server.body = body
        source = open_source(SourceSpec("s", kind, {"url": server.url, "token": {"file": str(file)}}), secrets)
        asked = probe(kind, source, name, arguments)
        await value(asked)
        server.token = NEW
        refused = await fault(asked)
        assert refused.kind is FaultKind.UNAUTHORISED, refused
        assert OLD not in refused.message
        file.write_text(f"{NEW}\n")
        await value(asked)
        # As kubelet replaces it: by a link to another file.
        server.token = f"{NEW}-linked"
        (tmp_path / "other").write_text(server.token)
        (tmp_path / "link").symlink_to(tmp_path / "other")
        os.replace(tmp_path / "link", file)
        await value(asked)
        # Gone or empty for a moment: what it held counts.
        file.unlink()
        await value(asked)
        file.write_text("")
        await value(asked)
        await source.close()
    assert secrets.redact(f"{OLD} {NEW}") == "••• •••"


@pytest.mark.parametrize("kind", ANSWERS)
async def test_a_token_that_was_replaced_without_a_trace_is_read_again_after_a_401(kind: str, tmp_path: Path) -> None:
    name, arguments, body = ANSWERS[kind]
    file = tmp_path / "token"
    file.write_text(OLD)
    seen = os.stat(file)
    with Guarded() as server:
        server.body = body
        source = open_source(SourceSpec("s", kind, {"url": server.url, "token": {"file": str(file)}}), Secrets())
        asked = probe(kind, source, name, arguments)
        await value(asked)
        server.token = NEW
        file.write_text(NEW)
        os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        await value(asked)
        await source.close()


async def test_a_401_without_a_credential_of_ours_is_a_reading(http_server: HttpServer) -> None:
    http_server.answers["/x"] = Answer(401, "who are you?")
    source = open_source(SourceSpec("web", "http", {"url": http_server.url}), Secrets())
    assert (await value(probe("http", source, "get", {"path": "/x"})))["status"] == 401
    await source.close()


@pytest.mark.parametrize("name", ["get", "post"])
async def test_a_401_to_our_own_token_is_no_reading(
    name: str, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_TOKEN", OLD)
    http_server.answers["/x"] = Answer(401, "expired")
    options = {"url": http_server.url, "token": {"env": "TEST_TOKEN"}}
    source = open_source(SourceSpec("web", "http", options), Secrets())
    found = await fault(probe("http", source, name, {"path": "/x"}))
    assert (found.kind, "401 Unauthorized from /x" in found.message) == (FaultKind.UNAUTHORISED, True)
    http_server.answers["/x"] = Answer(403, "not you")
    assert (await value(probe("http", source, name, {"path": "/x"})))["status"] == 403
    await source.close()


@pytest.mark.server
async def test_a_postgres_password_that_was_replaced_is_read_again(postgres: Postgres, tmp_path: Path) -> None:
    file = tmp_path / "dsn"
    with psycopg.connect(postgres.dsn, autocommit=True) as server:
        server.execute("CREATE ROLE rotating LOGIN PASSWORD 'old-pw-66b0aa'")
        try:
            dsn = f"postgresql://rotating:{{}}@127.0.0.1:{postgres.port}/postgres"
            file.write_text(dsn.format("old-pw-66b0aa"))
            secrets = Secrets()
            source = open_source(SourceSpec("s", "postgres", {"dsn": {"file": str(file)}}), secrets)
            asked = probe("postgres", source, "scalar", {"sql": "SELECT 1"})
            assert await value(asked) == 1
            server.execute("ALTER ROLE rotating PASSWORD 'new-pw-8d1f22'")
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotating'")
            kinds = {(await fault(asked)).kind for _ in range(2)}
            assert FaultKind.UNAUTHORISED in kinds, kinds
            file.write_text(dsn.format("new-pw-8d1f22"))
            assert await value(asked) == 1
            assert secrets.redact("old-pw-66b0aa new-pw-8d1f22") == "••• •••"
            await source.close()
        finally:
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotating'")
            server.execute("DROP ROLE rotating")


@pytest.mark.server
async def test_a_redis_password_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    need(Valkey.binary(), "no valkey-server")
    file = tmp_path / "url"
    with Valkey(tmp_path / "valkey", config={"requirepass": "old-pw-66b0aa"}) as server:
        file.write_text(server.url)
        secrets = Secrets()
        source = open_source(SourceSpec("s", "redis", {"url": {"file": str(file)}}), secrets)
        asked = probe("redis", source, "info", {"section": "clients"})
        await value(asked)
        server.stop()
        server.config["requirepass"] = "new-pw-8d1f22"
        server.start()
        kinds = [(await fault(asked)).kind for _ in range(3)]
        assert kinds[-1] is FaultKind.UNAUTHORISED, kinds
        file.write_text(server.url)
        many = await asyncio.gather(*(value(probe("redis", source, "info", {"section": "clients"})) for _ in range(20)))
        assert len(many) == 20
        assert secrets.redact("old-pw-66b0aa new-pw-8d1f22") == "••• •••"
        await source.close()
