"""The result of loading a cockpit file; light to import, because a cached one needs no loader."""

import msgspec

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.layout import Theme


class Loaded(msgspec.Struct, frozen=True):
    """A resolved cockpit file.

    `themes` are all themes, that of the file first; `keymap` maps action ids to comma-separated keys; `texts` maps file
    names to source texts, for display only.
    """

    cockpit: Cockpit
    themes: tuple[Theme, ...]
    keymap: dict[str, str]
    texts: dict[str, str]

    @property
    def theme(self) -> Theme:
        """The theme that the cockpit file names."""
        return self.themes[0]


class Appearance(msgspec.Struct, frozen=True):
    """What a resumed session still needs from files: all themes, the selected one first, and the keymap."""

    themes: tuple[Theme, ...]
    keymap: dict[str, str]
