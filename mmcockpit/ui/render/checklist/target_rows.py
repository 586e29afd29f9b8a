"""The targets of repeated phases above the to-do list: the most severe ones and the open one."""

from mmcockpit.core.model.work_plan import WaveTarget
from mmcockpit.core.rules.plans.waves import wave_targets
from mmcockpit.core.state.session import Session
from mmcockpit.ui.render.text import Line, width_of
from mmcockpit.ui.render.work import target_line

MOST = 4
"""Targets that have a row; the decision panel has all of them."""


def most_severe(session: Session) -> tuple[WaveTarget, ...]:
    """Return the targets with a row, sorted by severity; the open one is always among them."""
    rows = wave_targets(session)
    opened = [n for n, row in enumerate(rows) if row.opened]
    last = max([MOST - 1, *opened])
    return (*rows[: MOST - 1], *rows[last : last + 1])


def target_row(rows: tuple[WaveTarget, ...], target: str, session: Session, width: int) -> Line:
    """Return the row of a target; the last one also has the number of those without a row, where there is room."""
    row = next(one for one in rows if one.target == target)
    line = target_line(row, rows, width)
    more = len(wave_targets(session)) - len(rows)
    note = f"  {more} more"
    if more and row is rows[-1] and width_of(line) + len(note) <= width:
        return (*line, (note, "muted"))
    return line
