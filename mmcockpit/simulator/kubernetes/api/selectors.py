"""Label and field selectors: "app=api,tier in (web, db),!canary" and "status.phase=Running"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mmcockpit.simulator.kubernetes.api.errors import bad_request
from mmcockpit.simulator.kubernetes.api.resources import Resource
from mmcockpit.simulator.kubernetes.objects import Object, labels_of

Labels = Mapping[str, str]
Requirement = Callable[[Labels], bool]

_KEY = r"(?P<key>[A-Za-z0-9][\w./-]*)"
_SET = re.compile(rf"^{_KEY}\s+(?P<op>in|notin)\s+\((?P<values>[^()]*)\)$")
_EQUAL = re.compile(rf"^{_KEY}\s*(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)$")
_EXISTS = re.compile(rf"^(?P<op>!?)\s*{_KEY}$")
_COMMA = re.compile(r",(?![^(]*\))")


def _one_of(key: str, values: frozenset[str]) -> Requirement:
    return lambda labels: labels.get(key) in values


def _none_of(key: str, values: frozenset[str]) -> Requirement:
    return lambda labels: labels.get(key) not in values


def _exists(key: str, _: frozenset[str]) -> Requirement:
    return lambda labels: key in labels


def _absent(key: str, _: frozenset[str]) -> Requirement:
    return lambda labels: key not in labels


OPERATORS: dict[str, Callable[[str, frozenset[str]], Requirement]] = {
    "in": _one_of,
    "=": _one_of,
    "==": _one_of,
    "In": _one_of,
    "notin": _none_of,
    "!=": _none_of,
    "NotIn": _none_of,
    "": _exists,
    "Exists": _exists,
    "!": _absent,
    "DoesNotExist": _absent,
}


def _requirement(text: str) -> Requirement:
    if match := _SET.match(text):
        values = frozenset(value.strip() for value in match["values"].split(","))
    elif match := _EQUAL.match(text):
        values = frozenset((match["value"],))
    elif match := _EXISTS.match(text):
        values = frozenset()
    else:
        raise bad_request(f"unable to parse requirement: {text!r} is not a label requirement")
    return OPERATORS[match["op"]](match["key"], values)


def label_selector(text: str) -> Requirement:
    """Parse a labelSelector parameter; ApiError 400 if it is invalid."""
    parts = [part.strip() for part in _COMMA.split(text) if part.strip()]
    requirements = [_requirement(part) for part in parts]
    return lambda labels: all(requirement(labels) for requirement in requirements)


def object_selector(selector: Object | None) -> Requirement:
    """Convert a LabelSelector object (matchLabels, matchExpressions); an empty one matches everything."""
    selector = selector or {}
    pairs = (selector.get("matchLabels") or {}).items()
    requirements = [_one_of(key, frozenset((value,))) for key, value in pairs]
    for expression in selector.get("matchExpressions") or ():
        values = frozenset(expression.get("values") or ())
        requirements.append(OPERATORS[expression["operator"]](expression["key"], values))
    return lambda labels: all(requirement(labels) for requirement in requirements)


def field(value: Object, path: str) -> str:
    """Return the field at a dotted path as text; "" if missing."""
    node: object = value
    for part in path.split("."):
        node = node.get(part) if isinstance(node, dict) else None
    if isinstance(node, bool):
        return str(node).lower()
    return "" if node is None else str(node)


def field_selector(resource: Resource, text: str) -> Callable[[Object], bool]:
    """Parse a fieldSelector parameter; ApiError 400 for a field that the resource does not support."""
    allowed = {"metadata.name", "metadata.namespace", *resource.fields}
    wanted: list[tuple[str, bool, str]] = []
    for part in filter(None, text.split(",")):
        match = re.match(r"^\s*([\w.]+)\s*(==|=|!=)\s*(.*?)\s*$", part)
        if not match:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        if match[1] not in allowed:
            raise bad_request(f"field label not supported: {match[1]}")
        wanted.append((match[1], match[2] != "!=", match[3]))
    return lambda value: all((field(value, path) == text) is equal for path, equal, text in wanted)


def selection(resource: Resource, labels: str = "", fields: str = "") -> Callable[[Object], bool]:
    """Combine both selectors of a list or watch request."""
    by_labels, by_fields = label_selector(labels), field_selector(resource, fields)
    return lambda value: by_labels(labels_of(value)) and by_fields(value)
