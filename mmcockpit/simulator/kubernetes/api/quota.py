"""Quantities ("200m", "2Gi") and the remaining quota of a namespace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from mmcockpit.simulator.kubernetes.api.errors import forbidden
from mmcockpit.simulator.kubernetes.api.resources import PODS
from mmcockpit.simulator.kubernetes.objects import Object, is_finished, name_of

SUFFIXES = {
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}
COUNTED = {"requests.cpu", "requests.memory", "limits.cpu", "limits.memory", "pods"}


def amount(quantity: str | int) -> Decimal:
    """Return a quantity in cores, bytes or a count."""
    text = str(quantity)
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if text.endswith(suffix):
            return Decimal(text.removesuffix(suffix)) * SUFFIXES[suffix]
    return Decimal(text)


def quantity(name: str, value: Decimal) -> str:
    """Return an amount as Kubernetes writes it."""
    if name.endswith("memory"):
        for suffix in ("Gi", "Mi", "Ki"):
            if value and value % SUFFIXES[suffix] == 0:
                return f"{int(value / SUFFIXES[suffix])}{suffix}"
        return str(int(value))
    return str(int(value)) if value == int(value) else f"{int(value * 1000)}m"


def usage_of(pod: Object) -> dict[str, Decimal]:
    """Return the resources that one pod uses of a quota."""
    amounts: dict[str, Decimal] = {"pods": Decimal(1)}
    for container in pod["spec"]["containers"]:
        for side in ("requests", "limits"):
            for name, text in (container.get("resources", {}).get(side) or {}).items():
                key = f"{side}.{name}"
                amounts[key] = amounts.get(key, Decimal(0)) + amount(text)
    return amounts


def used(pods: Iterable[Object], names: Iterable[str]) -> dict[str, Decimal]:
    """Return how much of the named resources the unfinished pods use."""
    totals = {name: Decimal(0) for name in names if name in COUNTED}
    for pod in pods:
        if not is_finished(pod):
            for name, value in usage_of(pod).items():
                if name in totals:
                    totals[name] += value
    return totals


def admit(pod: Object, pods: Iterable[Object], quotas: Iterable[Object]) -> None:
    """Raise ApiError 403 if one more pod would exceed a quota of its namespace."""
    present, wanted = list(pods), usage_of(pod)
    for quota in quotas:
        hard: Mapping[str, str] = quota["spec"].get("hard") or {}
        taken = used(present, hard)
        over = [name for name in taken if taken[name] + wanted.get(name, 0) > amount(hard[name])]
        if over:

            def shown(values: Mapping[str, Decimal], names: list[str] = over) -> str:
                return ",".join(f"{name}={quantity(name, values.get(name, Decimal(0)))}" for name in names)

            limits = ",".join(f"{name}={hard[name]}" for name in over)
            amounts = f"requested: {shown(wanted)}, used: {shown(taken)}, limited: {limits}"
            raise forbidden(PODS, name_of(pod), f"exceeded quota: {name_of(quota)}, {amounts}")
