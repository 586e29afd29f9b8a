"""The application's only screen."""

from textual.screen import Screen

from mmcockpit.ui.widgets.canvas import Ground


class Deck(Ground, Screen[None], inherit_bindings=False):
    """Holds header, board and bottom line; without Textual's own key bindings."""

    DEFAULT_CSS = "Deck { layers: base over; overflow: hidden hidden; background: $background; }"
    AUTO_FOCUS = ""
