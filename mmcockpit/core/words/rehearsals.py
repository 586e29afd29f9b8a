"""Rehearsals as text: why a step was not rehearsed, and what was rehearsed of a procedure."""

from collections.abc import Sequence

from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration

NOT_REHEARSED, REHEARSAL_FAILED = "not rehearsed: ", "rehearsal failed: "
"""How the reasons begin for which a rehearsal skips a step."""

NOT_ALLOWED = "procedures are not rehearsed: running steps is not allowed; set allow.procedures to true"


def rehearsal_summary(procedure: str, steps: int, done_s: Sequence[float], failed: Sequence[str]) -> str:
    """Return what a rehearsal did with a procedure: seconds of each rehearsed step, titles of those that failed."""
    rest = steps - len(done_s) - len(failed)
    parts = [f"{len(done_s)} of {counted(steps, 'step')} rehearsed in {duration(sum(done_s))}"]
    parts += [f"{rest} not rehearsed"] if rest else []
    parts += [f"FAILED: {', '.join(failed)}"] if failed else []
    return f"{procedure}: {'; '.join(parts)}"
