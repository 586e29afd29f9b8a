"""One poll of a probe, as a session makes it."""

from typing import TYPE_CHECKING, Any

from mmcockpit import sources
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.discovery.budget import Budget, BudgetUsed
from mmcockpit.sources.common.contract import Question

if TYPE_CHECKING:
    from mmcockpit.sources.common.contract import Source

TIMEOUT_S = 5.0
STALE_AFTER_S = 60.0


async def poll(kind: str, source: "Source", probe: str, args: dict[str, Any], budget: Budget) -> Any:
    """Return the value of one poll, or the ProbeError why there is none."""
    described = sources.kind(kind).probes[probe]
    made = described.make(source, Question(described.args.model_validate(args), TIMEOUT_S, STALE_AFTER_S))
    try:
        return (await budget.ask(made.read())).value
    except ProbeError as error:
        return error
    finally:
        await made.close()


def why_not(error: ProbeError) -> str:
    """Return why something was not found, for a comment in a file."""
    return f"not queried: {error.message}" if isinstance(error, BudgetUsed) else error.message
