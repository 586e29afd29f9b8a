"""Translates pydantic's validation errors to our own messages, at their place in the file."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from mmcockpit.config.text.document import Mistake, Place, Report
from mmcockpit.config.text.error import did_you_mean, nearest, quoted
from mmcockpit.core.words.amounts import counted

Model = TypeVar("Model", bound=BaseModel)


_SYNONYMS = {
    **dict.fromkeys(("depends_on", "dependson", "depends", "requires", "after"), "needs"),
    **dict.fromkeys(("owner", "assigned_to", "who"), "assignee"),
    **dict.fromkeys(("if", "condition", "only_if"), "when"),
    **dict.fromkeys(("run", "cmd", "exec", "script", "shell"), "command"),
    **dict.fromkeys(("sleep", "pause", "delay"), "wait"),
    **dict.fromkeys(("duration", "takes"), "estimate"),
    **dict.fromkeys(("input", "prompt", "question"), "ask"),
    **dict.fromkeys(("on_error", "onfailure", "rescue"), "on_fail"),
    **dict.fromkeys(("clusters",), "targets"),
    **dict.fromkeys(("description", "desc", "details"), "text"),
    "command": "argv",
    "interval": "every",
    "runbook": "procedure",
}
"""What other tools call a key, to its name here."""


def validated(
    model: type[Model], value: Any, report: Report, *, label: Place = (), also: Iterable[str] = ()
) -> Model | None:
    """Return the validated model of a value; None if it has mistakes, which are reported.

    `label` is the name of the value in messages; `also` are keys that are allowed in addition to the model's own.
    """
    if not isinstance(value, Mapping):
        name = _dotted(label) or "the file"
        report(Mistake((), f"{name} must be a mapping: lines of `key: value`"))
        return None
    try:
        return model.model_validate(value)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
        misspelled = {_meant(model, error) for error in errors if error["type"] == "extra_forbidden"}
        for error in errors:
            if not _follows(error, misspelled):
                report(_mistake(model, error, value, label, also))
    return None


def _meant(model: type[BaseModel], error: Any) -> tuple[str | int, ...]:
    """Return the place of the key that an unknown key probably means."""
    *parents, key = error["loc"]
    known = _known(model, tuple(parents))
    return (*parents, _synonym(str(key), known) or nearest(str(key), known))


def _synonym(key: str, known: Iterable[str]) -> str:
    """Return the known key that another tool calls so; empty if there is none."""
    meant = _SYNONYMS.get(key.lower().replace("-", "_"), "")
    return meant if meant in known else ""


def _follows(error: Any, misspelled: set[tuple[str | int, ...]]) -> bool:
    """Return whether an error only follows from another one.

    A key is missing because it is misspelled; a list is too short because pydantic left out its entries with mistakes.
    """
    if error["type"] == "missing":
        return error["loc"] in misspelled
    entries = error["input"]
    return error["type"] == "too_short" and isinstance(entries, list) and len(entries) >= error["ctx"]["min_length"]


def _mistake(model: type[BaseModel], error: Any, value: Any, label: Place, also: Iterable[str]) -> Mistake:
    place = _place(value, error["loc"])
    name = _dotted((*label, *place)) or "the file"
    match error["type"]:
        case "extra_forbidden":
            known = _known(model, error["loc"][:-1])
            known.update(also if len(error["loc"]) == 1 else ())
            key = str(error["loc"][-1])
            meant = _synonym(key, known)
            hint = f"; did you mean '{meant}'?" if meant else did_you_mean(key, known)
            return Mistake(place, f"unknown key{quoted(key)}{hint}", key=True)
        case "missing":
            inside = f" in {name}" if place or label else ""
            key = error["loc"][-1]
            return Mistake(place, f"missing '{key}'{inside}; add `{key}: ...`")
        case kind:
            return Mistake(place, f"{name} {_words(kind, error)}")


def _words(kind: str, error: Any) -> str:
    words = _WORDS.get(kind)
    return words(error.get("ctx") or {}) if words else f"is not valid: {_lower(error['msg'])}"


def _lower(message: str) -> str:
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    return message[:1].lower() + message[1:]


def _pattern(context: Mapping[str, Any]) -> str:
    pattern = str(context.get("pattern", ""))
    return _PATTERNS.get(pattern[:6], f"must match {pattern}")


_PATTERNS = {
    "^[A-Za": "is not a valid name; use letters, digits, - and _, and begin with a letter",
    "^[a-z]": "is not a valid name of a value; use lower-case letters, digits and _, and begin with a letter",
    "^[a-z0": "is not a valid tag; use lower-case letters, digits and -, such as errors or cache-hits",
    "^(#[0-": "is not a colour; write '#rrggbb' in quotes, or an ANSI name such as ansi_bright_red",
}
_SECRET = re.compile(r"Secret$")
_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "mistake": lambda ctx: str(ctx["message"]),
    "string_type": lambda ctx: "must be text: one value, in quotes if necessary",
    "string_too_short": lambda ctx: "must not be empty",
    "string_too_long": lambda ctx: f"must have at most {counted(ctx['max_length'], 'character')}",
    "string_pattern_mismatch": _pattern,
    "int_type": lambda ctx: "must be a whole number",
    "int_parsing": lambda ctx: "must be a whole number",
    "int_from_float": lambda ctx: "must be a whole number",
    "float_type": lambda ctx: "must be a number",
    "float_parsing": lambda ctx: "must be a number",
    "finite_number": lambda ctx: "must be a finite number",
    "bool_type": lambda ctx: "must be true or false",
    "bool_parsing": lambda ctx: "must be true or false",
    "list_type": lambda ctx: "must be a list: lines that begin with `- `, or [a, b]",
    "tuple_type": lambda ctx: "must be a list: lines that begin with `- `, or [a, b]",
    "dict_type": lambda ctx: "must be a mapping: lines of `key: value`",
    "mapping_type": lambda ctx: "must be a mapping: lines of `key: value`",
    "model_type": lambda ctx: (
        "is a secret; write a reference: {env: NAME} or {file: PATH}"
        if _SECRET.search(str(ctx.get("class_name", "")))
        else "must be a mapping: lines of `key: value`"
    ),
    "too_short": lambda ctx: f"must have at least {counted(ctx['min_length'], 'entry', 'entries')}",
    "too_long": lambda ctx: f"must have at most {counted(ctx['max_length'], 'entry', 'entries')}",
    "greater_than": lambda ctx: f"must be > {ctx['gt']:g}",
    "greater_than_equal": lambda ctx: f"must be >= {ctx['ge']:g}",
    "less_than": lambda ctx: f"must be < {ctx['lt']:g}",
    "less_than_equal": lambda ctx: f"must be <= {ctx['le']:g}",
    "literal_error": lambda ctx: f"must be {ctx['expected']}",
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
            models = {each for field in fields for each in _models(field.annotation)}
    return {name for each in models for name, _ in _fields(each)}


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    return ((field.alias or name, field) for name, field in model.model_fields.items())


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
