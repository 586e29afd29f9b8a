"""The real kubectl, an independent check of everything that implements the Kubernetes API."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.servers.kube_apiserver import KubeApiserver
from tests.servers.wait import PATIENCE_S

KUBECTL = Path(sys.executable).with_name("kubectl")


class Kubectl:
    """The real kubectl in one namespace, as a user with all permissions."""

    def __init__(self, api: KubeApiserver, namespace: str) -> None:
        self.api, self.namespace = api, namespace

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run_with(None, *arguments)

    def run_with(self, document: str | None, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it with a document on its standard input."""
        command = [str(KUBECTL), f"--kubeconfig={self.api.kubeconfig}", "-n", self.namespace, *arguments]
        return subprocess.run(
            command, input=document, capture_output=True, text=True, timeout=PATIENCE_S + 30, check=False
        )

    def __call__(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self("get", *arguments, "-o", "json"))

    def apply(self, document: dict[str, Any]) -> None:
        """Create or change an object."""
        done = self.run_with(json.dumps(document), "apply", "-f", "-")
        assert done.returncode == 0, done.stderr
