"""Whether the revision to go back to exists, and whether its images could be pulled."""

from collections.abc import AsyncIterator
from typing import Any

from mmcockpit.core.model.procedure import Cluster
from mmcockpit.core.rules.steps.go_back import GoBack, revisions_back
from mmcockpit.core.rules.steps.proofs import NeededRight, helm_prefix, kubectl_prefix, namespace_in
from mmcockpit.core.words.amounts import counted
from mmcockpit.engine.readiness.image_evidence import cannot_pull, not_reported, on_nodes, running_in
from mmcockpit.engine.readiness.kube_reader import AT_MOST, KubeReader, UnreadableError
from mmcockpit.engine.readiness.outcomes import Check, failed, ok, unproven
from mmcockpit.engine.readiness.revisions import KeptRevision, helm_revision, workload_revision
from mmcockpit.engine.readiness.rights import is_allowed
from mmcockpit.engine.readiness.trial import Trials

MOST_IMAGES = 20
"""Most images of a revision that are checked."""


async def revision_checks(
    argv: tuple[str, ...], cluster: Cluster, trials: Trials, guessed: bool
) -> AsyncIterator[Check]:
    """Yield the checks of the revisions to which a command goes back; none for any other command.

    `guessed`: nothing shows that the revision was good, so a person may choose another one, and missing images prove
    nothing.
    """
    for back in revisions_back(argv):
        reader = KubeReader(kubectl_prefix(argv), cluster, trials)
        try:
            revision = await _revision(back, argv, reader)
        except UnreadableError as error:
            yield failed(str(error))
            continue
        yield ok(f"revision {revision.number} of {back.target} exists")
        evidence = _Evidence(revision, reader)
        for image in revision.images[:MOST_IMAGES]:
            check = await evidence.check(image)
            yield unproven(check.about) if guessed and check.result == "failed" else check


async def _revision(back: GoBack, argv: tuple[str, ...], reader: KubeReader) -> KeptRevision:
    if back.program == "helm":
        namespace = namespace_in(argv) or await reader.namespace()
        return await helm_revision(back, helm_prefix(argv), reader, namespace)
    return await workload_revision(back, reader)


class _Evidence:
    """What shows that the images of a revision were pulled; pods and nodes are read once each, when needed."""

    def __init__(self, revision: KeptRevision, reader: KubeReader) -> None:
        self._revision = revision
        self._reader = reader
        self._lists: dict[str, tuple[list[dict[str, Any]], str]] = {}

    async def check(self, image: str) -> Check:
        """Return whether an image could be pulled."""
        of = f"{image} of revision {self._revision.number}"
        pods, unread_pods = await self._read("pods", f"/api/v1/namespaces/{self._revision.namespace}/pods")
        if why := cannot_pull(pods, image):
            return failed(f"the image {of} cannot be pulled now: {why}")
        if pod := running_in(pods, image):
            return ok(f"the image {of} was pulled for pod {pod}")
        nodes, unread_nodes = await self._read("nodes", "/api/v1/nodes")
        if count := on_nodes(nodes, image):
            return ok(f"the image {of} is on {counted(count, 'node')}")
        if unread := "; ".join(filter(None, (unread_pods, unread_nodes, not_reported(nodes)))):
            return unproven(f"nothing shows that the image {of} can be pulled: {unread}")
        return failed(f"no pod and no node has the image {of}, so nothing shows that it can be pulled")

    async def _read(self, what: str, path: str) -> tuple[list[dict[str, Any]], str]:
        """Return pods or nodes, and why these are not all; empty if they are."""
        if what not in self._lists:
            self._lists[what] = await self._listed(what, path)
        return self._lists[what]

    async def _listed(self, what: str, path: str) -> tuple[list[dict[str, Any]], str]:
        reader = self._reader
        try:
            found, complete = await reader.items(path)
        except UnreadableError as error:
            right = NeededRight("list", what)
            allowed, _ = await is_allowed(reader.prefix, right, reader.cluster, reader.trials)
            return [], f"{what} may not be listed (missing right: {right})" if allowed is False else str(error)
        return found, "" if complete else f"only the first {AT_MOST} {what} were read"
