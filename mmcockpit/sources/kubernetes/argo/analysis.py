"""An AnalysisRun of Argo Rollouts on its own, such as one that a pipeline creates."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from mmcockpit.core.model.reading import Reading
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.kubernetes.api.custom import age_s, bounded, installed
from mmcockpit.sources.kubernetes.api.page import ListPage
from mmcockpit.sources.kubernetes.api.permissions import Permission
from mmcockpit.sources.kubernetes.argo.analysis_runs import (
    ENDED,
    AnalysisRunObject,
    measurement_rows,
    metric_rows,
)
from mmcockpit.sources.kubernetes.argo.rollouts import ANALYSIS_RUN, GROUP, PRODUCT
from mmcockpit.sources.kubernetes.objects import require_namespace
from mmcockpit.sources.kubernetes.probe import MAX_LISTED, ClusterProbe, Namespace

SUCCESSFUL = "Successful"


class ArgoAnalysisArgs(Args):
    """An AnalysisRun by its name, or by the part of a generated name before a hyphen; the newest one counts."""

    shorthand: ClassVar[str] = "name"
    name: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
            max_length=253,
            description="smoke is the newest of smoke and smoke-*.",
        ),
    ]
    namespace: Namespace = ""


class ArgoAnalysis(ClusterProbe):
    """The newest AnalysisRun with a name. A cluster without Argo Rollouts is a fault."""

    @classmethod
    def permissions(cls, args: Any, namespace: str) -> tuple[Permission, ...]:
        """Return the permissions that a poll needs."""
        return (Permission("list", "analysisruns", GROUP, namespace),)

    async def poll(self) -> Reading:
        kind = await installed(self.cluster, ANALYSIS_RUN, PRODUCT)
        now, named = None, list[AnalysisRunObject]()
        pages = self.cluster.pages(kind.path(self.namespace), (), ListPage[AnalysisRunObject], MAX_LISTED)
        async for runs, reply in pages:
            now = reply.date
            named += (run for run in runs if self._is_named(run.metadata.name))
        if not named:
            await require_namespace(self.cluster, self.namespace)
            why = f"not found in namespace {self.namespace}"
            empty = {"phase": "", "complete": False, "running": False, "why": why}
            return Reading({"exists": False, **empty})
        run = max(named, key=lambda run: run.created)
        age = age_s(run.metadata.creation_timestamp, now)
        phase = run.status.phase or "Pending"
        return Reading(
            bounded(
                {
                    "exists": True,
                    "name": run.metadata.name,
                    "phase": phase,
                    "complete": phase == SUCCESSFUL,
                    "running": phase not in ENDED,
                    "why": "" if phase == SUCCESSFUL else ": ".join(filter(None, (phase.lower(), run.status.message))),
                    **({} if age is None else {"age_s": age}),
                    "metrics": metric_rows([run]),
                    "measurements": measurement_rows([run], now),
                }
            )
        )

    def _is_named(self, name: str) -> bool:
        return name == self.args.name or name.startswith(f"{self.args.name}-")
