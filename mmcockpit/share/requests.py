"""Requests of seats as bytes: a command by the name of its kind, with the version of all commands."""

from collections.abc import Callable
from typing import Any, get_args

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts.free_text import without_secrets
from mmcockpit.core.text import clean, plain

COMMANDS_VERSION = 1
"""Version of the commands; a change that another version would misread raises it."""

LONGEST_TEXT = 16_384
"""Characters of one text in a command; the rest is cut off."""

_ID = 32
_KINDS: dict[str, type[commands.Command]] = {kind.__name__: kind for kind in get_args(commands.AnyCommand)}


class UnreadableRequest(ValueError):
    """Raised for bytes that are not a request of this version; the message is the reason, in one line."""


class _Written(msgspec.Struct, frozen=True, omit_defaults=True):
    version: int
    id: str = ""
    kind: str = ""
    fields: dict[str, Any] = msgspec.field(default_factory=dict)
    saw: int = 0


_read = msgspec.json.Decoder(_Written)


def encode(request: Request, redact: Callable[[str], str] | None = None) -> bytes:
    """Return a request as JSON in one line; `redact` strikes secrets out of what a person typed."""
    command = request.command if redact is None else without_secrets(request.command, redact)
    kind, fields = type(command).__name__, msgspec.to_builtins(command)
    return msgspec.json.encode(_Written(COMMANDS_VERSION, request.id, kind, fields, request.saw))


def decode(data: bytes) -> Request:
    """Return the request; its text is cleaned, and what only an engine looks up is dropped. UnreadableRequest."""
    try:
        written = _read.decode(data)
    except (ValueError, RecursionError) as error:
        raise UnreadableRequest(f"not a request: {plain(str(error), 200)}") from error
    if written.version != COMMANDS_VERSION:
        theirs, ours = written.version, COMMANDS_VERSION
        raise UnreadableRequest(
            f"commands of version {theirs}; this driver accepts version {ours}: same mmcockpit needed"
        )
    if len(written.id) != _ID or set(written.id) - set("0123456789abcdef"):
        raise UnreadableRequest("the id of a request must be 32 hexadecimal digits")
    if written.kind not in _KINDS:
        raise UnreadableRequest(f"unknown command {plain(written.kind, 40)!r}")
    try:
        command = msgspec.convert(_cleaned(written.fields), _KINDS[written.kind])
    except (ValueError, RecursionError) as error:
        raise UnreadableRequest(f"{written.kind}: {plain(str(error), 200)}") from error
    unknown = set(written.fields) - set(command.__struct_fields__)
    if unknown:
        raise UnreadableRequest(f"{written.kind}: unknown field {plain(min(unknown), 40)!r}")
    if isinstance(command, commands.RecordBaseline):
        command = msgspec.structs.replace(command, history={}, looked_up=False)
    return Request(written.id, command, max(written.saw, 0))  # type: ignore[arg-type]


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return clean(value, LONGEST_TEXT)
        case dict():
            return {_cleaned(key): _cleaned(part) for key, part in value.items()}
        case list():
            return [_cleaned(part) for part in value]
    return value
