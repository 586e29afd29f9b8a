"""The board's part of the desk: its panels, and what is shown of them."""

from abc import abstractmethod
from collections.abc import Callable, Sequence

import msgspec

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.state.session import Session
from mmcockpit.ui.panels.chart import ChartPanel
from mmcockpit.ui.panels.checklist import ChecklistPanel
from mmcockpit.ui.panels.detail import DetailPanel
from mmcockpit.ui.panels.procedures import ProceduresPanel
from mmcockpit.ui.panels.stat import StatPanel
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.rows import RowSubject
from mmcockpit.ui.render.text import plain
from mmcockpit.ui.terminal import TerminalApp
from mmcockpit.ui.widgets.board import Board
from mmcockpit.ui.widgets.panel import Panel


class BoardDesk(TerminalApp, inherit_bindings=False):
    """Implements the part of `Desk` that is about the panels, with the board that the application sets.

    `layouts` returns the layouts that can replace the first one; it runs when an operator chooses one.
    """

    board: Board
    lens: Lens
    layouts: Callable[[], Sequence[Layout]]
    _selected_signal = ""

    @property
    @abstractmethod
    def session(self) -> Session:
        """The session as shown."""

    @property
    @abstractmethod
    def now(self) -> Stamp:
        """The moment that is shown."""

    @abstractmethod
    def look_through(self, lens: Lens) -> None:
        """Show everything with another lens."""

    @abstractmethod
    def new_board(self, layout: Layout) -> Board:
        """Return a board with the panels of a layout."""

    @property
    def layout_name(self) -> str:
        """The layout that is shown."""
        return self.board.plan.name

    @property
    def layout_names(self) -> list[str]:
        """The layouts that can be shown."""
        return list(dict.fromkeys((self.layout_name, *(one.name for one in self.layouts()))))

    def use_layout(self, name: str) -> bool:
        """Show another layout; False for an unknown one."""
        if name == self.layout_name:
            return True
        layout = next((one for one in self.layouts() if one.name == name), None)
        if layout is None:
            return False
        before, self.board = self.board, self.new_board(layout)
        self.board.show(self.session, self.now, None, False)
        self.mount(self.board, after=before)
        before.remove()
        self.look_through(msgspec.structs.replace(self.lens, layout=name))
        return True

    @property
    def pane(self) -> Panel:
        """The panel that has the focus."""
        return self.board.active

    @property
    def procedures(self) -> ProceduresPanel | None:
        """The panel of procedures."""
        panel = self.board.named("procedures")
        return panel if isinstance(panel, ProceduresPanel) else None

    @property
    def panel_titles(self) -> dict[str, str]:
        """The title of every panel, by its id."""
        return {panel.spec.id: plain(panel.name_on_screen, 60) for panel in self.board.panels}

    @property
    def numbered(self) -> list[str]:
        """The ids of the panels in the order of their numbers."""
        return [panel.spec.id for panel in self.board.numbered]

    @property
    def away(self) -> bool:
        """Whether there is something to go back to."""
        return self.board.away

    def open_panel(self, name: str, and_back: bool = True, beside: bool = False, alone: bool = False) -> bool:
        """Focus a panel by its id or kind, `alone` on the whole screen; False if there is none."""
        panel = self.board.named(name)
        if panel is not None:
            self.board.focus_on(panel, and_back, beside, alone)
        return panel is not None

    def open_details(self, subject: RowSubject) -> None:
        """Show the details of an item, a signal or a fact."""
        panel = self.board.named("detail")
        if isinstance(panel, DetailPanel):
            panel.turn_to(subject)
            self.board.focus_on(panel, and_back=True)

    def show_need(self, step: int, from_end: bool) -> bool:
        """Focus the checklist with the cursor on the next (+1) or previous (-1) row that needs an operator."""
        panel = self.board.named("checklist")
        if not isinstance(panel, ChecklistPanel) or not panel.to_need(step, from_end, self.session, self.now):
            return False
        self.board.focus_on(panel)
        return True

    def show_signal(self, name: str) -> bool:
        """Focus the signals with the cursor on one; False if it is there already, or has no row on the screen."""
        panel = self._listing(name)
        if panel is None or self._points_at(panel, name):
            return False
        self.board.focus_on(panel)
        return panel.reach(RowSubject("signal", name))

    def keys_to_signal(self, name: str) -> str | None:
        """Return the key that puts the cursor on the row of a signal; empty if it is there, None if no key does."""
        panel = self._listing(name)
        if panel is None:
            return None
        if not self._points_at(panel, name):
            return self.lens.keys.get("next_match")
        return "" if panel is self.board.active else str(panel.number)

    def _listing(self, name: str) -> StatPanel | None:
        """Return the visible panel of signals that has a row for a signal."""
        listings = (one for one in self.board.placed if isinstance(one, StatPanel))
        return next((one for one in listings if one.find(RowSubject("signal", name)) is not None), None)

    def _points_at(self, panel: StatPanel, name: str) -> bool:
        return panel.subject(panel.chosen) == RowSubject("signal", name)

    def order_checklist(self, open_phase: bool) -> None:
        """Show the checklist in its other order; with `open_phase` that phase, in the order of the document."""
        panel = self.board.named("checklist")
        if isinstance(panel, ChecklistPanel):
            self.board.focus_on(panel)
            panel.show_open_phase() if open_phase else panel.toggle_order()

    def show_item(self, item: str) -> bool:
        """Focus the checklist with the cursor on an item; False if it has no row there."""
        panel = self.board.named("checklist")
        if panel is None:
            return False
        self.board.focus_on(panel)
        return panel.reach(RowSubject("item", item))

    def follow_cursor(self) -> None:
        """Let the visible detail panel and charts follow the cursor; once a frame, so that keys do not wait for it."""
        detail, active = self.board.named("detail"), self.board.active
        if isinstance(detail, DetailPanel) and detail is not active and self.board.in_sight(detail):
            subject = active.shown_subject
            if subject is not None and subject != detail.about:
                detail.turn_to(subject)
        selecting = isinstance(active, StatPanel)
        if isinstance(active, StatPanel) and (chosen := active.subject(active.chosen)) is not None:
            self._selected_signal = chosen.name
        for panel in self.board.placed:
            if isinstance(panel, ChartPanel):
                panel.turn_to(self._selected_signal, selecting)

    def in_sight(self, name: str) -> bool:
        """Return whether a panel is on the screen."""
        panel = self.board.named(name)
        return panel is not None and self.board.in_sight(panel)

    def step_pane(self, by: int) -> None:
        """Focus the next (+1) or previous (-1) visible panel."""
        self.board.step(by)

    def overview(self) -> bool:
        """Show all panels; False if they are shown already."""
        return self.board.overview()

    def go_back(self) -> bool:
        """Show what was shown before; False if there is nothing to go back to."""
        return self.board.back()

    def zoom(self) -> None:
        """Show the active panel alone, or all panels again."""
        self.board.zoom()
