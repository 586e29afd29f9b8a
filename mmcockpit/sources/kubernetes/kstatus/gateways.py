"""Readiness of the Gateway API: its objects have no condition Ready, and no observed generation of their own.

Source: https://gateway-api.sigs.k8s.io/guides/troubleshooting/ and its API reference
"""

from collections.abc import Callable, Iterable, Mapping

from mmcockpit.core.words.amounts import counted
from mmcockpit.sources.kubernetes.kstatus.document import (
    KstatusCondition,
    ObjectFields,
    Readiness,
    current,
    in_progress,
)

GROUP = "gateway.networking.k8s.io"


def gateway_class(document: ObjectFields) -> Readiness:
    """Return the readiness of a GatewayClass: whether a controller accepts it."""
    missing = _missing(document, document, ("Accepted",))
    return in_progress(missing) if missing else current("accepted")


def gateway(document: ObjectFields) -> Readiness:
    """Return the readiness of a Gateway: accepted and programmed, with all its listeners."""
    missing = _missing(document, document, ("Accepted", "Programmed"))
    if missing:
        return in_progress(missing)
    for row in document.rows("status.listeners"):
        if why := _missing(document, ObjectFields({"status": row}), ("Programmed", "ResolvedRefs"), required=False):
            return in_progress(f"listener {row.get('name', '')}: {why}")
    return current("programmed")


def route(document: ObjectFields) -> Readiness:
    """Return the readiness of a route: each of its parents accepts it and resolves its references."""
    parents, wanted = document.rows("status.parents"), document.rows("spec.parentRefs")
    for row in parents:
        missing = _missing(document, ObjectFields({"status": row}), ("Accepted", "ResolvedRefs"))
        if missing:
            return in_progress(missing)
    if len(parents) < max(1, len(wanted)):
        return in_progress(f"reports from {len(parents)} of {counted(max(1, len(wanted)), 'parent')}")
    return current("accepted")


def _missing(document: ObjectFields, part: ObjectFields, names: Iterable[str], required: bool = True) -> str:
    """Return why the first of these conditions does not hold for the latest generation; empty if all do."""
    for name in names:
        condition = part.condition(name)
        if condition is None:
            if required:
                return f"no condition {name} yet"
        elif why := _why(condition, document.number("metadata.generation", -1)):
            return why
    return ""


def _why(condition: KstatusCondition, generation: int) -> str:
    if condition.status != "True":
        return condition.why
    if 0 <= condition.generation < generation:
        return f"condition {condition.type} is of generation {condition.generation}, not {generation}"
    return ""


RULES: Mapping[str, Callable[[ObjectFields], Readiness]] = {
    f"{GROUP}/GatewayClass": gateway_class,
    f"{GROUP}/Gateway": gateway,
    **{f"{GROUP}/{kind}": route for kind in ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")},
}
"""Group and kind to the rule."""
