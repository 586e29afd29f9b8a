"""The board: places the panels by the arrangement that fits, and knows which one has the focus."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from textual import events
from textual.geometry import Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, WidgetPlacement
from textual.layout import Layout as TextualLayout
from textual.widget import Widget

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import Arrangement, Layout
from mmcockpit.core.state.session import Session, Topic
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.canvas import Ground
from mmcockpit.ui.widgets.panel import Panel
from mmcockpit.ui.widgets.panel_frame import Edge
from mmcockpit.ui.widgets.places import beside, choose, edges, regions

BESIDE_FROM = 120
"""The least columns of the terminal at which a panel without a place can be opened beside another one."""

CHROME_ROWS = 5
"""Rows of the terminal outside the board: two of the header and the bottom line."""


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
        self.left: list[str] = []
        """The panels that `show` left to its next call."""
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
    def placed(self) -> Iterable[Panel]:
        """The panels that the arrangement places."""
        return [self._panels[name] for name in self._placed]

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

    def show(
        self,
        session: Session,
        now: Stamp,
        touched: set[Topic] | None,
        tick: bool,
        waits: Callable[[], bool] = lambda: False,
    ) -> list[str]:
        """Show the session on the visible panels that watch a touched topic (None: on all); return new failures.

        On a `tick`, once a second, panels that draw ages are shown too. Once `waits` returns True, the other panels are
        left to the next call.
        """
        self._view = session, now
        changed = [name for name in self._placed if self._changed(name, touched, tick)]
        names = [name for name in dict.fromkeys([*self.left, *changed]) if name in self._placed]
        self.left = list(names)
        failures: list[str] = []
        for name in names:
            if waits():
                break
            panel = self._panels[name]
            failed_before = panel.failure
            panel.show(session, now)
            self.left.remove(name)
            if panel.failure and panel.failure != failed_before:
                failures.append(f"panel {name} failed: {panel.failure}")
        return failures

    def _changed(self, name: str, touched: set[Topic] | None, tick: bool) -> bool:
        panel = self._panels[name]
        return touched is None or (tick and panel.ages) or not touched.isdisjoint(panel.watches)

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
        before, placed = set(self._placed), self.places(size)
        self._placed = {panel.spec.id: region for panel, region in placed.items()}
        if self._active not in self._placed and self._placed:
            self._active = next(iter(self._placed))
        borders = edges(self._placed)
        for panel in self.panels:
            panel.number = self.numbered.index(panel) + 1 if panel in self.numbered else 0
            panel.active = panel.spec.id == self._active
            panel.edge = borders.get(panel.spec.id, Edge())
        # Else a panel that comes back would show for a frame what was true when it was hidden.
        for name in before - self._placed.keys():
            self._panels[name].put(())
        # Textual keeps a container's arrangement until one of its children requests a layout.
        self.active.refresh(layout=True)
        self.call_after_refresh(self.redraw)
