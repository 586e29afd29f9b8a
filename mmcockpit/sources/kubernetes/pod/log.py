"""The end of a pod's log: of the container that has a problem, else of the application's."""

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.contract import LogTail
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient, NotThere, RequestRefused
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.api.page import Query
from mmcockpit.sources.kubernetes.pod.model import ContainerStatus, Pod

TAIL_LINES = 10
TAIL_BYTES = 128 * 1024
"""Most bytes of the last lines; the end of longer ones is missing."""
_POD = msgspec.json.Decoder(Pod)


async def pod_log(cluster: ClusterClient, namespace: str, name: str) -> LogTail:
    """Read the last lines of a pod's log; of a container in a crash loop, those of the run that crashed.

    ProbeError(forbidden) without the right to read logs, ProbeError(no data) if no container has started.
    """
    path = KINDS["pod"].path(namespace, name)
    try:
        pod = cluster.decode(_POD, await cluster.get(path))
        container, crashed = _container(pod)
        if crashed:
            try:
                return LogTail(container, await _lines(cluster, path, container, previous=True), True)
            except RequestRefused as error:
                # The node keeps the log of an earlier run only for some time.
                if error.status not in (400, 404):
                    raise
        return LogTail(container, await _lines(cluster, path, container))
    except NotThere as error:
        raise ProbeError(FaultKind.NOT_FOUND, f"{cluster.host}: pod {name} does not exist any more") from error
    except RequestRefused as error:
        if error.kind is FaultKind.FORBIDDEN:
            why = f"may not read logs: {plain(error.message, 200)}"
            raise ProbeError(FaultKind.FORBIDDEN, why) from error
        if error.status == 400:
            raise ProbeError(FaultKind.NO_DATA, plain(error.message, 300)) from error
        raise


async def _lines(cluster: ClusterClient, path: str, container: str, previous: bool = False) -> tuple[str, ...]:
    query: Query = (
        ("container", container),
        ("tailLines", str(TAIL_LINES)),
        ("limitBytes", str(TAIL_BYTES)),
        *((("previous", "true"),) if previous else ()),
    )
    reply = await cluster.get(f"{path}/log", query, TAIL_BYTES + 4096)
    return tuple(reply.body.decode(errors="replace").splitlines()[-TAIL_LINES:])


def _container(pod: Pod) -> tuple[str, bool]:
    """Return the container whose log explains the state of a pod, and whether it waits after a crash.

    It is an init container that has not succeeded, else the one with the most restarts that is not ready, else the main
    one.
    """
    before = [one for one in pod.status.init_container_statuses if _unfinished(one)]
    restarting = [one for one in pod.status.container_statuses if not one.ready and one.restart_count]
    chosen = next(iter(before), None) or max(restarting, key=lambda one: one.restart_count, default=None)
    if chosen is None:
        return pod.main, False
    return chosen.name, chosen.state.waiting is not None and chosen.restart_count > 0


def _unfinished(status: ContainerStatus) -> bool:
    """Return whether an init container runs, waits after a crash, or has failed."""
    ended = status.state.terminated
    if ended is not None:
        return ended.reason != "Completed"
    started = status.state.waiting is None or status.restart_count > 0
    return started and not status.ready
