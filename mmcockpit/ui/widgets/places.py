"""The places of panels: the arrangement that fits a terminal, its regions, and how the frames of neighbours join."""

from collections.abc import Sequence

import msgspec
from textual.geometry import Region, Size

from mmcockpit.core.model.layout import Arrangement, Layout, LayoutColumn, Slot
from mmcockpit.ui.widgets.panel_frame import Edge


def choose(layout: Layout, size: Size) -> Arrangement:
    """Return the widest arrangement that fits a terminal; if none does, the first panel alone."""
    fitting = [one for one in layout.arrangements if one.min_width <= size.width and one.min_height <= size.height]
    if fitting:
        return max(fitting, key=lambda one: (one.min_width, one.min_height))
    return Arrangement(0, tuple(LayoutColumn((Slot(panel.id),)) for panel in layout.panels[:1]))


def beside(arrangement: Arrangement, panel: str) -> Arrangement:
    """Return an arrangement in which a panel replaces the first column, enlarged, beside the second."""
    second = arrangement.columns[1:2]
    return msgspec.structs.replace(
        arrangement,
        columns=(LayoutColumn((Slot(panel),), 5), *(msgspec.structs.replace(one, share=3) for one in second)),
    )


def divide(total: int, shares: Sequence[int]) -> list[int]:
    """Return `total` cells divided by shares; the parts add up to `total`."""
    whole = sum(shares) or 1
    edges = [round(total * sum(shares[: n + 1]) / whole) for n in range(len(shares))]
    return [edge - before for before, edge in zip([0, *edges], edges, strict=False)]


def stack(slots: Sequence[Slot], region: Region) -> dict[str, Region]:
    """Return the regions of a column's slots: fixed rows first, the rest by shares."""
    fixed = [min(slot.rows, region.height) for slot in slots]
    free = max(0, region.height - sum(fixed))
    shared = iter(divide(free, [slot.share for slot in slots if not slot.rows]))
    places: dict[str, Region] = {}
    y = region.y
    for slot, rows in zip(slots, fixed, strict=True):
        height = min(rows if slot.rows else next(shared), region.bottom - y)
        places[slot.panel] = Region(region.x, y, region.width, height)
        y += height
    return places


def regions(arrangement: Arrangement, size: Size) -> dict[str, Region]:
    """Return the regions of all panels that an arrangement places on a board of this size."""
    wanted = sum(slot.rows or 4 for slot in arrangement.footer)
    footer_height = min(wanted, size.height // 2) if arrangement.columns else size.height
    body = Region(0, 0, size.width, size.height - footer_height)
    places: dict[str, Region] = {}
    x = 0
    widths = divide(size.width, [column.share for column in arrangement.columns])
    for column, width in zip(arrangement.columns, widths, strict=True):
        places |= stack(column.slots, Region(x, 0, width, body.height))
        x += width
    places |= stack(arrangement.footer, Region(0, body.height, size.width, footer_height))
    return {panel: region for panel, region in places.items() if region.area}


def edges(places: dict[str, Region]) -> dict[str, Edge]:
    """Return how the frames of neighbours join, by panel."""
    tops = {(region.x + region.width, region.y) for region in places.values()}
    ends = {(region.x, region.bottom) for region in places.values() if region.x}
    joined: dict[str, Edge] = {}
    for panel, region in places.items():
        joins = frozenset(y - region.y for x, y in tops if x == region.x and region.y <= y < region.bottom)
        ups = frozenset(x - region.x for x, y in ends if y == region.y and region.x < x < region.right)
        joined[panel] = Edge(region.x > 0, region.y == 0, joins, ups)
    return joined
