"""The overview of the go-live as one SVG: advice, phases, holds and decisions over one time axis."""

from collections.abc import Callable, Sequence

from markupsafe import Markup

from mmcockpit.core.model.states import Advice
from mmcockpit.core.text import plain
from mmcockpit.core.words.times import utc
from mmcockpit.core.words.verdicts import advice_word
from mmcockpit.report.past import Past
from mmcockpit.report.scale import Scale, ticks
from mmcockpit.report.timeline import ADVICE_TONES
from mmcockpit.report.times import Stretch

WIDTH, LEFT, RIGHT = 1000, 76, 992
LANES = {"Advice": (22, 30), "Phase": (58, 22), "Hold": (86, 10), "Decisions": (102, 18)}
"""The top and the height of each lane."""
TIMES = 140
HEIGHT = 148
LETTER = 8.6
"""Width of a letter in a lane, in units of the drawing."""


def overview(past: Past, end: float) -> Markup:
    """Return the drawing, up to the session second `end`."""
    start = past.first.at if past.first else 0.0
    x = Scale(start, end, LEFT, RIGHT)
    shift = past.first.wall - start if past.first else 0.0
    parts = [
        *(_name(name, *place) for name, place in LANES.items()),
        *_lane(past.advice_changes, x, "Advice", end, lambda one: f"t-{ADVICE_TONES.get(one.what, 'text')}"),
        *_lane(past.phases, x, "Phase", end, lambda one: "phase"),
        *_lane(past.holds, x, "Hold", end, lambda one: "t-warn"),
        *_without_data(past.without_data, x, end),
        *_times(x, shift),
        *_decisions(past, x),
    ]
    return Markup('<svg class="overview" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>').format(
        WIDTH, HEIGHT, "Advice, phases, holds and decisions over time", Markup("").join(parts)
    )


def _name(name: str, top: int, height: int) -> Markup:
    return Markup('<text class="label" x="{}" y="{:g}" text-anchor="end">{}</text>').format(
        LEFT - 8, top + height / 2 + 4, name
    )


def _lane(
    stretches: Sequence[Stretch], x: Scale, lane: str, end: float, kind: Callable[[Stretch], str]
) -> list[Markup]:
    top, height = LANES[lane]
    shapes: list[Markup] = []
    edge = 0.0
    for one in stretches:
        left = x(one.start.at)
        right = max(x(one.end.at if one.end else end), left + 1)
        # A block narrower than 1 unit beside its neighbour is left out; the timeline has it.
        if right - edge < 1:
            continue
        edge = right
        what = plain(advice_word(Advice(one.what)) if lane == "Advice" else one.what)
        shapes.append(
            Markup('<rect class="block {}" x="{:g}" y="{}" width="{:g}" height="{}"><title>{}</title></rect>').format(
                kind(one),
                left,
                top,
                right - left,
                height,
                f"{what} from {utc(one.start.wall)}Z",
            )
        )
        words = what if height > 16 else ""
        room = int((right - left - 8) / LETTER)
        if words and (room >= len(words) or room >= 6):
            label = words if len(words) <= room else words[: room - 1] + "…"
            shapes.append(
                Markup('<text class="inside" x="{:g}" y="{:g}">{}</text>').format(left + 5, top + height / 2 + 4, label)
            )
    return shapes


def _without_data(stretches: Sequence[Stretch], x: Scale, end: float) -> list[Markup]:
    return [
        Markup('<rect class="gap" x="{:g}" y="22" width="{:g}" height="98"><title>{}</title></rect>').format(
            x(one.start.at), max(x(one.end.at if one.end else end) - x(one.start.at), 1), one.what
        )
        for one in stretches[:500]
    ]


def _times(x: Scale, shift: float) -> list[Markup]:
    return [
        Markup(
            '<line class="tick" x1="{0:g}" x2="{0:g}" y1="22" y2="126"/>'
            '<text class="label" x="{0:g}" y="{1}" text-anchor="middle">{2}</text>'
        ).format(x(at), TIMES, utc(at + shift, "%H:%M"))
        for at in ticks(x.low, x.high, -shift)
    ]


def _decisions(past: Past, x: Scale) -> list[Markup]:
    """Return a pin for every decision; one too close to the last numbered pin is a short line without a number."""
    top, height = LANES["Decisions"]
    shapes: list[Markup] = []
    edge = -100.0
    for n, one in enumerate(past.decisions, 1):
        place = x(one.when.at)
        if place - edge < 15:
            shapes.append(Markup('<path class="pin" d="M{:g} {}v6"/>').format(place, top))
            continue
        edge = place
        shapes.append(
            Markup(
                '<a href="#decision-{0}"><circle class="t-{1}" cx="{2:g}" cy="{3:g}" r="8.5"/>'
                '<text class="pin" x="{2:g}" y="{4:g}" text-anchor="middle">{0}</text><title>{5}</title></a>'
            ).format(n, one.tone, place, top + height / 2, top + height / 2 + 3.5, one.title)
        )
    return shapes
