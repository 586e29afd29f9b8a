"""Kubernetes source: objects, lists, the pods of a workload and its rollout; it never changes anything."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from mmcockpit.sources.common.contract import Args, Kind, Options, ProbeKind
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.access import CanI, CanIArgs
from mmcockpit.sources.kubernetes.api.cluster import ClusterClient
from mmcockpit.sources.kubernetes.api.identity import off
from mmcockpit.sources.kubernetes.api.kind_names import is_version, kind_name
from mmcockpit.sources.kubernetes.api.kinds import KINDS
from mmcockpit.sources.kubernetes.argo.analysis import ArgoAnalysis, ArgoAnalysisArgs
from mmcockpit.sources.kubernetes.argo.application import ArgoApplication, ArgoApplicationArgs
from mmcockpit.sources.kubernetes.argo.rollout import ArgoRollout, ArgoRolloutArgs
from mmcockpit.sources.kubernetes.argo.values import AnalysisValue, ApplicationValue, ArgoRolloutValue
from mmcockpit.sources.kubernetes.events import Events, EventsArgs
from mmcockpit.sources.kubernetes.flagger.canary import FlaggerCanary, FlaggerCanaryArgs
from mmcockpit.sources.kubernetes.flagger.values import FlaggerCanaryValue
from mmcockpit.sources.kubernetes.flux.flux import Flux, FluxArgs
from mmcockpit.sources.kubernetes.flux.values import FluxValue
from mmcockpit.sources.kubernetes.helm.release import Release, ReleaseArgs
from mmcockpit.sources.kubernetes.helm.values import ReleaseValue
from mmcockpit.sources.kubernetes.jobs import CronJob, CronJobArgs, Jobs, JobsArgs
from mmcockpit.sources.kubernetes.logs import Logs, LogsArgs
from mmcockpit.sources.kubernetes.network import Network, NetworkArgs
from mmcockpit.sources.kubernetes.objects import GetObject, List
from mmcockpit.sources.kubernetes.pods import Pods
from mmcockpit.sources.kubernetes.probe import ContainerName, Namespace
from mmcockpit.sources.kubernetes.revisions import Revisions, RevisionsArgs
from mmcockpit.sources.kubernetes.rights import Rights, RightsArgs
from mmcockpit.sources.kubernetes.rollout import Rollout
from mmcockpit.sources.kubernetes.services import Ingress, IngressArgs, Service, ServiceArgs
from mmcockpit.sources.kubernetes.templates import Templates, TemplatesArgs
from mmcockpit.sources.kubernetes.values.objects import (
    AccessValue,
    IngressValue,
    NetworkValue,
    ObjectValue,
    RightsValue,
    ServiceValue,
)
from mmcockpit.sources.kubernetes.values.pods import EventValue, LogsValue, PodsValue
from mmcockpit.sources.kubernetes.values.workloads import (
    AutoscalerValue,
    BudgetValue,
    CronJobValue,
    JobsValue,
    RevisionsValue,
    RolloutValue,
    TemplateValue,
    WorkloadValue,
)
from mmcockpit.sources.kubernetes.workloads import (
    Autoscaler,
    AutoscalerArgs,
    BudgetArgs,
    DisruptionBudget,
    Workloads,
    WorkloadsArgs,
)

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.:_-]*$", max_length=253)]
"""A name in a path of the API: no slash, no leading dot."""


class KubernetesOptions(Options):
    """The cluster and the user: kubeconfig, context and namespace."""

    kubeconfig: Annotated[str, Field(description="File; else $KUBECONFIG, else ~/.kube/config.")] = ""
    context: Annotated[str, Field(description="Context of the kubeconfig; default: its current context.")] = ""
    namespace: Annotated[Namespace, Field(description="Default namespace of probes; default: that of the context.")] = (
        ""
    )


class _KindArgs(Args):
    """A kind of object."""

    kind: Annotated[
        str,
        Field(
            description="Short name in lower case, e.g. deployment, hpa, pvc; any other kind of the cluster as "
            "Rollout.argoproj.io, rollouts.argoproj.io, argoproj.io/v1alpha1/Rollout or v1/Pod."
        ),
    ]
    namespace: Namespace = ""

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in KINDS:
            kind_name(kind)
        return kind


class GetArgs(_KindArgs):
    """One object; the shorthand is `KIND/NAME`."""

    shorthand: ClassVar[str] = "kind"
    name: Name

    @model_validator(mode="before")
    @classmethod
    def _split(cls, given: Any) -> Any:
        if isinstance(given, dict) and "name" not in given and "/" in str(given.get("kind", "")):
            kind, _, name = str(given["kind"]).rpartition("/")
            if is_version(kind.rpartition("/")[2]):
                raise ValueError(f"{kind}/{name} names a kind and no object; write {kind}/{name}/NAME")
            return {**given, "kind": kind, "name": name}
        return given


class ListArgs(_KindArgs):
    """All objects of a kind in a namespace, or those that match the selectors."""

    shorthand: ClassVar[str] = "kind"
    selector: Annotated[str, Field(description="Of labels, e.g. app=modelmuxer.")] = ""
    field_selector: Annotated[str, Field(description="Of fields, e.g. status.phase=Running.")] = ""
    fields: Annotated[tuple[str, ...], Field(description="Keep only these, by dotted paths.")] = ()


class PodsArgs(Args):
    """The pods that match a label selector, or all of the namespace."""

    shorthand: ClassVar[str] = "selector"
    selector: str = ""
    namespace: Namespace = ""
    container: ContainerName = None
    zones: Annotated[bool, Field(description="Require zones: without the right to list nodes, the poll fails.")] = False


class RolloutArgs(Args):
    """A workload by name."""

    shorthand: ClassVar[str] = "name"
    name: Name
    kind: Literal["deployment", "statefulset", "daemonset"] = "deployment"
    namespace: Namespace = ""
    container: ContainerName = None

    @model_validator(mode="before")
    @classmethod
    def _kind_before_the_name(cls, value: Any) -> Any:
        """Accept `statefulset/shop`, as kubectl does."""
        if not isinstance(value, dict) or "kind" in value or not isinstance(value.get("name"), str):
            return value
        kind, slash, name = value["name"].partition("/")
        return {**value, "kind": kind, "name": name} if slash else value


def _open(options: KubernetesOptions, secrets: Secrets) -> ClusterClient:
    return ClusterClient(options.kubeconfig, options.context, options.namespace, secrets)


def _target(options: KubernetesOptions) -> str:
    context = f"context {options.context}" if options.context else "the current context"
    where = f" of {options.kubeconfig}" if options.kubeconfig else ""
    return f"kubernetes {context}{where}" + (f", namespace {options.namespace}" if options.namespace else "")


PROBES = {
    "get": ProbeKind(GetArgs, GetObject, ObjectValue),
    "list": ProbeKind(ListArgs, List, list[ObjectValue]),
    "pods": ProbeKind(PodsArgs, Pods, PodsValue),
    "rollout": ProbeKind(RolloutArgs, Rollout, RolloutValue),
    "can_i": ProbeKind(CanIArgs, CanI, AccessValue),
    "events": ProbeKind(EventsArgs, Events, list[EventValue]),
    "logs": ProbeKind(LogsArgs, Logs, LogsValue),
    "templates": ProbeKind(TemplatesArgs, Templates, list[TemplateValue]),
    "network": ProbeKind(NetworkArgs, Network, NetworkValue),
    "service": ProbeKind(ServiceArgs, Service, ServiceValue),
    "ingress": ProbeKind(IngressArgs, Ingress, IngressValue),
    "jobs": ProbeKind(JobsArgs, Jobs, JobsValue),
    "cronjob": ProbeKind(CronJobArgs, CronJob, CronJobValue),
    "rights": ProbeKind(RightsArgs, Rights, RightsValue),
    "revisions": ProbeKind(RevisionsArgs, Revisions, RevisionsValue),
    "workloads": ProbeKind(WorkloadsArgs, Workloads, list[WorkloadValue]),
    "budget": ProbeKind(BudgetArgs, DisruptionBudget, BudgetValue),
    "autoscaler": ProbeKind(AutoscalerArgs, Autoscaler, AutoscalerValue),
    "argo_rollout": ProbeKind(ArgoRolloutArgs, ArgoRollout, ArgoRolloutValue),
    "argo_analysis": ProbeKind(ArgoAnalysisArgs, ArgoAnalysis, AnalysisValue),
    "argo_application": ProbeKind(ArgoApplicationArgs, ArgoApplication, ApplicationValue),
    "flagger_canary": ProbeKind(FlaggerCanaryArgs, FlaggerCanary, FlaggerCanaryValue),
    "flux": ProbeKind(FluxArgs, Flux, FluxValue),
    "helm": ProbeKind(ReleaseArgs, Release, ReleaseValue),
}
"""Name of a probe to its arguments and its class."""

KIND = Kind(
    options=KubernetesOptions,
    open=_open,
    probes=PROBES,
    target=_target,
    unverified=lambda options: off(options.kubeconfig, options.context),
)
