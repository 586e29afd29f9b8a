"""Any Kubernetes object or list, reduced; Secrets only by size, encoding and whether they are placeholders."""

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError, Reading
from mmcockpit.core.text import plain
from mmcockpit.sources.common.secrets import STRUCK_OUT
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient, NotThere, RequestRefused
from mmcockpit.sources.kubernetes.api.kinds import KINDS, ObjectKind
from mmcockpit.sources.kubernetes.api.page import ListPage, Query
from mmcockpit.sources.kubernetes.api.permissions import Permission, reading
from mmcockpit.sources.kubernetes.kstatus import Readiness, readiness
from mmcockpit.sources.kubernetes.probe import ClusterProbe

MAX_LISTED = 2_000
MAX_MESSAGE = 300
PLACEHOLDERS = (
    *("REPLACE_WITH_", "REPLACE_ME", "REPLACEME", "CHANGE_ME", "CHANGE-ME", "CHANGEME", "PLACEHOLDER"),
    *("YOUR_", "YOUR-", "INSERT_", "TODO", "FIXME", "DUMMY"),
)
"""Beginnings, in capitals, of values that have not been filled in."""
KEY_LENGTH = 43
"""Characters of 32 bytes in base64: from this length, the URL alphabet and missing padding also count as base64."""
_TEMPLATE = re.compile(r"<[^<>]*>|\$\{[^}]*\}|\$\([^)]*\)|\{\{.*\}\}", re.DOTALL)
"""A value that is a variable or a hint: <your-password>, ${PASSWORD}, {{ .Values.password }}."""
_DROPPED = frozenset({"managedFields", "kubectl.kubernetes.io/last-applied-configuration"})
_SECRET_NAME = re.compile(r"PASSW|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY|_KEY$|DSN", re.IGNORECASE)
_URL_SAFE = str.maketrans("-_", "+/")
_LOGIN = re.compile(r"(://[^/@\s:]*:)[^/@\s]+@")
"""The password in a URL."""


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
        known_as = judged(kind, document, reply.date)
        remark = f"readiness unknown: {known_as.message}" if known_as.status == "Unknown" else ""
        return Reading({"exists": True, **reduced(kind, document), "ready": _ready(known_as)}, remark=remark)


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
                {**reduced(kind, item), "ready": _ready(judged(kind, item, reply.date))}
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


def _ready(known_as: Readiness) -> dict[str, str]:
    """Return the value of readiness: no status where it is unknown, so that a rule on it is unknown too."""
    message = str(_reduced(plain(known_as.message, MAX_MESSAGE)))
    return {"message": message} if known_as.status == "Unknown" else {"status": known_as.status, "message": message}


def reduced(kind: ObjectKind, written: dict[str, Any]) -> dict[str, Any]:
    """Return an object without nulls, managed fields and likely secrets; of a Secret only the properties of its keys.

    Struck out are values with names such as DB_PASSWORD in `env` lists and ConfigMaps, and passwords in URLs.
    """
    if (kind.group, kind.plural) == ("", "secrets"):
        return _secret(written)
    kept: dict[str, Any] = _reduced(written)
    if (kind.group, kind.plural) == ("", "configmaps") and isinstance(kept.get("data"), dict):
        kept["data"] = {
            name: STRUCK_OUT if value and _SECRET_NAME.search(name) else value for name, value in kept["data"].items()
        }
    return kept


def _reduced(value: Any) -> Any:
    match value:
        case {"name": str(name), "value": str(text)} if text and _SECRET_NAME.search(name):
            return {"name": name, "value": STRUCK_OUT}
        case dict():
            return {name: _reduced(part) for name, part in value.items() if part is not None and name not in _DROPPED}
        case list():
            return [_reduced(part) for part in value if part is not None]
        case str() if "://" in value:
            return _LOGIN.sub(rf"\1{STRUCK_OUT}@", value)
    return value


def _secret(secret: dict[str, Any]) -> dict[str, Any]:
    """Reduce a Secret: per key {bytes, base64, placeholder}, and decoded_bytes if the value is base64 text.

    `bytes` is the length of the value without trailing line ends, `base64` whether the value is itself base64 text (of
    either alphabet, padded or not), `placeholder` whether it is empty, a template or begins like one of PLACEHOLDERS.
    """
    metadata = secret.get("metadata") or {}
    data = secret.get("data") or {}
    if not isinstance(metadata, dict) or not isinstance(data, dict):
        raise ProbeError(FaultKind.MALFORMED, "a Secret without metadata or data")
    return {
        "metadata": {name: metadata[name] for name in ("name", "namespace", "creationTimestamp") if metadata.get(name)},
        "type": str(secret.get("type") or "Opaque"),
        "data": {str(key): _key(value) for key, value in data.items()},
    }


def _key(encoded: Any) -> dict[str, Any]:
    try:
        value = base64.b64decode(str(encoded or ""), validate=True)
    except (binascii.Error, ValueError):
        raise ProbeError(FaultKind.MALFORMED, "a key of a Secret is not base64") from None
    text = value.decode("utf-8", "replace").strip()
    placeholder = not text or text.upper().startswith(PLACEHOLDERS) or bool(_TEMPLATE.fullmatch(text))
    decoded = _decoded_bytes(text)
    reduced_value = {"bytes": len(value.rstrip(b"\r\n")), "base64": decoded > 0, "placeholder": placeholder}
    return {**reduced_value, "decoded_bytes": decoded} if decoded else reduced_value


def _decoded_bytes(text: str) -> int:
    """Return the decoded length of base64 text, 0 for any other text."""
    if len(text) >= KEY_LENGTH:
        # Short words with a hyphen would look like the URL alphabet.
        text = text.translate(_URL_SAFE).rstrip("=")
        text += "=" * (-len(text) % 4)
    try:
        return len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return 0


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
