"""Clients are imported without what no probe uses, and whoever needs the rest gets it afterwards."""

import subprocess
import sys

LIGHT = """
import sys
from mmcockpit.sources.kubernetes.api import login
from mmcockpit.sources.common.http_library import http_library
http_library()
heavy = [name for name in ("kubernetes.client", "oauthlib", "websocket", "click", "pygments") if name in sys.modules]
assert not heavy, heavy
"""
WHOLE = """
import kubernetes, kubernetes.aio, httpx
assert kubernetes.client.CoreV1Api and kubernetes.aio.watch.Watch
assert kubernetes.aio.client.ApiClient is login._client.ApiClient
assert httpx.AsyncClient and "httpx._main" not in sys.modules
"""


def test_the_clients_are_imported_without_what_no_probe_uses_and_whole_by_others() -> None:
    run = subprocess.run([sys.executable, "-c", LIGHT + WHOLE], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
