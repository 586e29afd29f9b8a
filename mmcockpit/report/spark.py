"""A chart as one line of characters, for Markdown: bars, dots where there is no data, crosses for faults."""

from mmcockpit.report.chart import ChartWindow
from mmcockpit.report.series import SignalSeries

BARS = "▁▂▃▄▅▆▇█"
CELLS = 60


def spark(series: SignalSeries, window: ChartWindow) -> str:
    """Return the largest value of each of CELLS stretches as a bar; `×` marks a stretch with faults and no value."""
    length = (window.end - window.start) / CELLS
    if length <= 0:
        return ""
    peaks: dict[int, float] = {}
    for line in series.lines(window.start, window.end):
        for at, value in line:
            cell = min(int((at - window.start) / length), CELLS - 1)
            peaks[cell] = max(peaks.get(cell, value), value)
    faulty = {int((at - window.start) / length) for at in series.faults_between(window.start, window.end)}
    low, high = min([0.0, *peaks.values()]), max(peaks.values(), default=0.0)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    cells = [BARS[round((peaks[n] - low) * scale)] if n in peaks else "×" if n in faulty else "·" for n in range(CELLS)]
    return "".join(cells)
