"""The signals of the shipped checklist that poll the API, over the wire against the simulated application."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from mmcockpit.core.model.reading import FaultKind
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.simulator.keys import API_KEY, TEST_KEYS
from mmcockpit.simulator.modelmuxer import PER_MINUTE, ModelMuxer
from mmcockpit.simulator.production import World
from mmcockpit.simulator.servers.process import HOST, free_port
from tests.servers.http import Answer, HttpServer
from tests.sources import shipped
from tests.sources.polling import opened

pytestmark = pytest.mark.anyio

TEST_KEY = TEST_KEYS[0]


@asynccontextmanager
async def application(**options: Any) -> AsyncIterator[str]:
    """Give the address of a simulated application."""
    server = TestServer(ModelMuxer(World(1), **options).application())
    await server.start_server()
    try:
        yield str(server.make_url("/"))
    finally:
        await server.close()


async def polled(name: str, url: str, key: str = "", times: int = 1, **args: Any) -> Verdict:
    """Poll a shipped signal once by the key, the last of so many times, and judge the answer."""
    token = {"token": {"env": "TEST_KEY"}} if key else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_KEY", key)
        async with opened("http", url=url, **token) as source:
            return (await shipped.polled("http", source, name, times=times, **args))[1]


@pytest.mark.parametrize(
    ("providers", "name", "level", "because"),
    [
        (("openai", "anthropic", "mistral"), "chat_1", Level.PASS, ""),
        (("openai", "anthropic", "mistral"), "chat_2", Level.PASS, ""),
        (("openai", "anthropic", "mistral"), "chat_3", Level.PASS, ""),
        (("openai",), "chat_1", Level.PASS, ""),
        (("openai",), "chat_2", Level.FAIL, "requested anthropic, but openai answered"),
        (("openai",), "chat_3", Level.FAIL, "requested mistral, but openai answered"),
        (("mistral",), "chat_1", Level.FAIL, "requested openai, but mistral answered"),
    ],
)
async def test_a_chat_proves_only_the_provider_that_answered(
    providers: Iterable[str], name: str, level: Level, because: str
) -> None:
    async with application(providers=providers) as url:
        verdict = await polled(name, url, API_KEY)
    assert (verdict.level, verdict.because) == (level, because)


async def test_a_chat_answered_by_another_model_of_the_provider_fails(http_server: HttpServer) -> None:
    body = '{"router_metadata": {"selected_provider": "openai", "selected_model": "gpt-4o"}}'
    http_server.answers = {"/v1/chat/completions": Answer(body=body)}
    verdict = await polled("chat_1", http_server.url, API_KEY)
    assert (verdict.level, verdict.because) == (Level.FAIL, "requested openai/gpt-4o-mini, but openai/gpt-4o answered")


async def test_a_chat_that_does_not_say_who_answered_is_no_proof(http_server: HttpServer) -> None:
    http_server.answers = {"/v1/chat/completions": Answer(body='{"choices": []}')}
    assert (await polled("chat_1", http_server.url, API_KEY)).level is Level.UNKNOWN


async def test_a_failed_chat_shows_the_error_of_the_application(http_server: HttpServer) -> None:
    body = '{"error": {"message": "Provider error: 401 invalid x-api-key"}}'
    http_server.answers = {"/v1/chat/completions": Answer(502, body)}
    verdict = await polled("chat_2", http_server.url, API_KEY)
    assert (verdict.level, verdict.because) == (Level.FAIL, "HTTP 502 Provider error: 401 invalid x-api-key")


async def test_the_test_key_passes_only_on_its_own_refusal() -> None:
    async with application() as url:
        refused = await polled("test_key", url, TEST_KEY)
        assert refused.level is Level.PASS
        missing = await polled("test_key", url)
        assert missing.level is Level.UNKNOWN
        assert "no token was sent; set token to the one that must be refused" in missing.because
        own = await polled("own_key", url, API_KEY)
        assert own.level is Level.PASS


async def test_an_accepted_test_key_fails_also_while_it_is_rate_limited() -> None:
    async with application(keys=TEST_KEYS) as url:
        accepted = await polled("test_key", url, TEST_KEY)
        limited = await polled("test_key", url, TEST_KEY, times=PER_MINUTE)
    assert (accepted.level, accepted.because) == (Level.FAIL, "the key is accepted: HTTP 200")
    assert (limited.level, limited.because) == (Level.FAIL, "the key is accepted: HTTP 401")


async def test_an_api_that_refuses_every_key_is_no_control() -> None:
    async with application(keys=()) as url:
        assert (await polled("test_key", url, TEST_KEY)).level is Level.PASS
        own = await polled("own_key", url, API_KEY)
    assert own.level is Level.UNKNOWN
    assert own.because.startswith(f"{FaultKind.UNAUTHORISED}: ")
    assert "Invalid API key provided." in own.because


@pytest.mark.parametrize(
    "refusal", [Answer(401, "<html>401 Authorization Required</html>"), Answer(403), Answer(404), Answer(429)]
)
async def test_what_another_program_refuses_proves_nothing_of_the_key(http_server: HttpServer, refusal: Answer) -> None:
    http_server.answers = {"/v1/models": refusal}
    verdict = await polled("test_key", http_server.url, TEST_KEY)
    assert verdict.level is Level.FAIL
    assert verdict.because.startswith(f"not refused as an invalid key: HTTP {refusal.status}")


async def test_a_dead_api_refuses_no_key() -> None:
    verdict = await polled("test_key", f"http://{HOST}:{free_port()}", TEST_KEY)
    assert (verdict.level, verdict.because) == (Level.FAIL, "not refused as an invalid key: refused")


@pytest.mark.parametrize("name", ["closed_postgres", "closed_redis", "closed_prometheus"])
async def test_a_closed_port_counts_only_on_a_host_that_has_an_open_one(http_server: HttpServer, name: str) -> None:
    here: dict[str, Any] = {"host": HOST, "port": free_port(), "open_port": http_server.port}
    assert (await polled(name, http_server.url, **here)).level is Level.PASS
    assert (await polled(name, http_server.url, **{**here, "port": http_server.port})).level is Level.FAIL
    dead = await polled(name, http_server.url, **{**here, "open_port": free_port()})
    assert dead.level is Level.UNKNOWN
    assert dead.because.endswith("of this host is not open either (refused)")
