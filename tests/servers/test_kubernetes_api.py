"""kubectl is content with the Kubernetes API that the other tests get."""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import KubernetesApi

KUBECTL = Path(sys.executable).with_name("kubectl")


def kubectl(api: KubernetesApi, *arguments: str) -> str:
    """Run kubectl and return what it prints; it fails with what it complains about."""
    done = subprocess.run(
        [KUBECTL, f"--kubeconfig={api.kubeconfig}", *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_pod_and_its_status_are_written_and_read(kubernetes_api: KubernetesApi) -> None:
    kubectl(kubernetes_api, "create", "namespace", "servers")
    kubectl(kubernetes_api, "-n", "servers", "run", "written", "--image=example.test/app:1")
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    patch = json.dumps({"status": status})
    kubectl(
        kubernetes_api, "-n", "servers", "patch", "pod", "written", "--subresource=status", "--type=merge", "-p", patch
    )
    pod = json.loads(kubectl(kubernetes_api, "-n", "servers", "get", "pod", "written", "-o", "json"))
    assert pod["status"]["phase"] == "Running"
    assert pod["spec"]["containers"][0]["image"] == "example.test/app:1"
    assert "written" in kubectl(kubernetes_api, "-n", "servers", "get", "pods")
    kubectl(kubernetes_api, "-n", "servers", "delete", "pod", "written", "--now")
