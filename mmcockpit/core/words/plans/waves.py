"""The targets of repeated phases as text."""

from mmcockpit.core.model.work_plan import WaveProgress, WaveTarget
from mmcockpit.core.words.amounts import counted


def target_text(row: WaveTarget) -> str:
    """Return where a target is: `open: eu-1: Deployment, 1/2`, `regressed: 1 failing item, 1/2`."""
    failing = counted(len(row.failing), "failing item")
    done = f"{row.done}/{row.total}"
    match row.progress:
        case WaveProgress.REGRESSED | WaveProgress.FAILING:
            return f"{row.progress}: {failing}, {done}"
        case WaveProgress.OPEN:
            return f"open: {row.phase}, {done}"
        case WaveProgress.BETWEEN:
            return f"next: {row.phase}, {done}"
        case WaveProgress.NOT_REACHED | WaveProgress.FINISHED:
            return f"{row.progress}, {done}"
