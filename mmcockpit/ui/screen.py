"""The one screen there is."""

from textual.screen import Screen

from mmcockpit.ui.widgets.canvas import Ground


class Deck(Ground, Screen[None], inherit_bindings=False):
    """The one screen: header, board, bottom line; without Textual's own keys."""

    DEFAULT_CSS = "Deck { layers: base over; overflow: hidden hidden; background: $background; }"
    AUTO_FOCUS = ""
