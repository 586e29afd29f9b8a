"""The Deployment of a go-live on a real cluster, and how a step chooses one of its revisions."""

import json
from typing import NamedTuple

from tests.e2e.pty_session import Place
from tests.servers.http import Answer, HttpServer
from tests.servers.kubectl import Kubectl

APP = "deployment/app"
REVISION = {
    "revision": {
        "pattern": r"^(\d+)\s+(?:(?P<good>[1-9]\d*)|\S+)\s+(?P<image>\S+)\s+(?P<since>\S+)",
        "pick": "choose",
        "running": "highest",
        "differs": "image",
        "about": "where to",
    }
}
COLUMNS = (
    r"--output=custom-columns=REVISION:.metadata.annotations.deployment\.kubernetes\.io/revision,"
    "READY:.status.readyReplicas,IMAGE:.spec.template.spec.containers[*].image,SINCE:.metadata.creationTimestamp"
)


def pack_cockpit(place: Place, kubectl: Kubectl, pack: str, **variables: str) -> str:
    """Write a cockpit file with one pack and an item to tick; return its name."""
    cluster = {"kind": "kubernetes", "kubeconfig": str(kubectl.api.kubeconfig), "context": "admin", "every": "500ms"}
    document = {
        "name": "Shop",
        "environment": "test",
        "checklist": "list.md",
        "layout": "go-live",
        "sources": {"cluster": cluster},
        "use": [{"pack": pack, "vars": {"namespace": kubectl.namespace, **variables}}],
        "allow": {"procedures": True},
    }
    place.write("list.md", "# Shop\n\n## Readiness\n\n### Before\n\n- [ ] **Announced**: everyone knows.\n")
    # JSON is YAML.
    place.write("cockpit.yaml", json.dumps(document))
    return "cockpit.yaml"


class Production(NamedTuple):
    kubectl: Kubectl
    door: HttpServer

    def deploy(self, image: str, status: int) -> None:
        """Roll an image out; once it runs, the door answers as it makes it answer."""
        self.kubectl("set", "image", APP, f"app={image}")
        self.rolled_out(image, status)

    def rolled_out(self, image: str, status: int) -> None:
        self.kubectl("rollout", "status", APP, "--timeout=80s")
        assert self.images == [image] * 3
        self.door.answers["/"] = Answer(status)

    @property
    def images(self) -> list[str]:
        """The images of the pods that are not being deleted."""
        pods = self.kubectl.json("pods")["items"]
        return sorted(
            pod["spec"]["containers"][0]["image"] for pod in pods if "deletionTimestamp" not in pod["metadata"]
        )
