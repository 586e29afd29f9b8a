"""Readiness of the Gateway API: its objects have no condition Ready, and no observed generation of their own.

Source: https://gateway-api.sigs.k8s.io/guides/troubleshooting/ and its API reference
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

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
    listeners = document.rows("status.listeners")
    for row in listeners:
        part = ObjectFields({"status": row})
        conflict = part.condition("Conflicted")
        why = _missing(document, part, ("Accepted", "Programmed", "ResolvedRefs"), required=False)
        if why or (conflict is not None and conflict.status == "True"):
            return in_progress(f"listener {row.get('name', '')}: {why or (conflict.why if conflict else '')}")
    reported = {row.get("name") for row in listeners}
    # Some controllers report on no listener at all.
    for row in document.rows("spec.listeners") if listeners else ():
        if row.get("name") not in reported:
            return in_progress(f"listener {row.get('name', '')}: no status yet")
    return current("programmed")


def route(document: ObjectFields) -> Readiness:
    """Return the readiness of a route: each of its parents accepts it and resolves its references.

    A parent that the specification does not name any more does not count.
    """
    wanted = {_parent(document, row) for row in document.rows("spec.parentRefs")}
    parents = [(_parent(document, row.get("parentRef")), row) for row in document.rows("status.parents")]
    for parent, row in parents:
        missing = _missing(document, ObjectFields({"status": row}), ("Accepted", "ResolvedRefs"))
        if missing and (parent in wanted or not wanted):
            return in_progress(missing)
    reported = {parent for parent, _ in parents}
    if not reported or wanted - reported:
        count = max(1, len(wanted))
        return in_progress(f"reports from {len(wanted & reported)} of {counted(count, 'parent')}")
    return current("accepted")


def _parent(document: ObjectFields, row: Any) -> tuple[str, ...]:
    """Return what identifies a parent of a route; its namespace is that of the route by default."""
    part = ObjectFields(row if isinstance(row, Mapping) else {})
    space = part.text("namespace") or document.text("metadata.namespace")
    return part.text("kind") or "Gateway", space, part.text("name"), part.text("sectionName"), str(part.part("port"))


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
