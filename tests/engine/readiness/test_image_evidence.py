"""What pods and nodes show of an image, however its name is written."""

from typing import Any

import pytest

from mmcockpit.engine.readiness.image_evidence import cannot_pull, full_name, not_reported, on_nodes, running_in
from mmcockpit.engine.readiness.revisions import images_in

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("redis", "docker.io/library/redis:latest"),
        ("redis:7", "docker.io/library/redis:7"),
        ("grafana/loki:3", "docker.io/grafana/loki:3"),
        ("localhost/app", "localhost/app:latest"),
        ("registry:5000/app", "registry:5000/app:latest"),
        ("ghcr.io/a/b:1", "ghcr.io/a/b:1"),
        (f"ghcr.io/a/b:1@{DIGEST}", f"ghcr.io/a/b@{DIGEST}"),
        (f"redis@{DIGEST}", f"docker.io/library/redis@{DIGEST}"),
    ],
)
def test_an_image_has_one_full_name(written: str, full: str) -> None:
    assert full_name(written) == full
    assert full_name(full) == full


def test_a_node_shows_an_image_by_any_of_its_names() -> None:
    status = {
        "images": [{"names": [f"docker.io/library/redis@{DIGEST}", "docker.io/library/redis:7"]}, {"names": None}]
    }
    nodes: list[dict[str, Any]] = [{"status": status}, {"status": {}}, {}]
    assert [on_nodes(nodes, image) for image in ("redis:7", f"redis:6@{DIGEST}", "redis:6")] == [1, 1, 0]


def reporting(images: int) -> dict[str, Any]:
    """Return a node that reports this many images."""
    return {"status": {"images": [{"names": [f"registry.test/{number}:1"]} for number in range(images)]}}


def test_nodes_report_only_their_largest_images_or_none() -> None:
    assert not_reported([reporting(49), reporting(0)]) == ""
    assert not_reported([reporting(3), reporting(50)]) == "1 node may report only the 50 largest images"
    assert not_reported([reporting(0), {}]) == "no node reports its images"
    assert not_reported([]) == ""


def test_a_pod_shows_an_image_by_its_container() -> None:
    waiting = {"name": "web", "imageID": "", "state": {"waiting": {"reason": "ErrImagePull"}}}
    pods = [
        {
            "metadata": {"name": "a"},
            "spec": {
                "containers": [{"name": "web", "image": "shop:2"}],
                "initContainers": [{"name": "i", "image": "x"}],
            },
            "status": {"containerStatuses": [waiting], "initContainerStatuses": [{"name": "i", "imageID": "x@y"}]},
        }
    ]
    assert cannot_pull(pods, "docker.io/library/shop:2") == "ErrImagePull in pod a"
    assert (running_in(pods, "shop:2"), running_in(pods, "x"), cannot_pull(pods, "x")) == ("", "a", "")


def test_the_images_of_a_manifest_are_those_of_its_containers() -> None:
    template = {"spec": {"containers": [{"image": "a:1"}], "initContainers": [{"image": "b:1"}]}}
    assert sorted(images_in([{"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": template}}}}])) == [
        "a:1", "b:1",
    ]  # fmt: skip
