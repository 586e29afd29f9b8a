"""The pack of Helm by keys: the real Helm, a release whose upgrade never gets ready, and its rollback."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.procedures.production import APP, pack_cockpit
from tests.e2e.procedures.steps import begun, confirmed, current, facts, of, see, time_passes
from tests.e2e.pty_session import Place
from tests.servers.control_plane import ControlPlane
from tests.servers.go_programs import go_program
from tests.servers.helm import Helm
from tests.servers.kubectl import KUBECTL, Kubectl
from tests.servers.needs import need

OLD, MISSING = "example.test/app:1", "example.test/app:missing"
NAMESPACE, RELEASE = "helm-rollback", "shop"
TEMPLATE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  replicas: 2
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
        - name: app
          image: {{ .Values.image | quote }}
"""


@pytest.fixture
def release(control_plane: ControlPlane, tmp_path: Path) -> Iterator[Kubectl]:
    """Give a release whose second revision has an image that cannot be pulled."""
    need(KUBECTL.exists() or None, "no kubectl")
    program = need(go_program("helm"), "no helm: run `make servers`")
    kubectl = control_plane.create_namespace(NAMESPACE)
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 1.0.0\nappVersion: '1'\n")
    (chart / "templates" / "app.yaml").write_text(TEMPLATE)
    helm = Helm(program, kubectl.api, NAMESPACE, tmp_path / "helm")
    helm("install", RELEASE, str(chart), f"--set=image={OLD}", "--wait", "--timeout=80s")
    helm("upgrade", RELEASE, str(chart), f"--set=image={MISSING}")
    yield kubectl
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def image(kubectl: Kubectl) -> str:
    """Return the image that the Deployment specifies."""
    return str(kubectl.json(APP)["spec"]["template"]["spec"]["containers"][0]["image"])


def test_a_broken_upgrade_is_rolled_back(place: Place, release: Kubectl) -> None:
    helm = need(go_program("helm"), "no helm: run `make servers`")
    place.env["PATH"] = f"{helm.parent}{os.pathsep}{os.environ['PATH']}"
    place.env["HELM_CACHE_HOME"] = place.env["HELM_CONFIG_HOME"] = place.env["HELM_DATA_HOME"] = str(place.folder)
    with place.open("run", pack_cockpit(place, release, "rollback-helm", helm_release=RELEASE)) as program:
        see(program, r"rollback: ready")
        begun(program, place, "Roll back (Helm)", "Announced")
        confirmed(program, place)
        see(program, r"revision to choose from .*\(2 runs now\)")
        program.press("!")
        see(program, r"> 1 ")
        time_passes(program, place)
        program.press("\r")
        see(program, r"revision 1 of \d, \d")
        confirmed(program, place)
        see(program, rf"image +{re.escape(OLD)}")
        current(program, "*", 3)
        confirmed(program, place)
        current(program, "*", 4)
        assert image(release) == MISSING, "nothing has been changed yet"
        confirmed(program, place, RELEASE)
        current(program, "*", 5)
        program.kill()
    assert image(release) == OLD
    good = [body["step"] for body in of(facts(place), "StepChanged") if body["now"] == "ok"]
    assert len(good) == 4, good
