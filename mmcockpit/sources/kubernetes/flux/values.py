"""What the probe of Flux returns."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field
from mmcockpit.sources.kubernetes.values.objects import Exists
from mmcockpit.sources.kubernetes.values.workloads import SeenByController


class FluxValue(Value, kw_only=True):
    """One object of Flux. If it does not exist, the other fields are empty or left out."""

    cells: ClassVar = (
        Cell("suspended", when="suspended"),
        Cell("ready, {revision}", when="complete"),
        Cell("ready", when="complete"),
        Cell("{reason}", when="exists"),
        Cell("not ready", when="exists"),
        Cell("does not exist"),
    )
    causes: ClassVar = ("why",)
    good: ClassVar = "complete"

    exists: Exists
    ready: Annotated[str, field("Status of its condition Ready: True, False or Unknown.")]
    reason: Annotated[str, field("Of its condition Ready.")]
    message: Annotated[str, field("Of its condition Ready.", shown=False)]
    complete: Annotated[
        bool,
        field(
            "Whether it is Ready for the latest specification, not suspended, has applied what its source has, has no "
            "requested reconciliation left, and is at the requested `revision`."
        ),
    ]
    at_revision: Annotated[
        bool | UnsetType, field("Whether it is at the requested `revision`; left out without one.")
    ] = UNSET
    suspended: Annotated[bool, field(alarm=True, alarm_text="suspended")]
    observed: SeenByController
    revision: Annotated[
        str,
        field(
            "The revision that it applied last; of a source, that of its artifact.", tracked="changed", role="revision"
        ),
    ]
    attempted_revision: Annotated[str, field("The revision that it tried to apply last.", rank=1)]
    source: Annotated[str, field("Kind and name of the source that it applies; empty for a source.", rank=2)]
    source_revision: Annotated[str | UnsetType, field("The revision that its source has.", rank=1)] = UNSET
    ready_since_s: Annotated[
        int | UnsetType, field("Since the condition Ready changed.", title="since", unit="age")
    ] = UNSET
    reconciled_age_s: Annotated[
        int | UnsetType,
        field("Since its last reconciliation, where it reports that.", title="reconciled", unit="age"),
    ] = UNSET
    why: Annotated[str, field("Why it is not complete, as a sentence; empty if it is.", shown=False, role="why")]
