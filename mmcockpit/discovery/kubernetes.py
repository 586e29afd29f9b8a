"""Finds what the workloads of a namespace have to watch: with one list per kind, and one query per Ingress host."""

from typing import cast

from mmcockpit.discovery.budget import Budget
from mmcockpit.discovery.cluster.activity import add_activity
from mmcockpit.discovery.cluster.capacity import add_capacity
from mmcockpit.discovery.cluster.delivery import add_delivery, argo_rollouts
from mmcockpit.discovery.cluster.hosts import add_hosts
from mmcockpit.discovery.cluster.inventory import Inventory
from mmcockpit.discovery.cluster.network import add_network, ingress_hosts
from mmcockpit.discovery.cluster.procedures import add_procedures
from mmcockpit.discovery.cluster.workloads import add_workloads
from mmcockpit.discovery.connection import Connection
from mmcockpit.discovery.draft import FindingsDraft
from mmcockpit.discovery.findings import Findings
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient


async def discover(connection: Connection, budget: Budget) -> Findings:
    """List the kinds of LISTED in the namespace and query the hosts of its Ingresses: about 30 requests."""
    draft = FindingsDraft(connection.spec)
    cluster = cast("ClusterClient", connection.source)
    inventory = Inventory(cluster, budget)
    await inventory.sign_in()
    await inventory.read()
    rollouts = await argo_rollouts(inventory)
    add_workloads(draft, inventory, await add_procedures(draft, inventory, rollouts))
    add_network(draft, inventory)
    add_capacity(draft, inventory)
    add_activity(draft, inventory)
    await add_delivery(draft, inventory, rollouts)
    await add_hosts(draft, ingress_hosts(inventory), budget)
    draft.missing[:0] = inventory.missing
    return draft.findings()
