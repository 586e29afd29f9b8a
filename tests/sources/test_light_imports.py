"""Clients are imported without what no probe uses, and whoever needs the rest gets it afterwards."""

import subprocess
import sys

LIGHT = """
import sys
from mmcockpit.sources.kubernetes.api import login
from mmcockpit.sources.common.library_modules import http_library, requests_library
http_library()
requests_library()
from mmcockpit.sources.prometheus import line
from mmcockpit.sources.redis import connection
unused = ["kubernetes.client", "oauthlib", "websocket", "click", "pygments"]
unused += ["redis.client", "redis.cluster", "redis.commands", "charset_normalizer"]
heavy = [name for name in unused if name in sys.modules]
assert not heavy, heavy
import ssl, aiohttp.connector
contexts = [one for one in vars(aiohttp.connector).values() if isinstance(one, ssl.SSLContext)]
assert contexts and not any(one.cert_store_stats()["x509"] for one in contexts)
"""
WHOLE = """
import kubernetes, kubernetes.aio, httpx, requests, redis, redis.asyncio, charset_normalizer
assert kubernetes.client.CoreV1Api and kubernetes.aio.watch.Watch
assert kubernetes.aio.client.ApiClient is login._client.ApiClient
assert redis.asyncio.Redis and redis.exceptions.RedisError is connection.exceptions.RedisError
assert redis.asyncio.connection.Connection is connection.Connection
odd = requests.Response()
odd._content = "gr\u00fcn".encode()
assert odd.text == "gr\u00fcn"
assert httpx.AsyncClient and "httpx._main" not in sys.modules
own = ssl.create_default_context()
assert type(own) is ssl.SSLContext
for one in contexts:
    one.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
    assert type(one) is ssl.SSLContext and one.cert_store_stats() == own.cert_store_stats()
"""

FRAME = """
import sys
before = {*sys.modules}
import mmcockpit.cli
added = {*sys.modules} - before - {"mmcockpit", "mmcockpit.cli", "mmcockpit.cli.splash", "gc"}
assert not added, added
"""

START = """
import sys
import mmcockpit.cli.commands.run, mmcockpit.cli.live, mmcockpit.ui.app
heavy = [name for name in ("pydantic", "requests", "httpx", "email.message", "cel_expr_python") if name in sys.modules]
assert not heavy, heavy
"""

CHECK = """
import sys
import mmcockpit.cli.commands.check, mmcockpit.config.load, mmcockpit.sources.common.secrets
heavy = [name for name in ("asyncio", "textual", "requests", "httpx", "pydantic", "markdown_it") if name in sys.modules]
assert not heavy, heavy
"""

SESSIONS = """
import sys
import mmcockpit.cli.commands.sessions
heavy = [name for name in ("asyncio", "mmcockpit.core.state", "mmcockpit.share") if name in sys.modules]
assert not heavy, heavy
"""


def imported(program: str) -> None:
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_static_frame_waits_for_no_import() -> None:
    imported(FRAME)


def test_the_first_frame_waits_for_no_client_and_no_model_of_files() -> None:
    imported(START)


def test_checking_a_file_imports_nothing_that_polls_or_draws() -> None:
    imported(CHECK)


def test_listing_sessions_imports_neither_the_store_nor_the_state() -> None:
    imported(SESSIONS)


def test_the_clients_are_imported_without_what_no_probe_uses_and_whole_by_others() -> None:
    imported(LIGHT + WHOLE)
