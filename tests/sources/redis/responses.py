"""What a Redis, a node of a cluster and a sentinel answer, good and otherwise."""

from tests.sources.endless_server import pours, starts
from tests.sources.raw import Script, names_master, says, silent, tells

REDIS: dict[str, Script] = {
    "timeout": silent,
    "half answer": starts(b"$500\r\nused_memory:1"),
    "401": says(b"-NOAUTH Authentication required.\r\n"),
    "403": says(b"-NOPERM this user has no permissions\r\n"),
    "429": says(b"-ERR max number of clients reached\r\n"),
    "500": says(b"-LOADING the dataset is read\r\n"),
    "empty body": says(b""),
    "null": says(b"$-1\r\n"),
    "wrong type": says(b":42\r\n"),
    "truncated": says(b"$500\r\nused_memory:1"),
    "HTML": says(b"HTTP/1.1 400 Bad Request\r\n\r\n<html>"),
    "huge": pours(b"$9000000000\r\n", b"x" * 65_536),
    "endless list": pours(b"*9000000000\r\n", b":1\r\n" * 16_384),
}
CLUSTER_INFO = (
    "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_pfail:@\r\ncluster_slots_fail:0\r\n"
    "cluster_known_nodes:3\r\ncluster_size:3\r\n"
)
CLUSTER_NODES = "a 127.0.0.1:1@2 myself,master - 0 0 1 connected 0-16383\n"
DEAD_MASTER = "b 127.0.0.1:1@2 master - 0 0 1 connected 8192-16383\n"
PARTS: dict[tuple[str, str], Script] = {
    ("redis.cluster", "good"): tells(
        {b"NODES": CLUSTER_NODES, b"CLUSTER": CLUSTER_INFO.replace("@", "0"), b"INFO": "cluster_enabled:1\r\n"}
    ),
    ("redis.cluster", "partial"): tells(
        {b"NODES": CLUSTER_NODES, b"CLUSTER": CLUSTER_INFO.replace("@", "9"), b"INFO": "cluster_enabled:1\r\n"}
    ),
    ("redis.info", "good"): tells({b"persistence": "loading:0\r\n", b"INFO": "used_memory:1\r\n"}),
    ("redis.info", "partial"): tells({b"persistence": "loading:1\r\n", b"INFO": "used_memory:1\r\n"}),
}
"""What a Redis answers to other questions: the whole, and a part."""
ONE_MASTER = {b"NODES": CLUSTER_NODES, b"persistence": "loading:0\r\n", b"INFO": "used_memory:1\r\n"}
CLUSTERS: dict[str, Script] = {
    "good": tells(ONE_MASTER),
    "partial": tells({**ONE_MASTER, b"NODES": CLUSTER_NODES.replace("16383", "8191")}),
    "limited": tells({**ONE_MASTER, b"NODES": f"{CLUSTER_NODES.replace('0-16383', '0-8191')}{DEAD_MASTER}"}),
    "isPartial": tells({**ONE_MASTER, b"NODES": CLUSTER_NODES.replace("master", "master,fail?")}),
    "403": says(b"-NOPERM User u has no permissions to run the 'cluster|nodes' command\r\n"),
    "500": says(b"-CLUSTERDOWN The cluster is down\r\n"),
    "empty result": tells({**ONE_MASTER, b"NODES": ""}),
    "wrong type": says(b"*1\r\n:42\r\n"),
    "HTML": REDIS["HTML"],
    "timeout": silent,
}
"""What the masters of a Redis Cluster, or the node of its URL, answer."""
SENTINELS: dict[str, Script] = {
    **REDIS,
    "500": says(b"-NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the specified quorum\r\n"),
    "refused": names_master(1),
}
"""What a sentinel answers beside a good master."""
