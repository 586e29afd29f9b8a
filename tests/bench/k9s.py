"""k9s as a yardstick, where it is found in PATH or in the cache; no test needs it."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.bench import pod_writer
from tests.bench.measure import measure
from tests.servers.kube_apiserver import KubeApiserver

CACHED = "k9s-v0.50.16/k9s"
PODS = 30
TABLE = f"pods(all)[{PODS}]"
"""What its screen shows once the first table is there."""


class Yardstick(NamedTuple):
    """Its first table and a key (ms), the CPU at idle (percent of a core), and its memory (MB)."""

    table_ms: float
    key_ms: float
    idle: float
    rss_mb: float


def k9s_yardstick(presses: int, idle_s: float) -> Yardstick | None:
    """Measure k9s with some pods of a real API server; None where k9s is not found."""
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mmcockpit" / CACHED
    program = shutil.which("k9s") or (str(cached) if cached.exists() else None)
    if program is None:
        return None
    argv = [program, "--readonly", "--headless", "--all-namespaces", "--command", "pods"]
    with tempfile.TemporaryDirectory() as folder, KubeApiserver(Path(folder) / "api") as api:
        pod_writer.fill(api.kubeconfig, PODS)
        env = {"HOME": folder, "KUBECONFIG": str(api.kubeconfig)}
        # The first run warms the disk and fills its caches.
        measure(argv, (80, 24), TABLE, env=env)
        run = measure(argv, (80, 24), TABLE, env=env, presses=presses, settle_s=8, idle_s=idle_s)
    return Yardstick(run.ready, run.key(0.5), run.idle_cpu * 100, run.rss_mb)
