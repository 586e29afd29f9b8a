"""The real Helm, as a user with all permissions."""

import os
import subprocess
from pathlib import Path

from tests.servers.kube_apiserver import KubeApiserver


class Helm:
    """Helm in one namespace, with its own files in a folder."""

    def __init__(self, program: Path, api: KubeApiserver, namespace: str, folder: Path) -> None:
        self._words = [os.fspath(program), f"--kubeconfig={api.kubeconfig}", f"--namespace={namespace}"]
        self._folder = folder

    def __call__(self, *words: str) -> str:
        """Run it; return what it printed."""
        homes = {f"HELM_{name}_HOME": os.fspath(self._folder) for name in ("CACHE", "CONFIG", "DATA")}
        environment = {**os.environ, **homes}
        done = subprocess.run(
            [*self._words, *words], env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
