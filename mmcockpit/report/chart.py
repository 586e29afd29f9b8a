"""One signal as an SVG chart: its values, gaps, faults, limits, baseline, and marked moments."""

from dataclasses import dataclass

from markupsafe import Markup

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.limits import Limit, limits
from mmcockpit.core.text import plain
from mmcockpit.core.words.numbers import number
from mmcockpit.core.words.times import utc
from mmcockpit.report.scale import Points, Scale, ends, thin, ticks
from mmcockpit.report.series import SignalSeries
from mmcockpit.report.strip import strip

WIDTH, HEIGHT = 640, 190
LEFT, RIGHT, TOP, BOTTOM = 62, 632, 10, 142
STRIP_TOP, STRIP_HEIGHT = 150, 12
LABELS = 180
LABEL = 12
"""The height of a label, in units of the drawing."""
BUCKETS = 285
"""The number of stretches of time that a line is thinned to: two units of the drawing each."""


@dataclass(frozen=True, slots=True)
class ChartWindow:
    """The time span of a chart in session seconds; `shift` is wall clock minus session time, `marks` are moments to
    mark."""

    start: float
    end: float
    shift: float
    marks: tuple[float, ...] = ()


def chart(series: SignalSeries, window: ChartWindow, ghost: float | None) -> Markup | None:
    """Return the chart of a signal; None if it has no number in the window."""
    lines = series.lines(window.start, window.end)
    if not lines:
        return None
    lines = [thin(line, window.start, window.end, BUCKETS) for line in lines]
    values = [value for line in lines for _, value in line]
    bounds = limits(series.signal)
    low, high = ends(values if ghost is None else [*values, ghost], [bound.value for bound in bounds])
    x = Scale(window.start, window.end, LEFT, RIGHT)
    y = Scale(low, high, BOTTOM, TOP)
    shown = [bound for bound in bounds if low <= bound.value <= high]
    parts = [
        *(_zone(bound, bounds, y, (low, high)) for bound in shown),
        *_gaps(lines, x),
        _axis(series.signal, (low, high), y),
        *_times(window, x),
        *(_limit(bound, series.signal, y, _apart(bound, shown[:n], y)) for n, bound in enumerate(shown)),
        *([] if ghost is None else [_ghost(ghost, series.signal, y)]),
        *(_line(line, x, y) for line in lines),
        *_faults(series, window, x),
        strip(series.runs(window.end), x, STRIP_TOP, STRIP_HEIGHT),
        *(_mark(at, x) for at in window.marks),
    ]
    title = Markup("<title>{}: {}</title>").format(plain(series.signal.title), _words(values, series.signal))
    return _svg(title + Markup("").join(parts), HEIGHT, "chart")


def _svg(inside: Markup, height: int, kind: str) -> Markup:
    return Markup('<svg class="{}" viewBox="0 0 {} {}" role="img">{}</svg>').format(kind, WIDTH, height, inside)


def _words(values: list[float], signal: Signal) -> str:
    return f"from {number(min(values), signal.unit)} to {number(max(values), signal.unit)}"


def _line(line: Points, x: Scale, y: Scale) -> Markup:
    if len(line) == 1:
        return Markup('<circle class="dot" cx="{:g}" cy="{:g}" r="2"/>').format(x(line[0][0]), y(line[0][1]))
    points = " ".join(f"{x(at):g},{y(value):g}" for at, value in line)
    return Markup('<polyline class="line" points="{}"/>').format(points)


def _gaps(lines: list[list[tuple[float, float]]], x: Scale) -> list[Markup]:
    """Return the hatched rectangles of the stretches without data, at least 2 units wide."""
    edges = [x.low, *(edge for line in lines for edge in (line[0][0], line[-1][0])), x.high]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    gaps = [(x(before), x(after)) for before, after in pairs]
    return [
        Markup('<rect class="gap" x="{:g}" y="{}" width="{:g}" height="{}"/>').format(
            left, TOP, right - left, BOTTOM - TOP
        )
        for left, right in gaps
        if right - left >= 2
    ]


