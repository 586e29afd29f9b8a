"""Any Kubernetes object or list, with its readiness; without secrets."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.text import plain
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient, NotThere, RequestRefused
from mmcockpit.sources.kubernetes.api.kinds import KINDS, ObjectKind
from mmcockpit.sources.kubernetes.api.page import ListPage, Query
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.api.redaction import reduced, reduced_text
from mmcockpit.sources.kubernetes.kstatus import Readiness, readiness
from mmcockpit.sources.kubernetes.probe import ClusterProbe

MAX_LISTED = 2_000
MAX_MESSAGE = 300


class GetObject(ClusterProbe):
    """One object: `exists` and its fields without nulls and managed fields; {exists: false} if it does not exist."""

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (reading(args.kind, namespace, args.name),)

    async def poll(self) -> Reading:
        kind = await self.cluster.kind(self.args.kind)
        try:
            with known(self.cluster, kind):
                reply = await self.cluster.get(kind.path(self.namespace, self.args.name))
        except NotThere:
            return Reading({"exists": False, "ready": _ready(readiness(None))})
        document = self.cluster.decode(msgspec.json.Decoder(dict[str, Any]), reply)
        if not isinstance(document.get("metadata"), dict):
            raise ProbeError(FaultKind.MALFORMED, f"{self.cluster.host}: the response is not an object: no metadata")
        known_as = judged(kind, document, reply.date)
        remark = f"readiness unknown: {known_as.message}" if known_as.status == "Unknown" else ""
        return Reading({"exists": True, **_with(_ready(known_as), reduced(kind, document))}, remark=remark)


class List(ClusterProbe):
    """All objects of a kind that match the selectors, reduced, with `ready`; with `fields`, only those.

    The API leaves `apiVersion` and `kind` out of the entries of lists of its own kinds.
    """

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        listed = reading(args.kind, namespace)
        if listed.kind:
            return (listed,)
        return (listed, reading("namespace", "", namespace)) if KINDS[args.kind].namespaced else (listed,)

    async def poll(self) -> Reading:
        kind = await self.cluster.kind(self.args.kind)
        selectors = (("labelSelector", self.args.selector), ("fieldSelector", self.args.field_selector))
        query: Query = tuple((name, text) for name, text in selectors if text)
        with known(self.cluster, kind):
            path = kind.path(self.namespace)
            whole = [
                _with(_ready(judged(kind, item, reply.date)), reduced(kind, item))
                async for items, reply in self.cluster.pages(path, query, ListPage[dict[str, Any]], MAX_LISTED)
                for item in items
            ]
        if not whole and kind.namespaced:
            await require_namespace(self.cluster, self.namespace)
        fields = [field.split(".") for field in self.args.fields]
        return Reading([_picked(item, fields) for item in whole] if fields else whole)


@contextmanager
def known(cluster: ClusterClient, kind: ObjectKind) -> Iterator[None]:
    """Discover the kind again where the API server reports that it has no such path: its CRD may be gone."""
    try:
        yield
    except RequestRefused as error:
        if error.status == 404:
            cluster.gone(kind)
        raise


async def require_namespace(cluster: ClusterClient, namespace: str) -> None:
    """Raise ProbeError(not found) if a namespace does not exist: the API returns an empty list for it, not an error.

    If it may not be read, that is the fault: an empty list could be that of a deleted namespace.
    """
    try:
        await cluster.get(KINDS["namespace"].path("", namespace))
    except NotThere:
        raise ProbeError(FaultKind.NOT_FOUND, f"{cluster.host}: the namespace {namespace} does not exist") from None


def judged(kind: ObjectKind, written: dict[str, Any], now: float | None) -> Readiness:
    """Return the readiness of an object; the entries of a list do not name their kind themselves."""
    named = {"apiVersion": kind.api_version, "kind": kind.kind, **written}
    return readiness(named, now=now, has_status=kind.has_status)


def _with(ready: dict[str, str], kept: dict[str, Any]) -> dict[str, Any]:
    """Return an object with its readiness, which comes first, and takes the place of a field of this name."""
    return {"ready": ready, **{name: part for name, part in kept.items() if name != "ready"}}


def _ready(known_as: Readiness) -> dict[str, str]:
    """Return the value of readiness: no status where it is unknown, so that a rule on it is unknown too."""
    message = reduced_text(plain(known_as.message, MAX_MESSAGE))
    return {"message": message} if known_as.status == "Unknown" else {"status": known_as.status, "message": message}


def _picked(item: Any, fields: list[list[str]]) -> dict[str, Any]:
    picked: dict[str, Any] = {}
    for field in fields:
        _merge(picked, _pick(item, field))
    return picked


def _pick(value: Any, field: list[str]) -> Any:
    """Return the value reduced to this field; of a list, each element; {} if it is missing."""
    if not field:
        return value
    if isinstance(value, list):
        return [_pick(part, field) for part in value]
    if isinstance(value, dict):
        # Names of labels and annotations contain dots themselves: the longest existing name is used.
        for length in range(len(field), 0, -1):
            if (name := ".".join(field[:length])) in value:
                return {name: _pick(value[name], field[length:])}
    return {}


def _merge(into: dict[str, Any], more: Any) -> None:
    for name, value in more.items():
        kept = into.get(name)
        if isinstance(kept, dict) and isinstance(value, dict):
            _merge(kept, value)
        elif isinstance(kept, list) and isinstance(value, list):
            for mine, theirs in zip(kept, value, strict=True):
                if isinstance(mine, dict) and isinstance(theirs, dict):
                    _merge(mine, theirs)
        else:
            into[name] = value
