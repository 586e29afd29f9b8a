"""The requests of the demo's idle session by nothing but the client libraries: the least CPU that they take."""

import asyncio
import socket
import ssl
import tempfile
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import dns.asyncquery
import dns.message
import httpx
import psycopg
import redis.asyncio
import requests
import yaml

from tests.bench.files import Figure
from tests.bench.production import production
from tests.servers.wait import wait_until

RATES = {"prometheus": 3.75, "reviews": 2.6, "objects": 1.4, "http": 1.45, "dns": 1.9, "redis": 0.5, "postgres": 0.7}
"""Requests a second, as counted in the demo from half a minute after its start on."""
TICK_S = 0.25
WARM_S, MEASURED_S = 3.0, 20.0
REVIEW = {
    "apiVersion": "authorization.k8s.io/v1",
    "kind": "SelfSubjectAccessReview",
    "spec": {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "modelmuxer"}},
}
REDIS, POSTGRES = "MMCOCKPIT_DEMO_REDIS", "MMCOCKPIT_DEMO_POSTGRES"
Request = Callable[[], Awaitable[object]]


def figures() -> list[Figure]:
    """Return (what, value, unit, goal, against) of the requests of an idle session."""
    with tempfile.TemporaryDirectory() as folder, production(Path(folder)) as (cockpit, env):
        known = yaml.safe_load(cockpit.read_text(encoding="utf-8"))["vars"]
        urls = [known["kubernetes"], known["prometheus"], known["api"], *(env[name] for name in (REDIS, POSTGRES))]
        wait_until(lambda: Path(known["kubeconfig"]).exists() and all(map(_listens, urls)), "the production is up", 60)
        kubeconfig = yaml.safe_load(Path(known["kubeconfig"]).read_text(encoding="utf-8"))
        share = asyncio.run(_share(known, kubeconfig, env))
    against = f"{sum(RATES.values()):.1f} a second: what an idle session sends, without a cockpit"
    return [("CPU of requests by nothing but the libraries", share * 100, "%", 0, against)]


def _listens(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "", address.port or 0), 1).close()
    except OSError:
        return False
    return True


async def _share(known: dict[str, Any], kubeconfig: dict[str, Any], env: dict[str, str]) -> float:
    """Return the part of a core that the requests take."""
    async with _requests(known, kubeconfig, env) as sent:
        await _send(sent, WARM_S)
        used, began = time.process_time(), time.monotonic()
        await _send(sent, MEASURED_S)
        return (time.process_time() - used) / (time.monotonic() - began)


async def _send(sent: dict[str, Request], seconds: float) -> None:
    """Send each kind at its rate; what is due together is sent together, as polls are."""
    due, end = dict.fromkeys(sent, 0.0), time.monotonic() + seconds
    async with asyncio.TaskGroup() as tasks:
        while time.monotonic() < end:
            for name, request in sent.items():
                due[name] += RATES[name] * TICK_S
                while due[name] >= 1.0:
                    due[name] -= 1.0
                    tasks.create_task(_awaited(request))
            await asyncio.sleep(TICK_S)


async def _awaited(request: Request) -> None:
    await request()


@asynccontextmanager
async def _requests(
    known: dict[str, Any], kubeconfig: dict[str, Any], env: dict[str, str]
) -> AsyncIterator[dict[str, Request]]:
    """Yield one request of each kind, over connections that are kept except those of HTTP, as the sources do."""
    loop, queries = asyncio.get_running_loop(), requests.Session()
    context = ssl.create_default_context()
    authority = kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"]
    trusted = ssl.create_default_context(cadata=b64decode(authority).decode("ascii"))
    headers = {"Authorization": f"Bearer {kubeconfig['users'][0]['user']['token']}"}
    host, port = known["dns"].rsplit(":", 1)
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(
            aiohttp.ClientSession(
                known["kubernetes"], headers=headers, connector=aiohttp.TCPConnector(ssl=trusted, limit=100)
            )
        )
        cache = await stack.enter_async_context(redis.asyncio.Redis.from_url(env[REDIS]))
        database = await stack.enter_async_context(
            await psycopg.AsyncConnection.connect(env[POSTGRES], autocommit=True)
        )
        query = f"{known['prometheus']}/api/v1/query"

        async def prometheus() -> object:
            return await loop.run_in_executor(None, lambda: queries.get(query, params={"query": "sum(up)"}).json())

        async def reviews() -> object:
            async with cluster.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json=REVIEW) as answer:
                return await answer.read()

        async def objects() -> object:
            async with cluster.get("/api/v1/namespaces/modelmuxer/services") as answer:
                return await answer.read()

        async def http() -> object:
            async with httpx.AsyncClient(verify=context, trust_env=False) as client:
                return await client.get(f"{known['api']}{known['ready_path']}")

        async def name() -> object:
            return await dns.asyncquery.udp(dns.message.make_query("modelmuxer.com", "A"), host, 2.0, int(port))

        async def statement() -> object:
            async with database.cursor() as cursor:
                return await (await cursor.execute("SELECT count(*) FROM pg_stat_activity")).fetchall()

        kinds = (prometheus, reviews, objects, http, name, cache.info, statement)
        yield dict(zip(RATES, kinds, strict=True))


if __name__ == "__main__":
    print(*figures())
