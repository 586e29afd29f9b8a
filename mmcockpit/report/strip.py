"""A strip: the states of a signal over time, shown by height, hatching and colour together."""

from collections.abc import Iterable

from markupsafe import Markup

from mmcockpit.report.scale import Scale
from mmcockpit.report.series import STATES, Run

HEIGHTS = {"pass": 0.4, "warn": 0.7, "fail": 1.0, "unknown": 1.0, "not polled": 1.0}
"""The height of each state, as a share of the strip's height."""

_SEVERITY = [STATES.index(state) for state in ("pass", "not polled", "unknown", "warn", "fail")]
_CLASS = {state: state.replace(" ", "-") for state in STATES}


def strip(runs: Iterable[Run], x: Scale, top: float, height: float) -> Markup:
    """Return the rectangles of a strip, at most one a unit of width; states that share one show the most severe."""
    drawn: list[tuple[float, float, int]] = []
    for start, end, code in runs:
        left, right = max(x(start), x.start), min(x(end), x.end)
        if right < x.start or left > x.end:
            continue
        left, right = int(left), max(int(right + 0.5), int(left) + 1)
        if drawn and left < drawn[-1][1]:
            before = drawn.pop()
            worse = _SEVERITY.index(code) > _SEVERITY.index(before[2])
            edge = before[0] if worse and before[1] - before[0] <= 1 else left if worse else before[1]
            if edge > before[0]:
                drawn.append((before[0], edge, before[2]))
            left = edge
            if right <= left:
                continue
        if drawn and drawn[-1][2] == code and drawn[-1][1] == left:
            left = drawn.pop()[0]
        drawn.append((left, right, code))
    return Markup("").join(_rectangle(left, right, STATES[code], top, height) for left, right, code in drawn)


def _rectangle(left: float, right: float, state: str, top: float, height: float) -> Markup:
    tall = round(height * HEIGHTS[state], 1)
    return Markup('<rect class="s-{}" x="{:g}" y="{:g}" width="{:g}" height="{:g}"/>').format(
        _CLASS[state], left, round(top + height - tall, 1), right - left, tall
    )
