"""The systems of one discovery: the source of each as it will be written, open, and what belongs to the service."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.findings import Findings

if TYPE_CHECKING:
    from mmcockpit.sources.common.contract import Source


@dataclass(frozen=True, slots=True)
class Connection:
    """One system to query: its source as it is written (options with references to secrets), and the open source.

    `namespace` restricts the findings to a service where the system knows namespaces; empty: everything. `jobs`
    restricts them to these jobs of Prometheus; empty: every job.
    """

    spec: SourceSpec
    source: "Source"
    namespace: str = ""
    jobs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the source, which its signals refer to."""
        return self.spec.name


class Discoverer(Protocol):
    """Finds what one kind of system has to watch; a system that does not respond is a NotFound with the reason."""

    async def __call__(self, connection: Connection, budget: Budget) -> Findings:
        """Query the system; every request is counted by the budget, and BudgetUsed ends the queries."""
        ...


DISCOVERERS = {
    "prometheus": "mmcockpit.discovery.prometheus.discoverer",
    "alertmanager": "mmcockpit.discovery.alertmanager",
    "loki": "mmcockpit.discovery.loki",
    "kubernetes": "mmcockpit.discovery.kubernetes",
    "redis": "mmcockpit.discovery.redis",
    "postgres": "mmcockpit.discovery.postgres",
    "http": "mmcockpit.discovery.http",
}
"""Kind of a source to the module whose `discover` is its Discoverer."""


def discoverer(kind: str) -> Discoverer | None:
    """Return the discoverer of a kind of source; None if there is none."""
    module = DISCOVERERS.get(kind)
    found: Discoverer | None = import_module(module).discover if module else None
    return found
