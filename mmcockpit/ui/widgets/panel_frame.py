"""The frame of a panel: a title line, and one line shared with the neighbour on the left."""

import msgspec

from mmcockpit.ui.render.text import Line, fit, plain, wrap
from mmcockpit.ui.widgets.canvas import Row


class Edge(msgspec.Struct, frozen=True):
    """Where a panel meets its neighbours, in its own cells: neighbours share one line as their frame.

    `left` draws a line on the left side; `top` is set if no panel is above; `joins` are the rows in which the left
    neighbour's title meets that line; `ups` are the columns of the title in which a line from above ends.
    """

    left: bool = False
    top: bool = True
    joins: frozenset[int] = frozenset()
    ups: frozenset[int] = frozenset()

    def side(self, y: int) -> Line:
        """Return the cell on the left of row `y`; empty without a neighbour."""
        if not self.left:
            return ()
        return (("┤" if y in self.joins else "│", "border"),)

    def corner(self, active: bool) -> str:
        """Return the first cell of the title line; the active panel's is heavy."""
        if not self.left:
            return "━" if active else "─"
        shapes = "┮┾┝" if active else "┬┼├"
        return shapes[0] if self.top else shapes[1] if 0 in self.joins else shapes[2]

    def rule(self, start: int, end: int, active: bool) -> str:
        """Return the title line's cells from `start` up to `end`."""
        line, joint = ("━", "┷") if active else ("─", "┴")
        return "".join(joint if x in self.ups else line for x in range(start, end))


def card(title: str, failure: str, edge: Edge, width: int, height: int) -> list[Row]:
    """Return the rows shown instead of a panel that could not be drawn."""
    inner = width - (1 if edge.left else 0)
    head: Line = ((edge.corner(False), "border"), (f" {plain(title, 60)} ", "fail"), ("─" * width, "border"))
    text = f"this panel failed: {failure}. The other panels continue; the journal is complete."
    lines = [f"[!] {line}" if not n else f"    {line}" for n, line in enumerate(wrap(text, max(8, inner - 4)))]
    rows: list[Row] = [(fit(head, width), "base")]
    for y in range(1, height):
        line: Line = ((lines[y - 1], "fail"),) if y <= len(lines) else ()
        rows.append(((*edge.side(y), *fit(line, inner)), "base"))
    return rows
