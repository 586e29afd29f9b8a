"""Decodes request bodies in Kubernetes' protobuf, which kubectl sends where it uses typed clients; responses are JSON.

messages.txt has one message per line, its fields as number:name:type, from the generated.proto files of k8s.io/api
v0.37.2: [] is a list, {} a map from strings, no name means that the fields are inlined in the parent. Status is left
out: no client sends it this way.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from mmcockpit.simulator.kubernetes.api.errors import bad_request
from mmcockpit.simulator.kubernetes.objects import Object, stamp

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\0"
OPTIONAL = frozenset(
    (
        *("replicas", "minReplicas", "revisionHistoryLimit", "partition", "parallelism", "completions", "backoffLimit"),
        *("terminationGracePeriodSeconds", "gracePeriodSeconds", "activeDeadlineSeconds", "ttlSecondsAfterFinished"),
        *("runAsUser", "runAsGroup", "fsGroup", "runAsNonRoot", "privileged", "allowPrivilegeEscalation", "suspend"),
        *("readOnlyRootFilesystem", "automountServiceAccountToken", "enableServiceLinks"),
    )
)
"""Fields that are pointers in Go: zero is a value for these; for all others, it means that the field is not set."""

Raw = int | bytes


class Field(NamedTuple):
    """One field of a message: JSON name ("" for inline), type, and "", "[]" or "{}"."""

    name: str
    type: str
    shape: str


def decode(body: bytes) -> Object:
    """Return the object in a body; ApiError 400 if it cannot be decoded."""
    if not body.startswith(MAGIC):
        raise bad_request("the body is not in the protobuf form of Kubernetes")
    try:
        envelope = dict(_fields(body[len(MAGIC) :]))
        head = {number: str(_bytes(value), "utf-8") for number, value in _fields(_bytes(envelope[1]))}
        version, kind = head[1], head[2]
        group = version.partition("/")[0].partition(".")[0] if "/" in version else "core"
        name = "meta/v1.DeleteOptions" if kind == "DeleteOptions" else f"{group}/{version.rpartition('/')[2]}.{kind}"
        return {"apiVersion": version, "kind": kind} | _message(name, _bytes(envelope.get(2, b"")))
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise bad_request(f"couldn't read the protobuf body: {error!r}") from error


@cache
def _messages() -> dict[str, dict[int, Field]]:
    text = resources.files(__package__).joinpath("messages.txt").read_text("utf-8")
    messages = {}
    for line in text.splitlines():
        name, *parts = line.split(" ")
        messages[name] = {int(number): _field(rest) for number, _, rest in (part.partition(":") for part in parts)}
    return messages


def _field(text: str) -> Field:
    name, _, kind = text.partition(":")
    shape = kind[-2:] if kind.endswith(("[]", "{}")) else ""
    return Field(name, kind.removesuffix(shape), shape)


def _fields(raw: bytes) -> Iterator[tuple[int, Raw]]:
    """Yield the fields of a message as numbers and bytes, in order."""
    position = 0
    while position < len(raw):
        tag, position = _varint(raw, position)
        number, wire = tag >> 3, tag & 7
        value: Raw
        if wire == 0:
            value, position = _varint(raw, position)
        elif wire == 2:
            length, position = _varint(raw, position)
            if position + length > len(raw):
                raise ValueError("the body ends too early")
            value, position = raw[position : position + length], position + length
        else:
            length = {1: 8, 5: 4}[wire]
            value, position = raw[position : position + length], position + length
        yield number, value


def _varint(raw: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return value, position


def _bytes(value: Raw) -> bytes:
    if isinstance(value, int):
        raise TypeError("a number where a message was expected")
    return value


def _message(name: str, raw: bytes) -> Object:
    known = _messages()[name]
    fields: Object = {}
    for number, value in _fields(raw):
        field = known.get(number)
        if field is None:
            continue
        if field.shape == "{}":
            entry = dict(_fields(_bytes(value)))
            key = str(_bytes(entry.get(1, b"")), "utf-8")
            fields.setdefault(field.name, {})[key] = _value(field, entry.get(2, b""))
        elif field.shape == "[]":
            fields.setdefault(field.name, []).append(_value(field, value))
        elif field.name == "":
            fields |= _value(field, value)
        else:
            read = _value(field, value)
            if read not in ("", 0, False, None) or (field.name in OPTIONAL and read != ""):
                fields[field.name] = read
    return fields


def _value(field: Field, value: Raw) -> Any:
    scalar = SCALARS.get(field.type)
    return scalar(value) if scalar else _message(field.type, _bytes(value))


def _integer(value: Raw) -> int:
    number = int(value) if isinstance(value, int) else 0
    return number - (1 << 64) if number >= 1 << 63 else number


def _text(value: Raw) -> str:
    return str(_bytes(value), "utf-8")


def _quantity(value: Raw) -> str:
    return _text(dict(_fields(_bytes(value))).get(1, b""))


def _int_or_string(value: Raw) -> int | str:
    parts = dict(_fields(_bytes(value)))
    return _text(parts.get(3, b"")) if parts.get(1) == 1 else _integer(parts.get(2, 0))


def _time(value: Raw) -> str | None:
    seconds = _integer(dict(_fields(_bytes(value))).get(1, 0))
    return stamp(datetime.fromtimestamp(seconds, UTC)) if seconds > 0 else None


SCALARS: dict[str, Callable[[Raw], Any]] = {
    "string": _text,
    "bytes": lambda value: base64.b64encode(_bytes(value)).decode(),
    "bool": bool,
    "int32": _integer,
    "int64": _integer,
    "quantity": _quantity,
    "intorstring": _int_or_string,
    "time": _time,
    "microtime": _time,
}
