"""Results of polls: readings and faults, and the probes that make them."""

import math
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any, Literal, Protocol

import msgspec

from mmcockpit.core.text import clean

MAX_DEPTH = 24
MAX_NODES = 20_000
MAX_CHARACTERS = 1024 * 1024
"""Maximum total length of all texts in one value, in characters."""
LONGEST_TEXT = 16 * 1024
"""Characters of one text that are processed: what is kept, and the rest of a secret that begins within it."""
LARGEST_INTEGER = 2**64
NUMBERS = frozenset({float, int})
"""The types of numbers; bool is not one of them."""


class FaultKind(StrEnum):
    """Why there is no valid result of a poll.

    SILENT and EXPIRED are set by the cockpit itself: no result for too long, or the result of an active check counted
    for its time.
    """

    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not found"
    RATE_LIMITED = "rate limited"
    SERVER_ERROR = "server error"
    QUERY = "query"
    MALFORMED = "malformed"
    TOO_LARGE = "too large"
    PARTIAL = "partial"
    STALE = "stale"
    SILENT = "silent"
    EXPIRED = "expired"
    NO_DATA = "no data"
    TLS = "tls"
    CONFIGURATION = "configuration"
    BUG = "bug"


class Reading(msgspec.Struct, frozen=True, tag="reading", omit_defaults=True, gc=False):
    """One valid result: any JSON value, with the Unix time of its newest sample where the source provides it.

    `defect` is why the value may not be judged (`NaN at [2].value`); that part of the value is null. `remark` is a note
    about a complete result, such as a warning of Prometheus; it does not change the verdict.
    """

    value: Any
    sampled: float | None = None
    defect: str = ""
    remark: str = ""


class Fault(msgspec.Struct, frozen=True, tag="fault", omit_defaults=True, gc=False):
    """Why a poll has no result; `message` is one sanitised, redacted line."""

    kind: FaultKind
    message: str


Answer = Reading | Fault


class ProbeError(Exception):
    """Raised by a probe for every expected failure."""

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retry_after_s = 0.0
        """How many seconds the server asks to wait before the next poll."""


class Probe(Protocol):
    """One configured query to one system."""

    async def read(self) -> Reading:
        """Query once; raises `ProbeError` where there is no valid result."""
        ...

    async def close(self) -> None:
        """Release the resources that only this probe holds."""
        ...


def normalise(value: Any, redact: Callable[[str], str] = str) -> tuple[Any, str]:
    """Return the value as JSON with redacted, cleaned text, and its first defect (or an empty text).

    NaN and Inf become null; null, NaN and Inf at any depth are defects, reported with their path. Values nested deeper
    than MAX_DEPTH or with more than MAX_NODES parts raise ProbeError(too large).
    """
    if type(value) is float and math.isfinite(value):
        return value, ""
    # Redacting one long text is much faster than redacting 20,000 short ones.
    everything = "\0".join(_texts(value))
    strike = cache(redact) if redact(everything) != everything else None
    try:
        return _usual(value, strike, 0), ""
    except _Unusual:
        walk = _Walk(strike or str)
        return walk.visit(value, "", 0), walk.defect


def _texts(value: Any) -> list[str]:
    """Return all texts of a value, including its keys, each cut to LONGEST_TEXT.

    Raises ProbeError(too large) for too many parts or too much text, before any redaction.
    """
    texts: list[str] = []
    waiting, nodes, room = [value], 1, MAX_CHARACTERS
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            texts.append(part[:LONGEST_TEXT])
            room -= len(texts[-1])
        elif isinstance(part, dict | list | tuple):
            nodes += len(part)
            if nodes > MAX_NODES:
                raise ProbeError(FaultKind.TOO_LARGE, f"the result has more than {MAX_NODES} values or is too deep")
            waiting.extend(part.values() if isinstance(part, dict) else part)
            if isinstance(part, dict):
                texts.extend(map(str, part))
        if room < 0:
            raise ProbeError(FaultKind.TOO_LARGE, f"the result has more than {MAX_CHARACTERS} characters of text")
    return texts


class _Unusual(Exception):
    """A part that needs the slow path: a defect, or not JSON."""


def _usual(value: Any, strike: Callable[[str], str] | None, depth: int) -> Any:
    """Return a value without defects; fast, because it runs on the engine's loop for every reading."""
    kind = type(value)
    if kind is str:
        return clean(strike(value[:LONGEST_TEXT]) if strike else value)
    if kind is bool or (kind is float and math.isfinite(value)):
        return value
    if kind is int and -LARGEST_INTEGER < value < LARGEST_INTEGER:
        return value
    if depth < MAX_DEPTH and kind is dict:
        if strike:
            return {clean(strike(str(key)), 256): _usual(part, strike, depth + 1) for key, part in value.items()}
        return {clean(str(key), 256): _usual(part, None, depth + 1) for key, part in value.items()}
    if depth < MAX_DEPTH and (kind is list or kind is tuple):
        return [_usual(part, strike, depth + 1) for part in value]
    raise _Unusual


class _Walk:
    def __init__(self, redact: Callable[[str], str]) -> None:
        self.redact = redact
        self.defect = ""
        self.nodes = 0

    def visit(self, value: Any, path: str, depth: int) -> Any:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise ProbeError(FaultKind.TOO_LARGE, f"the result has more than {MAX_NODES} values or is too deep")
        match value:
            case int():
                if not -LARGEST_INTEGER < value < LARGEST_INTEGER:
                    raise ProbeError(FaultKind.MALFORMED, f"an integer beyond 64 bits at {path or 'the top'}")
                return value
            case str():
                return clean(self.redact(value[:LONGEST_TEXT]))
            case float():
                return value if math.isfinite(value) else self._flaw(_name(value), path)
            case None:
                return self._flaw("null", path)
            case dict():
                return {
                    (name := clean(self.redact(str(key)), 256)): self.visit(part, f"{path}.{name}", depth + 1)
                    for key, part in value.items()
                }
            case list() | tuple():
                return [self.visit(part, f"{path}[{n}]", depth + 1) for n, part in enumerate(value)]
        raise ProbeError(FaultKind.MALFORMED, f"a {type(value).__name__} at {path or 'the top'} is not JSON")

    def _flaw(self, what: str, path: str) -> None:
        self.defect = self.defect or clean(f"{what} at {path.lstrip('.')}" if path else what, 256)


def _name(value: float) -> Literal["NaN", "+Inf", "-Inf"]:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
