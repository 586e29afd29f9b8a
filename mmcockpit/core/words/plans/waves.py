"""The targets of repeated phases as text."""

from mmcockpit.core.model.work_plan import WaveProgress, WaveTarget
from mmcockpit.core.words.amounts import counted


def target_text(row: WaveTarget) -> str:
    """Return where a target is: `open: Deployment, 1/2`, `finished, regressed: 1 failing item, 1/2`."""
    parts = [_place(row), _problem(row), f"{row.done}/{row.total}"]
    return ", ".join(part for part in parts if part)


def _place(row: WaveTarget) -> str:
    if row.opened:
        return f"open: {row.phase}"
    if not row.reached:
        return "not reached"
    return f"next: {row.phase}" if row.phase else "finished"


def _problem(row: WaveTarget) -> str:
    items, signals = counted(len(row.failing), "failing item"), counted(len(row.signals), "failing signal")
    failing = " and ".join(text for text, some in ((items, row.failing), (signals, row.signals)) if some)
    unknown = f"{row.unknown} without data" if row.unknown else ""
    if not failing:
        return unknown
    failing = f"regressed: {failing}" if row.progress is WaveProgress.REGRESSED else failing
    return f"{failing}, {unknown}" if unknown else failing
