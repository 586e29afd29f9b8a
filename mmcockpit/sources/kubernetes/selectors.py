"""Label selectors, evaluated as Kubernetes does.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
"""

import re
from collections.abc import Mapping
from typing import Any

Labels = Mapping[str, str]

_KEY = r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_VALUE = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?"
_REQUIREMENT = re.compile(
    rf"\s*(?:(?P<absent>!)\s*(?P<missing>{_KEY})"
    rf"|(?P<key>{_KEY})(?:\s*(?P<sign>==|=|!=)\s*(?P<value>{_VALUE})"
    rf"|\s+(?P<set>in|notin)\s*\(\s*(?P<values>{_VALUE}(?:\s*,\s*{_VALUE})*)\s*\))?)\s*(?:,(?=.)|$)"
)


def selects(selector: Any, labels: Labels) -> bool:
    """Return whether a LabelSelector ({matchLabels, matchExpressions}) matches the labels; {} matches everything.

    None matches nothing. An unknown operator matches nothing.
    """
    if not isinstance(selector, dict):
        return False
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(name) != value for name, value in wanted.items()):
        return False
    return all(_matches(requirement, labels) for requirement in selector.get("matchExpressions") or ())


def query_text(selector: Any) -> str:
    """Return a LabelSelector as the labelSelector parameter of a list request."""
    if not isinstance(selector, dict):
        return ""
    equal = [f"{name}={value}" for name, value in (selector.get("matchLabels") or {}).items()]
    return ",".join([*equal, *map(_expression, selector.get("matchExpressions") or ())])


def _expression(requirement: Mapping[str, Any]) -> str:
    name, values = requirement.get("key", ""), ",".join(requirement.get("values") or ())
    forms = {"In": f"{name} in ({values})", "NotIn": f"{name} notin ({values})", "DoesNotExist": f"!{name}"}
    return forms.get(str(requirement.get("operator")), str(name))


def parsed(text: str) -> dict[str, Any] | None:
    """Return the labelSelector parameter of a list request as a LabelSelector; None if only the server can parse it."""
    requirements, at = [], 0
    while at < len(text):
        found = _REQUIREMENT.match(text, at)
        if found is None:
            return None
        requirements.append(_requirement(found))
        at = found.end()
    return {"matchExpressions": requirements}


def _requirement(found: "re.Match[str]") -> dict[str, Any]:
    if found["absent"]:
        return {"key": found["missing"], "operator": "DoesNotExist"}
    key = found["key"]
    if found["set"]:
        values = [value.strip() for value in found["values"].split(",")]
        return {"key": key, "operator": "In" if found["set"] == "in" else "NotIn", "values": values}
    if found["sign"]:
        return {"key": key, "operator": "NotIn" if found["sign"] == "!=" else "In", "values": [found["value"]]}
    return {"key": key, "operator": "Exists"}


def equals(selector: Any, labels: Labels) -> bool:
    """Return whether the plain selector of a Service matches the labels; an empty one matches nothing."""
    return bool(selector) and all(labels.get(name) == value for name, value in selector.items())


def _matches(expression: Mapping[str, Any], labels: Labels) -> bool:
    name, values = str(expression.get("key", "")), expression.get("values") or ()
    match expression.get("operator"):
        case "In":
            return labels.get(name) in values
        case "NotIn":
            return labels.get(name) not in values
        case "Exists":
            return name in labels
        case "DoesNotExist":
            return name not in labels
    return False
