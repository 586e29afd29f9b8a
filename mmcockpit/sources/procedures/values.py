"""What the probe of procedures returns."""

from typing import Annotated, ClassVar, Literal

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field


class StepCheckValue(Value):
    """One check of a step."""

    named_by: ClassVar = ("{step}",)

    step: Annotated[str, field("The title of the step.", rank=1)]
    result: Annotated[
        Literal["ok", "failed", "unproven"],
        field(
            "unproven: there is no way to check it without changing anything.",
            levels={"failed": "fail", "unproven": "warn"},
        ),
    ]
    about: Annotated[str, field("What was checked, or why it failed.", title="check")]


class ProcedureReadyValue(Value):
    """The checks of a procedure."""

    cells: ClassVar = (
        Cell("{because}"),
        Cell("checks: {checked}, unproven: {unproven}"),
    )
    explains: ClassVar = "because"

    checked: Annotated[int, field("The number of checks.")]
    failed: int
    unproven: int
    because: Annotated[str, field("The first failed check; empty if none failed.", title="failed check")]
    checks: Annotated[list[StepCheckValue], field("In the order of the steps.", shown=False)]
