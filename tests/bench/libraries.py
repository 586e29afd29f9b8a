"""What the libraries of a session take by themselves: imported one after the other, nothing opened, nothing drawn.

As the cockpit imports them: without the parts that nothing uses. Prints the CPU in seconds and the memory in MB.
"""

import gc
import subprocess
import sys
import time
from functools import cache
from importlib import import_module
from pathlib import Path

from tests.bench.measure import module

SCREEN = ("textual.app", "msgspec", "msgspec.json", "cel_expr_python.cel", "yaml")
SOURCES = ("pydantic", "pydantic.fields", "httpx", "httpcore", "anyio._backends._asyncio", "promql_parser")
OTHERS = ("psycopg", "dns.asyncquery", "dns.resolver", "cronsim")


@cache
def figures(*, every: bool) -> tuple[float, float]:
    """Return the CPU (s) and the memory (MB) of a process with the libraries of all sources or of HTTP only."""
    run = subprocess.run([*module(__name__), *(["every"] if every else [])], capture_output=True, text=True, check=True)
    cpu, memory = map(float, run.stdout.split())
    return cpu, memory


def _main() -> None:
    from mmcockpit.sources.common.library_modules import http_library, library_module, requests_library

    gc.disable()
    for name in SCREEN:
        import_module(name)
    http_library()
    requests_library()
    assert import_module("prometheus_api_client").PrometheusConnect
    for name in SOURCES:
        import_module(name)
    if "every" in sys.argv:
        from mmcockpit.sources.kubernetes.api.aiohttp_library import aiohttp_library

        aiohttp_library()
        for name in ("kubernetes.aio.client", "kubernetes.aio.config.kube_config"):
            library_module(name, ("kubernetes", "kubernetes.aio"))
        library_module("redis.asyncio.connection", ("redis", "redis.asyncio"))
        for name in OTHERS:
            import_module(name)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    print(time.process_time(), pages * 4096 / 1024**2)


if __name__ == "__main__":
    _main()
