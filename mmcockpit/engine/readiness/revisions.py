"""The revision of a workload or of a release to which a step goes back, with its images.

A Deployment and a Rollout keep revisions as ReplicaSets, a StatefulSet and a DaemonSet as ControllerRevisions.
Source: https://github.com/kubernetes/kubectl/blob/master/pkg/polymorphichelpers/rollback.go
"""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
import yaml

from mmcockpit.core.rules.steps.go_back import GoBack
from mmcockpit.engine.readiness.kube_reader import KubeReader, UnreadableError

_REPLICA_SETS = {
    "Deployment": "deployment.kubernetes.io/revision",
    "Rollout": "rollout.argoproj.io/revision",
}
"""Kinds whose revisions are ReplicaSets, and the annotation with the number."""
MOST_REVISIONS = 256
"""Most revisions of a release that are read."""


class KeptRevision(NamedTuple):
    """A revision that exists: its number, the namespace of its pods (empty: unknown), and the images of its pods."""

    number: int
    namespace: str
    images: tuple[str, ...]


async def workload_revision(back: GoBack, reader: KubeReader) -> KeptRevision:
    """Return the revision of a workload to which a step goes back; UnreadableError if there is none."""
    workload = await reader.get(back.target)
    meta, kind = workload.get("metadata") or {}, str(workload.get("kind"))
    namespace = str(meta.get("namespace") or "default")
    plural = "replicasets" if kind in _REPLICA_SETS else "controllerrevisions"
    labels = ((workload.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    selector = quote(",".join(f"{name}={value}" for name, value in labels.items()))
    owned, _ = await reader.items(f"/apis/apps/v1/namespaces/{namespace}/{plural}", selector)
    templates = {
        number: template
        for one in owned
        if any(
            owner.get("uid") == meta.get("uid") for owner in (one.get("metadata") or {}).get("ownerReferences") or ()
        )
        if (number := _number(one, kind)) and (template := _template(one)) is not None
    }
    number = _chosen(back, templates)
    return KeptRevision(number, namespace, tuple(dict.fromkeys(images_in(templates[number]))))


async def helm_revision(back: GoBack, prefix: tuple[str, ...], reader: KubeReader, namespace: str) -> KeptRevision:
    """Return the revision of a release to which a step goes back; UnreadableError if there is none."""
    printed = await _printed((*prefix, "history", back.target, f"--max={MOST_REVISIONS}", "--output=json"), reader)
    try:
        history = msgspec.json.decode(printed)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableError(f"helm history of {back.target} is not valid JSON") from error
    known = {one["revision"]: one for one in history if isinstance(one, dict) and isinstance(one.get("revision"), int)}
    number = _chosen(back, known)
    manifest = await _printed((*prefix, "get", "manifest", back.target, f"--revision={number}"), reader)
    try:
        parts = list(yaml.load_all(manifest, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError as error:
        raise UnreadableError(f"the manifest of revision {number} is not valid YAML") from error
    return KeptRevision(number, namespace, tuple(dict.fromkeys(image for part in parts for image in images_in(part))))


def images_in(part: Any) -> Iterator[str]:
    """Yield the images of every list of containers in a part of a manifest."""
    if isinstance(part, list):
        for entry in part:
            yield from images_in(entry)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("containers", "initContainers") and isinstance(value, list):
                yield from (str(one["image"]) for one in value if isinstance(one, dict) and one.get("image"))
            else:
                yield from images_in(value)


async def _printed(argv: tuple[str, ...], reader: KubeReader) -> bytes:
    tried, printed = await reader.trials.read(argv, reader.cluster)
    if tried.why:
        raise UnreadableError(tried.why)
    return printed


def _chosen(back: GoBack, known: dict[int, Any]) -> int:
    """Return the number of the revision to go back to: the one that is named, else the one before the newest."""
    numbers = sorted(known)
    if back.revision > 0:
        if back.revision not in known:
            listed = ", ".join(map(str, numbers[-5:])) or "none"
            raise UnreadableError(f"{back.target} has no revision {back.revision}; known: {listed}")
        return back.revision
    if len(numbers) < 2:
        raise UnreadableError(f"{back.target} has no revision before the present one")
    return numbers[-2]


def _number(one: dict[str, Any], kind: str) -> int:
    meta = one.get("metadata") or {}
    if kind not in _REPLICA_SETS:
        revision = one.get("revision")
        return revision if isinstance(revision, int) else 0
    text = str((meta.get("annotations") or {}).get(_REPLICA_SETS[kind], ""))
    return int(text) if text.isascii() and text.isdecimal() else 0


def _template(one: dict[str, Any]) -> Any:
    spec = one.get("spec") or (one.get("data") or {}).get("spec") or {}
    return spec.get("template")
