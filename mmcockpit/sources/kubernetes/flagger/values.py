"""What the probe of Flagger returns."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field
from mmcockpit.sources.kubernetes.values.objects import Exists

_PHASES = {"Failed": "fail", "Waiting": "warn", "WaitingPromotion": "warn", "Terminating": "warn", "Terminated": "warn"}


class FlaggerCanaryValue(Value, kw_only=True):
    """One Canary of Flagger. If it does not exist, the other fields are empty or left out."""

    cells: ClassVar = (
        Cell("suspended", when="suspended"),
        Cell("{phase}, weight {weight}"),
        Cell("{phase}, iteration {iteration}/{iterations}"),
        Cell("{phase}", when="exists"),
        Cell("does not exist"),
    )
    causes: ClassVar = ("why",)
    good: ClassVar = "complete"

    exists: Exists
    phase: Annotated[
        str,
        field(
            "Initializing, Initialized, Progressing, Waiting, WaitingPromotion, Promoting, Finalising, Succeeded, "
            "Failed, Terminating or Terminated.",
            levels=_PHASES,
        ),
    ]
    message: Annotated[str, field("Of its condition Promoted.", shown=False)]
    promoted: Annotated[str, field("Status of its condition Promoted: True, False or Unknown.")]
    complete: Annotated[
        bool,
        field(
            "Whether it is Succeeded (or Initialized), not suspended, and the primary workload has the images of its "
            "target."
        ),
    ]
    strategy: Annotated[str, field("canary, blue-green or ab-testing.")]
    weight: Annotated[
        int | UnsetType,
        field(
            "Percentage of traffic at the new version, during an analysis with weights. Left out while the promotion "
            "waits for its approval: Flagger does not report it then.",
            unit="%",
            of="full_weight",
            role="progress",
            tracked="changed",
        ),
    ] = UNSET
    full_weight: Annotated[int | UnsetType, field("Always 100.", shown=False)] = UNSET
    max_weight: Annotated[
        int | UnsetType, field("The weight at which it is promoted.", title="promoted at", unit="%", role="progress")
    ] = UNSET
    iteration: Annotated[
        int | UnsetType, field("Of an analysis without weights.", of="iterations", role="progress")
    ] = UNSET
    iterations: Annotated[int | UnsetType, field("After so many it is promoted.")] = UNSET
    checks: Annotated[
        str | UnsetType,
        field("Failed checks of this analysis, and how many end it.", title="checks", role="progress", shown=False),
    ] = UNSET
    failed_checks: Annotated[int, field("Of this analysis.", title="failed checks")]
    threshold: Annotated[int | UnsetType, field("At so many failed checks Flagger rolls back.", rank=2)] = UNSET
    suspended: Annotated[bool, field(alarm=True, alarm_text="suspended")]
    transition_age_s: Annotated[
        int | UnsetType, field("Since Flagger last wrote its status.", title="last transition", unit="age")
    ] = UNSET
    target: Annotated[str, field("Kind and name of the workload that it rolls out.", rank=2)]
    image: Annotated[
        str | UnsetType,
        field("Of the target: the new version. Left out for a Service.", tracked="changed", role="image"),
    ] = UNSET
    primary_image: Annotated[
        str | UnsetType,
        field("Of the primary workload: the promoted version.", title="primary", tracked="changed", keep="tail"),
    ] = UNSET
    control: Annotated[
        str | UnsetType,
        field("What Flagger does next by itself, and how to stop that.", title="Flagger", role="progress", shown=False),
    ] = UNSET
    why: Annotated[str, field("Why it is not complete, as a sentence; empty if it is.", shown=False, role="why")]
