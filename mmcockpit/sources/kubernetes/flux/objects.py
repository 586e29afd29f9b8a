"""The fields read of Flux's objects, in all served versions of their kinds.

Source: https://fluxcd.io/flux/components/kustomize/api/v1/ and the pages of the other controllers beside it
"""

from datetime import datetime
from typing import NamedTuple

import msgspec

from mmcockpit.core.words.durations import seconds
from mmcockpit.sources.kubernetes.api.custom import ObjectCondition, ObjectMeta

REQUESTED = "reconcile.fluxcd.io/requestedAt"
"""The annotation by which a user requests a reconciliation; the controller copies it to lastHandledReconcileAt."""


class FluxKind(NamedTuple):
    """One kind of Flux: its API group, its plural, and whether it fetches what others apply."""

    group: str
    plural: str
    is_source: bool = True


_SOURCE = "source.toolkit.fluxcd.io"
FLUX_KINDS = {
    "Kustomization": FluxKind("kustomize.toolkit.fluxcd.io", "kustomizations", is_source=False),
    "HelmRelease": FluxKind("helm.toolkit.fluxcd.io", "helmreleases", is_source=False),
    "GitRepository": FluxKind(_SOURCE, "gitrepositories"),
    "OCIRepository": FluxKind(_SOURCE, "ocirepositories"),
    "HelmRepository": FluxKind(_SOURCE, "helmrepositories"),
    "HelmChart": FluxKind(_SOURCE, "helmcharts"),
    "Bucket": FluxKind(_SOURCE, "buckets"),
    "ExternalArtifact": FluxKind(_SOURCE, "externalartifacts"),
}


class SourceRef(msgspec.Struct, frozen=True, gc=False):
    """The source of an object; without a namespace, in its own."""

    kind: str = ""
    name: str = ""
    namespace: str = ""


class _ChartSpec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    source_ref: SourceRef | None = None


class _Chart(msgspec.Struct, frozen=True, gc=False):
    spec: _ChartSpec = _ChartSpec()


class _Spec(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    suspend: bool = False
    interval: str = ""
    type: str = ""
    source_ref: SourceRef | None = None
    chart_ref: SourceRef | None = None
    # A HelmChart has the name of its chart here, a HelmRelease a template.
    chart: _Chart | str | None = None


class Artifact(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What a source has fetched."""

    revision: str = ""
    last_update_time: datetime | None = None


class HistoryEntry(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One entry of the history: of a Kustomization a reconciled digest, of a HelmRelease a Helm revision."""

    last_reconciled: datetime | None = None
    chart_version: str = ""
    status: str = ""


class _Status(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    observed_generation: int = 0
    conditions: list[ObjectCondition] | None = None
    last_applied_revision: str = ""
    last_attempted_revision: str = ""
    last_handled_reconcile_at: str = ""
    artifact: Artifact | None = None
    helm_chart: str = ""
    history: list[HistoryEntry] | None = None


class FluxObject(msgspec.Struct, frozen=True, gc=False):
    """The fields read of any object of Flux."""

    metadata: ObjectMeta
    kind: str = ""
    spec: _Spec = _Spec()
    status: _Status = _Status()

    @property
    def ready(self) -> ObjectCondition | None:
        """Its condition Ready; None if it has none yet."""
        return next((one for one in self.status.conditions or () if one.type == "Ready"), None)

    @property
    def observed(self) -> bool:
        """Whether its controller has seen the latest specification, and Ready is about that."""
        seen, ready = self.status.observed_generation, self.ready
        # A failed reconciliation is not observed in every controller, but its condition is of the specification.
        about = ready.observed_generation if ready and ready.observed_generation is not None else seen
        return about >= self.metadata.generation

    @property
    def requested(self) -> bool:
        """Whether a reconciliation was requested and has not been handled."""
        wanted = self.metadata.annotation(REQUESTED)
        return bool(wanted) and wanted != self.status.last_handled_reconcile_at

    @property
    def static(self) -> bool:
        """Whether it is a HelmRepository of an OCI registry, for which Flux keeps no status."""
        return self.spec.type == "oci" and not self.status.conditions and self.status.artifact is None

    def revision(self, is_source: bool) -> str:
        """Return the revision that a source has fetched, or that another object applied last."""
        status = self.status
        if is_source:
            return status.artifact.revision if status.artifact else ""
        if status.last_applied_revision:
            return status.last_applied_revision
        return next((one.chart_version for one in status.history or () if one.status == "deployed"), "")

    def source(self) -> tuple[str, str, str] | None:
        """Return kind, namespace and name of the source whose artifact it applies; None if it has none."""
        own = self.status.helm_chart
        if "/" in own:
            namespace, _, name = own.partition("/")
            return "HelmChart", namespace, name
        ref = self.spec.chart_ref or self.spec.source_ref
        return (ref.kind, ref.namespace, ref.name) if ref and ref.name else None


def length_s(interval: str) -> float | None:
    """Return the seconds of a Go duration such as `1h0m0s`; None for any other text."""
    try:
        return seconds(interval)
    except ValueError:
        return None
