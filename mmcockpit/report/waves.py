"""The targets of repeated phases in a report, sorted by severity."""

from typing import NamedTuple

from mmcockpit.core.rules.plans.waves import wave_targets
from mmcockpit.core.words.plans.waves import target_text
from mmcockpit.report.past import Past


class TargetRow(NamedTuple):
    """The row of one target: where it is at the end, and its failing items."""

    target: str
    state: str
    failing: str


def target_rows(past: Past) -> list[TargetRow]:
    """Return a row for every target; none without a repeated phase."""
    session = past.session
    if session.opened is None:
        return []
    return [
        TargetRow(row.target, target_text(row), ", ".join(session.items[one].item.title for one in row.failing) or "–")
        for row in wave_targets(session)
    ]
