"""The Deployment of a go-live on a real cluster, and how a step chooses one of its revisions."""

from typing import NamedTuple

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
