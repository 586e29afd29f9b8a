"""State of a Redis Cluster of real servers."""

from mmcockpit.simulator.servers.valkey import Valkey


def whole(server: Valkey) -> bool:
    facts = server.ask("CLUSTER", "INFO")
    return "cluster_size:2" in facts and "cluster_state:ok" in facts
