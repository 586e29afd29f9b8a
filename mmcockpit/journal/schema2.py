"""Converts the facts of schemas 1 and 2 to the current shapes, before they are decoded.

A conversion gets the body of a fact as a new dict, by field names, and returns the body in the current shape. It must
return a body unchanged that has the current shape already: a session that began with schema 2 and was resumed by this
version has both kinds of lines. `Observed`, which is positional in a line, is passed by the names of schema 2.
"""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.model.refusal import Code

Conversion = Callable[[dict[str, Any]], dict[str, Any]]

OBSERVED = ("signal", "value", "ms", "agree", "of", "sampled", "level", "raw", "because", "flaw", "fault", "remark")
"""The fields of `Observed` in schema 2, by position."""


def converted(tag: str, body: Any) -> Any:
    """Return the body of a fact of schema 1 or 2 in the current shape."""
    conversion = CONVERSIONS.get(tag)
    return conversion(body) if conversion is not None and isinstance(body, dict) else body


def verdict(fields: dict[str, Any]) -> dict[str, Any]:
    """Return a verdict in the current shape; also that of `Observed`, whose fields contain those of its verdict."""
    return fields


def _opened(body: dict[str, Any]) -> dict[str, Any]:
    """Convert the state that a journal carries over from the one before it."""
    continues = body.get("continues")
    if not isinstance(continues, dict) or not isinstance(continues.get("state"), dict):
        return body
    return {**body, "continues": {**continues, "state": _state(continues["state"])}}


def _state(value: Any) -> Any:
    """Convert all facts and verdicts in a carried state, at any depth."""
    match value:
        case {"type": str(tag), **fields} if tag in CONVERSIONS:
            return {"type": tag, **converted(tag, {name: _state(part) for name, part in fields.items()})}
        case {"level": _, "raw": _}:
            return verdict(dict(value))
        case dict():
            return {name: _state(part) for name, part in value.items()}
        case list() | tuple():
            return [_state(part) for part in value]
    return value


def _refused(body: dict[str, Any]) -> dict[str, Any]:
    """Keep the sentence of a refusal, which was all there was."""
    if "because" not in body:
        return body
    rest = {name: part for name, part in body.items() if name != "because"}
    return {**rest, "refusal": {"code": str(Code.RECORDED_TEXT), "text": body["because"]}}


CONVERSIONS: dict[str, Conversion] = {
    "Refused": _refused,
    "Opened": _opened,
}
"""By tag, for the facts whose shape differs. `Observed` is converted by `verdict`."""
