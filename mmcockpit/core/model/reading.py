"""What came back from asking a system: a reading about the target, or a fault of the asking."""

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
"""Characters of all texts of one value."""
LONGEST_TEXT = 16 * 1024
"""Characters of a text that are looked at: all that is kept, and the rest of a secret that begins in it."""
LARGEST_INTEGER = 2**64


class FaultKind(StrEnum):
    """Why a question got no valid answer."""

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
    NO_DATA = "no data"
    TLS = "tls"
    CONFIGURATION = "configuration"
    BUG = "bug"


class Reading(msgspec.Struct, frozen=True, tag="reading", omit_defaults=True, gc=False):
    """One valid answer: any JSON value, with the Unix time of its newest sample where the source tells.

    `defect` says why the value may not be judged (`NaN at [2].value`); the place itself then holds null.
    `remark` is a note about a complete result, such as one of the engine of Prometheus; it changes no verdict.
    """

    value: Any
    sampled: float | None = None
    defect: str = ""
    remark: str = ""


class Fault(msgspec.Struct, frozen=True, tag="fault", omit_defaults=True, gc=False):
    """One failure to get an answer; `message` is one cleaned, redacted line."""

    kind: FaultKind
    message: str


Answer = Reading | Fault


class ProbeError(Exception):
    """Raised by a probe for every expected failure to ask."""

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class Probe(Protocol):
    """Asks one question of one system."""

    async def read(self) -> Reading:
        """Ask once; raise `ProbeError` where no valid answer came."""
        ...

    async def close(self) -> None:
        """Let go of what only this probe holds."""
        ...


def normalise(value: Any, redact: Callable[[str], str] = str) -> tuple[Any, str]:
    """Return the value as JSON with redacted, cleaned text, and the first defect found in it (or an empty string).

    NaN and Inf become null; null, NaN and Inf at any depth are defects, named with their place.
    Values nested deeper than MAX_DEPTH or with more than MAX_NODES parts raise ProbeError(too large).
    """
    # Striking secrets out of one long text is much quicker than out of 20,000 short ones.
    everything = "\0".join(_texts(value))
    strike = cache(redact) if redact(everything) != everything else None
    try:
        return _usual(value, strike, 0), ""
    except _Unusual:
        walk = _Walk(strike or str)
        return walk.visit(value, "", 0), walk.defect


def _texts(value: Any) -> list[str]:
    """Return the texts of a value, those of its keys too, as far as they are kept.

    ProbeError(too large) for a value of too many parts or too much text, before any work is put into it.
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
                raise ProbeError(FaultKind.TOO_LARGE, f"the answer has more than {MAX_NODES} values or is too deep")
            waiting.extend(part.values() if isinstance(part, dict) else part)
            if isinstance(part, dict):
                texts.extend(map(str, part))
        if room < 0:
            raise ProbeError(FaultKind.TOO_LARGE, f"the answer has more than {MAX_CHARACTERS} characters of text")
    return texts


class _Unusual(Exception):
    """A part that has to be looked at closely: a defect, or no JSON."""


def _usual(value: Any, strike: Callable[[str], str] | None, depth: int) -> Any:
    """Return a value whose parts are all usual; quick, because it is done on the engine's loop for every reading."""
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
            raise ProbeError(FaultKind.TOO_LARGE, f"the answer has more than {MAX_NODES} values or is too deep")
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