def _zone(bound: Limit, bounds: list[Limit], y: Scale, span: tuple[float, float]) -> Markup:
    """Return the tinted area beyond a limit, up to the next more severe limit."""
    worse = [other.value for other in bounds if other is not bound and other.beyond is Level.FAIL]
    above = bound.comparison in ("<", "<=")
    if bound.comparison == "==":
        return Markup("")
    edge = span[1] if above else span[0]
    if bound.beyond is Level.WARN and worse:
        edge = min(edge, worse[0]) if above else max(edge, worse[0])
    top, bottom = sorted((y(bound.value), y(edge)))
    return Markup('<rect class="zone {}" x="{}" y="{:g}" width="{}" height="{:g}"/>').format(
        bound.beyond, LEFT, top, RIGHT - LEFT, bottom - top
    )


def _limit(bound: Limit, signal: Signal, y: Scale, labelled: bool) -> Markup:
    place = y(bound.value)
    words = f"{bound.beyond} unless {bound.comparison} {number(bound.value, signal.unit)}" if labelled else ""
    return Markup(
        '<line class="limit {0}" x1="{1}" x2="{2}" y1="{3:g}" y2="{3:g}"/>'
        '<text class="label {0}" x="{4}" y="{5:g}" text-anchor="end">{6}</text>'
    ).format(bound.beyond, LEFT, RIGHT, place, RIGHT - 4, place - 3 if place > TOP + 12 else place + 11, words)


def _apart(bound: Limit, before: list[Limit], y: Scale) -> bool:
    """Whether a limit's label would overlap none of the labels before it."""
    return all(abs(y(bound.value) - y(other.value)) >= LABEL for other in before)


def _ghost(value: float, signal: Signal, y: Scale) -> Markup:
    place = y(value)
    return Markup(
        '<line class="ghost" x1="{0}" x2="{1}" y1="{2:g}" y2="{2:g}"/><text class="label" x="{3}" y="{4:g}">{5}</text>'
    ).format(LEFT, RIGHT, place, LEFT + 4, place - 3, f"baseline {number(value, signal.unit)}")


def _axis(signal: Signal, span: tuple[float, float], y: Scale) -> Markup:
    low, high = span
    rows = [
        Markup('<text class="label" x="{}" y="{:g}" text-anchor="end">{}</text>').format(
            LEFT - 6, y(value) + 4, number(value, signal.unit)
        )
        for value in (low, (low + high) / 2, high)
    ]
    frame = Markup('<path class="axis" d="M{0} {1}V{2}H{3}"/>').format(LEFT, TOP, BOTTOM, RIGHT)
    return Markup("").join([frame, *rows])


def _times(window: ChartWindow, x: Scale) -> list[Markup]:
    """Return the times in UTC below the strip, at round minutes."""
    moments = ticks(window.start, window.end, -window.shift)
    shape = "%H:%M:%S" if window.end - window.start < 300 else "%H:%M"
    return [
        Markup(
            '<line class="tick" x1="{0:g}" x2="{0:g}" y1="{1}" y2="{2}"/>'
            '<text class="label" x="{0:g}" y="{3}" text-anchor="middle">{4}</text>'
        ).format(x(at), TOP, BOTTOM, LABELS, utc(at + window.shift, shape))
        for at in moments
        if LEFT + 14 <= x(at) <= RIGHT - 14
    ]


def _faults(series: SignalSeries, window: ChartWindow, x: Scale) -> list[Markup]:
    """Return the crosses of the faults, at most one every 4 units."""
    places = dict.fromkeys(round(x(at) / 4) * 4 for at in series.faults_between(window.start, window.end))
    return [
        Markup('<path class="fault" d="M{0} {1}l6 6m0 -6l-6 6"><title>fault</title></path>').format(
            place - 3, BOTTOM - 9
        )
        for place in places
        if LEFT <= place <= RIGHT
    ]


def _mark(at: float, x: Scale) -> Markup:
    return Markup('<line class="mark" x1="{0:g}" x2="{0:g}" y1="{1}" y2="{2}"/>').format(
        x(at), TOP - 6, STRIP_TOP + STRIP_HEIGHT
    )


def small_strip(series: SignalSeries, start: float, end: float) -> Markup:
    """Return the verdicts of a signal over the whole session as a strip for a table row."""
    x = Scale(start, end, 0, 240)
    inside = strip(series.runs(end), x, 0, 14)
    return Markup('<svg class="strip" viewBox="0 0 240 14" preserveAspectRatio="none" role="img">{}</svg>').format(
        inside
    )
