"""The real controller of Argo Rollouts, and its kubectl plugin."""

import os
from collections.abc import Mapping
from pathlib import Path

from mmcockpit.simulator.servers.process import ServerMissing, ServerProcess, accepts
from tests.servers.go_programs import built_folder
from tests.servers.kube_apiserver import LESS_WORK
from tests.servers.kubectl import Kubectl
from tests.servers.wait import wait_until

CRDS = ("rollouts", "analysistemplates", "clusteranalysistemplates", "analysisruns", "experiments")


def argo_folder() -> Path | None:
    """Return the folder that .ci/go-build built, with the programs and the CustomResourceDefinitions."""
    ours = built_folder("argo-rollouts")
    return ours if (ours / "rollouts-controller").exists() else None


class ArgoRollouts(ServerProcess):
    """The controller, for one namespace."""

    name = "rollouts-controller"
    stop_within_s = 5.0

    def __init__(self, folder: Path, kubectl: Kubectl) -> None:
        super().__init__(folder)
        self._kubectl = kubectl

    def install(self) -> None:
        """Install the CustomResourceDefinitions; return once the API server serves them."""
        for path in sorted(self._programs.glob("crds/*.yaml")):
            self._kubectl("apply", "--server-side", "--force-conflicts", f"--filename={path}")
        names = [f"crd/{name}.argoproj.io" for name in CRDS]
        # kubectl fails where the API server has not yet written any condition.
        ready = ("wait", "--for=condition=Established", *names, "--timeout=5s")
        wait_until(lambda: self._kubectl.run(*ready).returncode == 0, "the kinds of Argo Rollouts")

    @property
    def _programs(self) -> Path:
        folder = argo_folder()
        if folder is None:
            raise ServerMissing("rollouts-controller: not found: run `make servers`")
        return folder

    def command(self) -> list[str]:
        return [
            os.fspath(self._programs / "rollouts-controller"),
            f"--kubeconfig={self._kubectl.api.kubeconfig}",
            "--namespaced",
            f"--namespace={self._kubectl.namespace}",
            "--leader-elect=false",
            f"--healthzPort={self.port}",
            "--metricsport=0",
        ]

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, **LESS_WORK}

    def ready(self) -> bool:
        return accepts(self.port)
