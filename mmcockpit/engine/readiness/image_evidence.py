"""What pods and nodes show of an image: that it was pulled, or that it cannot be pulled now."""

from collections.abc import Iterable, Iterator
from typing import Any

from mmcockpit.core.words.amounts import counted

CANNOT_PULL = frozenset(
    {
        *("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError"),
        *("RegistryUnavailable", "SignatureValidationFailed"),
    }
)
"""Why a container waits for an image.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/images/types.go
"""

REGISTRY, LIBRARY = "docker.io", "library"

REPORTED_IMAGES = 50
"""Images that a kubelet reports in the status of its node unless configured otherwise: its largest ones.

Source: https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/ (nodeStatusMaxImages)
"""


def full_name(image: str) -> str:
    """Return an image with its registry and its tag, as container runtimes write it: `docker.io/library/redis:latest`.

    A tag beside a digest has no meaning and is left out.
    Source: https://github.com/distribution/reference/blob/main/normalize.go
    """
    name, _, digest = image.partition("@")
    head, slash, _ = name.partition("/")
    if not slash:
        name = f"{REGISTRY}/{LIBRARY}/{name}"
    elif not ("." in head or ":" in head or head == "localhost"):
        name = f"{REGISTRY}/{name}"
    repository, colon, tag = name.rpartition(":")
    tagged = bool(colon) and "/" not in tag
    if digest:
        return f"{repository if tagged else name}@{digest}"
    return name if tagged else f"{name}:latest"


def cannot_pull(pods: Iterable[dict[str, Any]], image: str) -> str:
    """Return the pod that cannot pull an image now, and why; empty if there is none."""
    for pod, status in _containers(pods, image):
        waiting = (status.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in CANNOT_PULL:
            return f"{waiting['reason']} in pod {pod}"
    return ""


def running_in(pods: Iterable[dict[str, Any]], image: str) -> str:
    """Return a pod whose node has pulled an image; empty if there is none."""
    return next((pod for pod, status in _containers(pods, image) if status.get("imageID")), "")


def on_nodes(nodes: Iterable[dict[str, Any]], image: str) -> int:
    """Return the number of nodes that have an image."""
    wanted = full_name(image)
    names = (
        {full_name(str(name)) for entry in (node.get("status") or {}).get("images") or () for name in _names(entry)}
        for node in nodes
    )
    return sum(wanted in each for each in names)


def not_reported(nodes: Iterable[dict[str, Any]]) -> str:
    """Return why nodes may have images that they do not report; empty if they report all."""
    counts = [len((node.get("status") or {}).get("images") or ()) for node in nodes]
    if full := sum(count >= REPORTED_IMAGES for count in counts):
        return f"{counted(full, 'node')} may report only the {REPORTED_IMAGES} largest images"
    return "no node reports its images" if counts and not any(counts) else ""


def _names(entry: Any) -> Iterable[Any]:
    return entry.get("names") or () if isinstance(entry, dict) else ()


def _containers(pods: Iterable[dict[str, Any]], image: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of the pod and the status of every container with an image."""
    wanted = full_name(image)
    for pod in pods:
        spec, status = pod.get("spec") or {}, pod.get("status") or {}
        for kind in ("initContainer", "container"):
            images = {one.get("name"): str(one.get("image") or "") for one in spec.get(f"{kind}s") or ()}
            for one in status.get(f"{kind}Statuses") or ():
                if full_name(images.get(one.get("name"), "")) == wanted:
                    yield str((pod.get("metadata") or {}).get("name")), one
