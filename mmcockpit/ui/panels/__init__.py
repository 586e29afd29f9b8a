"""The panels: one file for each kind, ending in `PANEL = …`; loaded by the kind that a layout names."""

from collections.abc import Sequence
from importlib import import_module

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PANEL_GROUP, PANEL_KINDS, Layout, PanelSpec
from mmcockpit.core.state.session import Session
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.rows import Rows
from mmcockpit.ui.render.text import plain
from mmcockpit.ui.render.themes import Paint
from mmcockpit.ui.widgets.panel import Panel

ALWAYS = ("decision", "detail", "log", "links", "help", "procedures", "people")
"""The kinds that can be opened in every layout."""


class _Unknown(Panel):
    """Replaces a panel of an unknown kind."""

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return the error, with the known kinds."""
        message = f"unknown panel kind {plain(self.spec.kind, 40)!r}; known: {', '.join(PANEL_KINDS)}"
        return Rows.of([(0, ((message, "warn"),))])


def panels_for(layout: Layout, paint: Paint, lens: Lens, help_rows: Sequence[object]) -> list[Panel]:
    """Return the panels of a layout, and those that can be opened in every layout."""
    kinds = {spec.kind for spec in layout.panels}
    options = {"help": {"rows": help_rows}}
    extra = [PanelSpec(kind, kind, options=options.get(kind, {})) for kind in ALWAYS if kind not in kinds]
    panels = [panel_for(spec, paint) for spec in (*layout.panels, *extra)]
    for panel in panels:
        panel.lens = lens
    return panels


def panel_for(spec: PanelSpec, paint: Paint) -> Panel:
    """Return the panel of a layout's entry: a shipped one, or one that an installed package adds."""
    if spec.kind in PANEL_KINDS:
        kind: type[Panel] = import_module(f"mmcockpit.ui.panels.{spec.kind}").PANEL
        return kind(spec, paint)
    from importlib.metadata import entry_points

    added = next(iter(entry_points(group=PANEL_GROUP, name=spec.kind)), None)
    return added.load()(spec, paint) if added is not None else _Unknown(spec, paint)
