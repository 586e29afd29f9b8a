"""Signals of the hosts that Ingresses serve, of those that respond now."""

import asyncio

from mmcockpit import sources
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.http import SECTION, add_server
from mmcockpit.discovery.polls import why_not
from mmcockpit.sources.common.secrets import Secrets

MOST_HOSTS = 5
"""Most hosts that are queried."""


async def add_hosts(draft: FindingsDraft, hosts: list[str], budget: Budget) -> None:
    """Query the first MOST_HOSTS hosts; a source and signals for each that responds, the others are left out."""
    for host in hosts:
        if "*" in host:
            draft.leave_out(SECTION, f"Ingress host {host}", "a wildcard: no name to query")
    named = [host for host in hosts if "*" not in host]
    chosen = draft.first(named, MOST_HOSTS, SECTION, "Ingress host", str)
    specs = [SourceSpec(draft.names.take(host), "http") for host in chosen]
    found = await asyncio.gather(*(_host(spec, host, budget) for spec, host in zip(specs, chosen, strict=True)))
    for host, one in zip(chosen, found, strict=True):
        if isinstance(one, ProbeError):
            draft.leave_out(SECTION, f"Ingress host {host}", why_not(one))
        else:
            draft.add(one)


async def _host(spec: SourceSpec, host: str, budget: Budget) -> FindingsDraft | ProbeError:
    """Query a host with TLS, and without only if it refuses that; return the reason of the first if both fail."""
    refused: ProbeError | None = None
    for scheme in ("https", "http"):
        url = f"{scheme}://{host}"
        own = FindingsDraft(SourceSpec(spec.name, spec.kind, {"url": url}), "A host of an Ingress.")
        source = sources.open_source(SourceSpec(spec.name, spec.kind, {"url": url}), Secrets())
        try:
            await add_server(own, spec.name, source, url, budget)
        except ProbeError as error:
            refused = refused or error
            if error.kind is not FaultKind.REFUSED:
                return refused
        else:
            return own
        finally:
            await source.close()
    assert refused is not None
    return refused
