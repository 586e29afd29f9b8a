"""What is sent to the terminal: only the cells that differ, and only the codes that differ from one to the next."""

from itertools import pairwise

import pyte
from hypothesis import example, given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from mmcockpit.ui.render.text import Line, fit, width_of
from mmcockpit.ui.widgets.canvas import APART, Row, _differences
from mmcockpit.ui.widgets.pen import Pen

WIDTH = 60
COLOURS = st.sampled_from([None, "#d3dae2", "#ff6b68", "red", "default"])
FLAGS = ("bold", "italic", "underline", "reverse", "strike")
STYLES = st.builds(
    lambda color, ground, flags: Style(color=color, bgcolor=ground) + Style.parse(" ".join(flags)),
    COLOURS,
    COLOURS,
    st.sets(st.sampled_from(FLAGS)),
)
TEXTS = st.sampled_from([" ", "   "]) | st.text("ab ·─▁█", max_size=8)
SEGMENTS = st.lists(st.builds(Segment, TEXTS, st.none() | STYLES), max_size=6)
LINES = st.lists(
    st.tuples(st.text("ab 7▁é界", max_size=12), st.sampled_from(["text", "fail", "muted"])), max_size=8
).map(lambda spans: fit(tuple(spans), WIDTH))


def _cells(written: str) -> list[tuple[object, ...]]:
    """Return what each cell of a terminal looks like; the colour and the weight of a blank are not visible."""
    screen = pyte.Screen(WIDTH, 1)
    pyte.Stream(screen).feed(written)
    cells: list[tuple[object, ...]] = []
    for x in range(WIDTH):
        char = screen.buffer[0][x]
        look = (char.bg, char.underscore, char.reverse, char.strikethrough)
        drawn = char.data != " " or any(look[1:])
        cells.append((char.data, *look, *((char.fg, char.bold, char.italics) if drawn else ())))
    return cells


@given(SEGMENTS)
@example([Segment(" ", Style(underline=True)), Segment(" ", Style(underline=True, color="red"))])
def test_a_pen_draws_what_separate_segments_draw_in_no_more_bytes(segments: list[Segment]) -> None:
    pen = Pen(ColorSystem.TRUECOLOR)
    drawn = "".join([*map(pen.draw, segments), pen.end()])
    apart = "".join((style or Style.null()).render(text) for text, style, _ in segments)
    assert _cells(drawn + "end") == _cells(apart + "end")
    assert len(drawn) <= len(apart)


def test_a_link_is_drawn_whole_and_resets_the_style() -> None:
    pen = Pen(ColorSystem.TRUECOLOR)
    red, link = Style(color="red"), Style(color="blue", link="https://example.com")
    drawn = pen.draw(Segment("a", red)) + pen.draw(Segment("b", link)) + pen.draw(Segment("c", red))
    apart = red.render("a") + link.render("b") + red.render("c")
    assert _cells(drawn + pen.end()) == _cells(apart)
    assert "https://example.com" in drawn


def _columns(line: Line) -> list[tuple[str, str]]:
    """Return the character and the role in each column; a wide character is in both of its columns."""
    return [(char, role) for part, role in line for char in part for _ in range(width_of(((char, role),)))]


@given(LINES, LINES, st.booleans())
def test_the_cells_that_are_drawn_make_the_old_line_the_new_one(before: Line, after: Line, alike: bool) -> None:
    if alike:
        # Most changes are of a few spans.
        after = fit((*before[:2], *after[2:3], *before[3:]), WIDTH)
    old: Row = (before, "base")
    shown = _columns(before)
    regions = list(_differences(old, (after, "base"), 0, WIDTH))
    for region in regions:
        shown[region.x : region.right] = _columns(after)[region.x : region.right]
    assert shown == _columns(after)
    assert all(right.x - left.right >= APART for left, right in pairwise(regions))


def test_two_changes_far_apart_leave_the_cells_between_them_alone() -> None:
    gap = " " * 30
    old: Row = ((("elapsed 12s" + gap + "19:33:43Z", "muted"),), "bar")
    new: Row = ((("elapsed 13s" + gap + "19:33:44Z", "muted"),), "bar")
    assert [(one.x, one.width) for one in _differences(old, new, 0, 50)] == [(9, 1), (48, 1)]
    assert [one.width for one in _differences(old, (new[0], "base"), 0, 50)] == [50]
