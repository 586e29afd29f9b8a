"""What loading a cockpit file gives; light to import, because a remembered one needs no loader."""

import msgspec

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.layout import Theme


class Loaded(msgspec.Struct, frozen=True):
    """A cockpit file, resolved.

    `themes` are all themes, that of the file first; `keymap` maps action ids to comma separated keys; `texts` maps file
    names to source texts, for reading only.
    """

    cockpit: Cockpit
    themes: tuple[Theme, ...]
    keymap: dict[str, str]
    texts: dict[str, str]

    @property
    def theme(self) -> Theme:
        """The theme that the cockpit file names."""
        return self.themes[0]


class Looks(msgspec.Struct, frozen=True):
    """What a session that goes on still needs from files: all themes, the wanted one first, and the keymap."""

    themes: tuple[Theme, ...]
    keymap: dict[str, str]
