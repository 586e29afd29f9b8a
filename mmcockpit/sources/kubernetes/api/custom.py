"""Objects of kinds that a product adds to a cluster: found by API discovery, read as declared structs."""

import re
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.redaction import STRUCK_OUT
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient, NotThere
from mmcockpit.sources.kubernetes.api.kinds import ObjectKind

Item = TypeVar("Item")
LONGEST_TEXT = 1_000
"""Characters kept of one text: what a metric returned, or the output of a failed sync, may be long."""
_LOGIN = re.compile(r"(://)[^/@\s]+@")
"""User, password or token in a URL, such as that of a repository."""


class ObjectMeta(msgspec.Struct, frozen=True, gc=False):
    """The fields read of an object's metadata."""

    name: str
    uid: str = ""
    generation: int = 0
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None

    def annotation(self, name: str) -> str:
        """Return an annotation; empty if there is none."""
        return (self.annotations or {}).get(name, "")


class ObjectCondition(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One condition of a status."""

    type: str
    status: str = ""
    reason: str = ""
    message: str = ""
    observed_generation: int | None = None
    last_transition_time: datetime | None = None


def bounded(value: Any) -> Any:
    """Return a value whose texts, written by other programs, are cut and have no logins in their URLs."""
    if isinstance(value, dict):
        return {key: bounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [bounded(part) for part in value]
    return (
        _LOGIN.sub(rf"\1{STRUCK_OUT}@", value[: 2 * LONGEST_TEXT])[:LONGEST_TEXT] if isinstance(value, str) else value
    )


async def installed(cluster: ClusterClient, kind: str, product: str) -> ObjectKind:
    """Return a kind such as `Rollout.argoproj.io`; ProbeError(not found) names the product that the cluster lacks."""
    try:
        return await cluster.kind(kind)
    except ProbeError as error:
        if error.kind is not FaultKind.NOT_FOUND:
            raise
        why = f"{cluster.host}: the cluster has no {product} (kind {kind})"
        raise ProbeError(FaultKind.NOT_FOUND, why) from None


async def find_typed(
    cluster: ClusterClient, kind: ObjectKind, namespace: str, name: str, decoder: "msgspec.json.Decoder[Item]"
) -> tuple[Item, float | None] | None:
    """Return an object and the server's time (Unix seconds); None if it does not exist."""
    try:
        reply = await cluster.get(kind.path(namespace, name))
    except NotThere:
        return None
    except ProbeError as error:
        if error.kind is FaultKind.NOT_FOUND:
            # The path itself is missing: the kind was removed, or is served in another version.
            cluster.gone(kind)
        raise
    return cluster.decode(decoder, reply), reply.date


def age_s(then: datetime | None, now: float | None) -> int | None:
    """Return the seconds since a time, by the server's clock; None if one of the two is unknown."""
    return None if then is None or now is None else max(0, int(now - then.timestamp()))


def known_age_s(cluster: ClusterClient, then: datetime | None, now: float | None) -> int | None:
    """Return the seconds since a time by which a status is judged; None without that time.

    ProbeError(malformed) if the server's time is unknown: a status of any age could pass.
    """
    if then is not None and now is None:
        raise ProbeError(FaultKind.MALFORMED, f"{cluster.host}: response has no Date header")
    return age_s(then, now)
