"""The result of loading a cockpit file; light to import, because a cached one needs no loader."""

import msgspec

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.layout import AttentionSettings, Theme


class Appearance(msgspec.Struct, frozen=True):
    """What every screen needs from files: themes, the user's keys, and what gets the user's attention.

    `themes` are all themes, the selected one first; `keymap` maps action ids to comma-separated keys. `problems` are
    the files of the user that are not used because of mistakes, each as its first mistake with its place.
    """

    themes: tuple[Theme, ...]
    keymap: dict[str, str]
    attention: AttentionSettings
    problems: tuple[str, ...] = ()


class Loaded(msgspec.Struct, frozen=True):
    """A resolved cockpit file; `texts` maps file names to source texts, for display only."""

    cockpit: Cockpit
    appearance: Appearance
    texts: dict[str, str]

    @property
    def theme(self) -> Theme:
        """The theme that the cockpit file names."""
        return self.appearance.themes[0]
