"""Signals of the hosts that Ingresses serve, of those that respond now."""

from mmcockpit import sources
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import FoundSource
from mmcockpit.discovery.http import SECTION, add_server
from mmcockpit.discovery.polls import why_not
from mmcockpit.sources.common.secrets import Secrets

MOST_HOSTS = 5
"""Most hosts that are queried."""


async def add_hosts(draft: FindingsDraft, hosts: list[str], budget: Budget) -> None:
    """Query the first MOST_HOSTS hosts; a source and signals for each that responds, the others are left out."""
    named = [host for host in hosts if "*" not in host]
    for host in hosts:
        if "*" in host:
            draft.leave_out(SECTION, f"Ingress host {host}", "a wildcard: no name to query")
    for host in draft.first(named, MOST_HOSTS, SECTION, "Ingress host", str):
        await _add_host(draft, host, budget)


async def _add_host(draft: FindingsDraft, host: str, budget: Budget) -> None:
    """Query a host with TLS, and without only if it does not respond; the reason of the first is reported."""
    name, why = draft.names.take(host), ""
    for scheme in ("https", "http"):
        url = f"{scheme}://{host}"
        spec = SourceSpec(name, "http", {"url": url})
        source = sources.open_source(spec, Secrets())
        try:
            await add_server(draft, name, source, url, budget)
        except ProbeError as error:
            why = why or why_not(error)
        else:
            draft.sources.append(FoundSource(name, spec.kind, dict(spec.options), "A host of an Ingress."))
            return
        finally:
            await source.close()
    draft.leave_out(SECTION, f"Ingress host {host}", why)
