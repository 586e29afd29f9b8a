"""Encodes a fact as one line of JSON, and decodes it.

A line is `[seq, at, shift, tag, body, prev]`, or `[seq, at, shift, tag, body, envelope, prev]`. `at` is in session
seconds; `shift` the milliseconds by which the wall clock differs from `base + at`, except on the first line, where it
is the base itself (wall - at, in ms); `tag` the class name of the body; `body` an object of its fields that differ from
their defaults; `envelope` an object of the event's own optional fields, written only if one of them is set; `prev` the
link of the previous line. `Observed`, of which there are hundreds of thousands, has the tag `o` and a positional body,
cut after the last field that is not its default. Schema 1 wrote its tag in full, which can be read as well. `schema2`
converts the bodies of schemas 1 and 2.
"""

import math
from binascii import b2a_base64
from hashlib import blake2b
from typing import Annotated, Any, get_args

import msgspec

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import SCHEMA, AnyBody, Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.text import clean
from mmcockpit.journal import schema2
from mmcockpit.journal.observation import NAMES, Observation, observed, of_schema2, positions
from mmcockpit.journal.unknown_fields import unknown_fields

MAX_LINE = 16 * 1024 * 1024
"""Maximum length of a line that is read or written, in bytes."""

_NO_CUT = 4 * MAX_LINE
_BACKSLASH, _DELETE = b"\\\x7f"
_OBSERVED = frozenset({"o", "Observed"})


class UnreadableLine(ValueError):
    """Raised for a line that is not a fact; the message is the reason, in one line."""


class Unwritable(ValueError):
    """Raised for a fact that JSON cannot represent: a bug in the code that made it."""


