"""Label selectors, evaluated as Kubernetes does.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
"""

from collections.abc import Mapping
from typing import Any

Labels = Mapping[str, str]


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
