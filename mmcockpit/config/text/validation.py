"""Translates pydantic's validation errors to our own messages, at their place in the file."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError, did_you_mean, quoted

Model = TypeVar("Model", bound=BaseModel)


class Located(Protocol):
    """Knows the position of the parts of a value: a document, or a value assembled from several."""

    def error(self, place: Place, message: str, *, key: bool = False) -> FileError:
        """Return an error at a place below the value."""
        ...


class Within:
    """A part of a document: places are relative to it."""

    def __init__(self, document: Document, base: Place) -> None:
        self.document = document
        self.base = base

    def error(self, place: Place, message: str, *, key: bool = False) -> FileError:
        """Return an error at a place below the part."""
        return self.document.error((*self.base, *place), message, key=key)


def validate(
    model: type[Model],
    value: Any,
    where: Located,
    errors: list[FileError],
    *,
    label: Place = (),
    also: Iterable[str] = (),
) -> Model | None:
    """Return the validated model of a value; None if it has mistakes, which are added to `errors`.

    `label` is the name of the value in messages; `also` are keys that are allowed in addition to the model's own.
    """
    if not isinstance(value, Mapping):
        what = _dotted(label) or "the file"
        errors.append(where.error((), f"{what} is a mapping: `key: value` lines"))
        return None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        errors.extend(_told(model, found, value, where, label, also) for found in error.errors(include_url=False))
    return None


def _told(
    model: type[BaseModel], found: Any, value: Any, where: Located, label: Place, also: Iterable[str]
) -> FileError:
    place = _place(value, found["loc"])
    named = _dotted((*label, *place)) or "the file"
    match found["type"]:
        case "extra_forbidden":
            known = _known(model, found["loc"][:-1])
            known.update(also if len(found["loc"]) == 1 else ())
            name = str(found["loc"][-1])
            message = f"unknown key{quoted(name)}{did_you_mean(name, known)}"
            return where.error(place, message, key=True)
        case "missing":
            inside = f" in {named}" if place or label else ""
            name = found["loc"][-1]
            return where.error(place, f"'{name}' is missing{inside}; add `{name}: ...`")
        case kind:
            return where.error(place, f"{named} {_words(kind, found)}")


def _words(kind: str, found: Any) -> str:
    say = _SAID.get(kind)
    return say(found.get("ctx") or {}) if say else f"is not right: {_lower(found['msg'])}"


def _lower(message: str) -> str:
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    return message[:1].lower() + message[1:]


def _pattern(context: Mapping[str, Any]) -> str:
    pattern = str(context.get("pattern", ""))
    return _PATTERNS.get(pattern[:6], f"does not match {pattern}")


_PATTERNS = {
    "^[A-Za": "is not a name; begin with a letter, then letters, digits, - and _",
    "^[a-z]": "is not a name for a value; write lower-case letters, digits and _",
    "^(#[0-": "is not a colour; write '#rrggbb' in quotes or an ANSI name such as ansi_bright_red",
}
_SECRET = re.compile(r"Secret$")
_SAID: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "mistake": lambda ctx: str(ctx["message"]),
    "string_type": lambda ctx: "is text; write one value, in quotes if need be",
    "string_too_short": lambda ctx: "is empty; write something",
    "string_too_long": lambda ctx: f"is too long; at most {ctx['max_length']} characters",
    "string_pattern_mismatch": _pattern,
    "int_type": lambda ctx: "is a whole number",
    "int_parsing": lambda ctx: "is a whole number",
    "int_from_float": lambda ctx: "is a whole number",
    "float_type": lambda ctx: "is a number",
    "float_parsing": lambda ctx: "is a number",
    "finite_number": lambda ctx: "is a finite number",
    "bool_type": lambda ctx: "is true or false",
    "bool_parsing": lambda ctx: "is true or false",
    "list_type": lambda ctx: "is a list: lines that begin with `- `, or [a, b]",
    "tuple_type": lambda ctx: "is a list: lines that begin with `- `, or [a, b]",
    "dict_type": lambda ctx: "is a mapping: `key: value` lines",
    "mapping_type": lambda ctx: "is a mapping: `key: value` lines",
    "model_type": lambda ctx: (
        "is a secret; give it by reference: {env: NAME} or {file: PATH}"
        if _SECRET.search(str(ctx.get("class_name", "")))
        else "is a mapping: `key: value` lines"
    ),
    "too_short": lambda ctx: f"is too short; at least {ctx['min_length']}",
    "too_long": lambda ctx: f"is too long; at most {ctx['max_length']}",
    "greater_than": lambda ctx: f"is too small; more than {ctx['gt']:g}",
    "greater_than_equal": lambda ctx: f"is too small; at least {ctx['ge']:g}",
    "less_than": lambda ctx: f"is too large; less than {ctx['lt']:g}",
    "less_than_equal": lambda ctx: f"is too large; at most {ctx['le']:g}",
    "literal_error": lambda ctx: f"is one of {ctx['expected']}",
}
"""Pydantic's error type to our message; it follows the name of the value and never repeats the value."""


def _place(value: Any, loc: tuple[str | int, ...]) -> Place:
    """Return the parts of a location that exist in the value: pydantic also lists unions and missing keys."""
    place: list[str | int] = []
    for part in loc:
        inside = (isinstance(value, Mapping) and part in value) or (
            isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)
        )
        if inside:
            value = value[part]
            place.append(part)
    return tuple(place)


def _dotted(place: Place) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.lstrip(".")


def _known(model: type[BaseModel], loc: tuple[str | int, ...]) -> set[str]:
    """Return the keys that the model knows at a location."""
    models: set[type[BaseModel]] = {model}
    for part in loc:
        fields = [field for each in models for name, field in _fields(each) if name == part]
        if fields:
            models = {found for field in fields for found in _models(field.annotation)}
    return {name for each in models for name, _ in _fields(each)}


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    return ((field.alias or name, field) for name, field in model.model_fields.items())


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
