"""The images that nodes report in their status, as a kubelet does for the images that it has pulled."""

from __future__ import annotations

from collections.abc import Iterable

from mmcockpit.simulator.kubernetes.controllers.pods import image_id
from mmcockpit.simulator.kubernetes.objects import Object

AT_MOST = 50
"""Images of a node that are reported: the kubelet's default (`nodeStatusMaxImages`)."""
SIZE_BYTES = 120_000_000


def with_image(images: Iterable[Object], image: str) -> list[Object]:
    """Return the images of a node with one more, the newest first."""
    pinned = image_id(image)
    repository, _, digest = image.partition("@")
    names = [pinned] if digest else [pinned, f"{pinned.partition('@')[0]}:{repository.rpartition(':')[2]}"]
    entry = {"names": names, "sizeBytes": SIZE_BYTES}
    return [entry, *(one for one in images if one["names"] != names)][:AT_MOST]


def pull_all(objects: Iterable[Object]) -> None:
    """Let every node have the images of all pods and of all revisions."""
    things = list(objects)
    images = dict.fromkeys(image for one in things for image in _images(one))
    for node in things:
        if node.get("kind") == "Node":
            known: list[Object] = []
            for image in images:
                known = with_image(known, image)
            node["status"]["images"] = known


def _images(one: Object) -> Iterable[str]:
    spec = one.get("spec") or {}
    template = spec if one.get("kind") == "Pod" else (spec.get("template") or {}).get("spec") or {}
    for kind in ("initContainers", "containers"):
        for container in template.get(kind) or ():
            yield container["image"]
