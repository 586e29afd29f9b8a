"""The board: places the panels by the arrangement that fits, and knows which one has the focus."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from textual import events
from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, WidgetPlacement
from textual.layout import Layout as TextualLayout
from textual.widget import Widget

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import Arrangement, Layout, LayoutColumn, Slot
from mmcockpit.core.state.session import Session, Topic
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.canvas import Ground
from mmcockpit.ui.widgets.panel import Panel
from mmcockpit.ui.widgets.panel_frame import Edge

BESIDE_FROM = 120
"""The least columns of the terminal at which a panel without a place can be opened beside another one."""

CHROME_ROWS = 5
"""Rows of the terminal outside the board: two of the header and the bottom line."""


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


class _Places(TextualLayout):
    """Places panels by computed regions; nothing is measured or mounted."""

    name = "places"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        assert isinstance(parent, Board)
        nowhere, none = Spacing(), Offset()
        return [WidgetPlacement(region, none, nowhere, panel) for panel, region in parent.places(size).items()]


class _View(NamedTuple):
    """What the board shows: the active panel, and the one that is alone or beside the second column."""

    active: str
    alone: str
    beside: str


class Board(Ground):
    """Holds every panel of the layout; panels that the arrangement does not place are not drawn."""

    DEFAULT_CSS = "Board { height: 1fr; width: 1fr; overflow: hidden hidden; }"

    def __init__(self, layout: Layout, panels: Iterable[Panel], more_chrome: int = 0) -> None:
        self._chrome = CHROME_ROWS + more_chrome
        self._panels = {panel.spec.id: panel for panel in panels}
        super().__init__(*self._panels.values())
        self._plan = layout
        self._rule = _Places()
        self._alone = self._beside = ""
        self._history: list[_View] = []
        self._active = next(iter(self._panels), "")
        self._placed: dict[str, Region] = {}
        self._view: tuple[Session, Stamp] | None = None
        self.arrangement = choose(layout, Size(0, 0))

    @property
    def layout(self) -> TextualLayout:
        """The Textual layout that places the panels."""
        return self._rule

    @property
    def plan(self) -> Layout:
        """The layout that is shown."""
        return self._plan

    @property
    def panels(self) -> Iterable[Panel]:
        """Every panel, including hidden ones."""
        return self._panels.values()

    @property
    def active(self) -> Panel:
        """The panel that has the focus."""
        return self._panels[self._active]

    @property
    def numbered(self) -> list[Panel]:
        """The panels in the order of their numbers: those of the arrangement, then the others of the layout."""
        placed = [slot.panel for slot in self.arrangement.slots if slot.panel in self._panels]
        rest = [spec.id for spec in self._plan.panels if spec.id in self._panels and spec.id not in placed]
        return [self._panels[name] for name in [*placed, *rest]]

    def named(self, name: str) -> Panel | None:
        """Return a panel by its id or its kind; None if there is none."""
        return self._panels.get(name) or next((one for one in self.panels if one.spec.kind == name), None)

    def places(self, size: Size) -> dict[Panel, Region]:
        """Return the region of every placed panel on a board of this size; Textual calls it and caches the results."""
        alone = self._alone or (self._beside if size.width < BESIDE_FROM else "")
        if alone:
            return {self._panels[alone]: Region(0, 0, size.width, size.height)}
        placed = regions(self._fitting(size), size)
        return {self._panels[name]: region for name, region in placed.items() if name in self._panels}

    def show(self, session: Session, now: Stamp, touched: set[Topic] | None, tick: bool) -> list[str]:
        """Show the session on the visible panels that watch a touched topic (None: on all); return new failures.

        On a `tick`, once a second, panels that draw ages are shown too.
        """
        self._view = session, now
        failures: list[str] = []
        for name in self._placed:
            panel = self._panels[name]
            if touched is None or (tick and panel.ages) or not touched.isdisjoint(panel.watches):
                failed_before = panel.failure
                panel.show(session, now)
                if panel.failure and panel.failure != failed_before:
                    failures.append(f"panel {name} failed: {panel.failure}")
        return failures

    def redraw(self) -> None:
        """Draw every visible panel again with the session shown last."""
        if self._view:
            self.show(*self._view, None, False)

    def focus_on(self, panel: Panel, and_back: bool = False, beside: bool = False, alone: bool = False) -> None:
        """Focus a panel; a hidden one is shown alone, or `beside` the second column; with `alone` a visible one too.

        `and_back` keeps this view, so that `back` returns to it.
        """
        before, name = self._view_now, panel.spec.id
        elsewhere = name not in self._placed or (alone and self._alone != name)
        if name != before.active and not (and_back or elsewhere):
            self._history.clear()
        self._active = name
        if elsewhere:
            self._alone, self._beside = ("", name) if beside and not alone else (name, self._beside)
        if (and_back or elsewhere) and self._view_now != before:
            self._remember(before)
        if elsewhere:
            self._settle()
        for each in {before.active, name}:
            self._panels[each].active = each == name
            self._panels[each].redraw()

    def step(self, by: int) -> None:
        """Focus the next (+1) or previous (-1) visible panel."""
        order = [panel for panel in self.numbered if panel.spec.id in self._placed] or [self.active]
        self.focus_on(order[(order.index(self.active) + by) % len(order)])

    def zoom(self) -> None:
        """Show the active panel alone, or what was shown before."""
        if self._alone:
            self.back()
        else:
            self._remember(self._view_now)
            self._alone = self._active
            self._settle()

    def back(self) -> bool:
        """Show what was shown before the panel was opened or zoomed; False if there is nothing to go back to."""
        if not self._history:
            return self.overview()
        self._active, self._alone, self._beside = self._history.pop()
        self._settle()
        return True

    def overview(self) -> bool:
        """Show all panels again and focus the panel that was left first; False if there is nothing to go back to."""
        if not self.away:
            return False
        self._active = self._history[0].active if self._history else self._active
        self._alone = self._beside = ""
        self._history.clear()
        self._settle()
        return True

    @property
    def _view_now(self) -> _View:
        return _View(self._active, self._alone, self._beside)

    def _remember(self, view: _View) -> None:
        """Keep a view to go back to; one that was kept already is gone back to only once."""
        if view in self._history:
            del self._history[self._history.index(view) :]
        self._history.append(view)

    @property
    def away(self) -> bool:
        """Whether there is something to go back to: a panel is shown alone or beside, or was opened from another."""
        return bool(self._alone or self._beside or self._history)

    def in_sight(self, panel: Panel) -> bool:
        """Whether a panel is visible."""
        return panel.spec.id in self._placed

    def see(self, *, paint: Paint | None = None, lens: Lens | None = None) -> None:
        """Draw every panel with another paint or lens."""
        for panel in self.panels:
            if paint is not None:
                panel.paint = paint
            if lens is not None:
                panel.lens = lens
        self.redraw()

    def on_panel_chosen(self, event: Panel.Chosen) -> None:
        """Focus the panel that was clicked."""
        event.stop()
        self.focus_on(event.panel)

    def on_resize(self, event: events.Resize) -> None:
        """Place and draw the panels in the new size, which they already have."""
        self._settle(event.size)
        self.redraw()

    def _fitting(self, size: Size) -> Arrangement:
        fitting = choose(self._plan, Size(size.width, size.height + self._chrome))
        return beside(fitting, self._beside) if self._beside else fitting

    def _settle(self, size: Size | None = None) -> None:
        size = size or self.size
        self.arrangement = self._fitting(size)
        placed = self.places(size)
        self._placed = {panel.spec.id: region for panel, region in placed.items()}
        if self._active not in self._placed and self._placed:
            self._active = next(iter(self._placed))
        borders = edges(self._placed)
        for panel in self.panels:
            panel.number = self.numbered.index(panel) + 1 if panel in self.numbered else 0
            panel.active = panel.spec.id == self._active
            panel.edge = borders.get(panel.spec.id, Edge())
        # Textual keeps a container's arrangement until one of its children requests a layout.
        self.active.refresh(layout=True)
        self.call_after_refresh(self.redraw)
