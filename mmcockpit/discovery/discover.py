"""Queries every system of a discovery."""

from collections.abc import Sequence
from typing import NamedTuple

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.connection import Connection, discoverer
from mmcockpit.discovery.findings import Findings, FoundSource, NotFound


class Discovered(NamedTuple):
    """What was found in one system; `fault` is why nothing was, else empty."""

    connection: Connection
    findings: Findings
    fault: str = ""


async def discover_all(connections: Sequence[Connection], budget: Budget) -> list[Discovered]:
    """Query the systems one after the other, so that what a used budget leaves out is always the same."""
    return [await _discovered(connection, budget) for connection in connections]


async def _discovered(connection: Connection, budget: Budget) -> Discovered:
    spec, began = connection.spec, budget.used
    discover = discoverer(spec.kind)
    try:
        if discover is None:
            return Discovered(connection, Findings((FoundSource(spec.name, spec.kind, spec.options),)))
        return Discovered(connection, await discover(connection, budget))
    except ProbeError as fault:
        source = FoundSource(spec.name, spec.kind, spec.options, unanswered=fault.message)
        missing = NotFound(spec.name, spec.name, fault.message)
        return Discovered(
            connection, Findings((source,), missing=(missing,), requests=budget.used - began), fault.message
        )