class _Line(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    at: Annotated[float, msgspec.Meta(ge=-1e10, le=1e10)]
    shift: Annotated[int, msgspec.Meta(ge=-(10**15), le=10**15)]
    tag: str
    body: msgspec.Raw
    prev: str


class _Schema(msgspec.Struct):
    """The major version in a first line; schema 1 did not write it."""

    schema: int = 1


class _Observing(_Line, array_like=True, forbid_unknown_fields=True, gc=False):
    """A line of `Observed`, decoded in one step."""

    body: Observation  # type: ignore[assignment]


class _Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of an event that are seldom set; `unknown` are those that this version does not know."""

    identity: str = ""
    command_id: str = ""
    epoch: int = 0
    unknown: dict[str, Any] | None = None


class _Enveloped(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """A line with an envelope."""

    seq: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    at: Annotated[float, msgspec.Meta(ge=-1e10, le=1e10)]
    shift: Annotated[int, msgspec.Meta(ge=-(10**15), le=10**15)]
    tag: str
    body: msgspec.Raw
    envelope: msgspec.Raw
    prev: str


_TYPES: dict[str, type[AnyBody]] = {kind.__name__: kind for kind in get_args(AnyBody)}
_line = msgspec.json.Decoder(_Line)
_enveloped = msgspec.json.Decoder(_Enveloped)
_observing = msgspec.json.Decoder(_Observing).decode
_bodies = {tag: msgspec.json.Decoder(kind) for tag, kind in _TYPES.items() if kind is not facts.Observed}
_json = msgspec.json.Encoder()
_any = msgspec.json.Decoder()
_schema = msgspec.json.Decoder(_Schema)


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def link(line: bytes) -> str:
    """Return the 16 characters with which the next line links to this one (its bytes without the line feed)."""
    return str(b2a_base64(blake2b(line, digest_size=12).digest(), newline=False).translate(_URL_SAFE), "ascii")


ROOT = link(b"")
"""The link in the first line, which has no previous line."""


def prev_of(line: bytes) -> str:
    """Return the link to the previous line that a line contains; arbitrary text for a damaged line."""
    return line[-18:-2].decode("ascii", "replace")


def base_of(stamp: Stamp) -> int:
    """Return the base of a journal whose first line has this stamp: the wall clock at session second 0, in ms."""
    return round(stamp.wall * 1000) - round(stamp.at * 1000)


def schema_of(event: Event) -> int:
    """Return the major version of a journal's facts, from its first fact."""
    return event.body.schema if isinstance(event.body, facts.Opened) else SCHEMA


def encode(event: Event, prev: str = ROOT, base: int | None = None) -> bytes:
    """Return the event as one line with its line feed; without a base it is the first line and contains the base.

    Raises Unwritable for what JSON cannot represent: other types than JSON's, lone surrogates, NaN in points, lines
    longer than MAX_LINE.
    """
    at = round(event.stamp.at * 1000)
    shift = round(event.stamp.wall * 1000) - at - (base or 0)
    try:
        line = b'[%d,%b,%d,"%b",%b,%b"%b"]\n' % (
            event.seq,
            _json.encode(at / 1000),
            shift,
            _tag(event.body).encode("ascii"),
            _encode_body(event.body),
            _encode_envelope(event),
            prev.encode("ascii"),
        )
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Unwritable(f"{type(event.body).__name__} #{event.seq} cannot be written as JSON: {error}") from error
    if len(line) > MAX_LINE:
        raise Unwritable(f"{type(event.body).__name__} #{event.seq} is longer than {MAX_LINE} bytes")
    return line


def decode(line: bytes, base: int | None = None, schema: int = SCHEMA) -> Event:
    """Return the event of a line (without its line feed); without a base it is the first line, which contains the base.

    `schema` is that of the journal's first line; the first line itself needs none.

    All text is cleaned again: journals are hostile input. An unknown tag, or a body that does not fit its tag, becomes
    `Unread`. Raises Unreadable if not even the line's frame can be read.
    """
    # Searching bytes for an integer takes a tenth of the time of searching for a bytes object.
    harmless = line.isascii() and _BACKSLASH not in line and _DELETE not in line
    if harmless:
        try:
            frame = _observing(line)
            if frame.tag in _OBSERVED and (schema >= SCHEMA or not frame.body.because):
                at = round(frame.at * 1000)
                stamp = Stamp(at / 1000, (at + frame.shift + (base or 0)) / 1000)
                return Event(frame.seq, stamp, observed(frame.body))
        except (ValueError, RecursionError):
            pass
    return _decode(line, base, schema, harmless)


def _decode(line: bytes, base: int | None, schema: int, harmless: bool) -> Event:
    try:
        frame: _Line | _Enveloped = _line.decode(line)
    except (ValueError, RecursionError) as error:
        try:
            frame = _enveloped.decode(line)
        except (ValueError, RecursionError):
            raise UnreadableLine(clean(f"not a fact: {error}", 200)) from error
    at = round(frame.at * 1000)
    stamp = Stamp(at / 1000, (at + frame.shift + (base or 0)) / 1000)
    try:
        body, unknown = _decode_body(frame.tag, frame.body, schema, harmless)
    except (ValueError, KeyError, TypeError, RecursionError):
        text = bytes(frame.body).decode("utf-8", "replace")
        body, unknown = facts.Unread(clean(frame.tag, 256), clean(text, _NO_CUT)), {}
    if isinstance(frame, _Line):
        return Event(frame.seq, stamp, body, unknown=unknown or None)
    envelope, others = _decode_envelope(frame.envelope)
    unknown = {**(envelope.unknown or {}), **others, **unknown}
    return Event(frame.seq, stamp, body, True, envelope.identity, envelope.command_id, envelope.epoch, unknown or None)


def knows(tag: str) -> bool:
    """Return whether this version knows facts with this tag."""
    return tag in _TYPES or tag in _OBSERVED


def normal(body: AnyBody) -> AnyBody:
    """Return the body with all its text cleaned: as it is after a journal has been written and read."""
    value = _clean_all(msgspec.to_builtins(body))
    return msgspec.convert(value, type(body))


def _tag(body: AnyBody) -> str:
    return "o" if isinstance(body, facts.Observed) else type(body).__name__


def _encode_body(body: AnyBody) -> bytes:
    match body:
        case facts.Observed():
            return _json.encode(positions(body))
        case facts.Backfilled() if not all(math.isfinite(part) for point in body.points for part in point):
            raise ValueError("its points hold NaN or infinity")
    # Bodies are tagged structs: their JSON begins with {"type":"NAME"; the name is already in the line, so it is cut
    # off.
    fields = _json.encode(body)[len(type(body).__name__) + 10 :]
    return b"{" + fields[1:] if fields[:1] == b"," else b"{}"


def _encode_envelope(event: Event) -> bytes:
    if not (event.identity or event.command_id or event.epoch or event.unknown):
        return b""
    return _json.encode(_Envelope(event.identity, event.command_id, event.epoch, event.unknown)) + b","


def _decode_envelope(raw: msgspec.Raw) -> tuple[_Envelope, dict[str, Any]]:
    """Return the envelope and its unknown fields; one that is not readable is an unknown field itself."""
    try:
        fields = _clean_all(_any.decode(raw))
        envelope = msgspec.convert(fields, _Envelope)
    except (ValueError, RecursionError):
        return _Envelope(), {"envelope": clean(bytes(raw).decode("utf-8", "replace"), _NO_CUT)}
    return envelope, dict(unknown_fields(fields, envelope))


def _decode_body(tag: str, raw: msgspec.Raw, schema: int, harmless: bool) -> tuple[AnyBody, dict[str, Any]]:
    """Return the body of a fact, and its fields that this version does not know."""
    if tag == "Opened":
        schema = _schema.decode(raw).schema
    if schema >= SCHEMA and harmless and tag not in _OBSERVED:
        body = _bodies[tag].decode(raw)
        # What this version wrote is the same bytes again; only other lines are compared field by field.
        if _encode_body(body) == bytes(raw):
            return body, {}
    fields = _any.decode(raw) if harmless else _clean_all(_any.decode(raw))
    if tag in _OBSERVED:
        fields = fields if schema >= SCHEMA else of_schema2(fields)
        observation = msgspec.convert(fields[: len(NAMES)], Observation)
        return observed(observation), dict(unknown_fields(fields, observation))
    fields = fields if schema >= SCHEMA else schema2.converted(tag, fields)
    body = msgspec.convert(fields, _TYPES[tag])
    return body, dict(unknown_fields(fields, body))


def _clean_all(value: Any) -> Any:
    match value:
        case str():
            return clean(value, _NO_CUT)
        case dict():
            return {_clean_all(key): _clean_all(part) for key, part in value.items()}
        case list() | tuple():
            return [_clean_all(part) for part in value]
    return value
