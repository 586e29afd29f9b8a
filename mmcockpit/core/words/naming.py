"""How a sentence names items, signals and phases, and what else it may mention."""

from typing import NamedTuple

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.words.keys import NO_KEYS, Keys


class Names:
    """Names items, signals and phases by their ids, as the `log` command does."""

    def item(self, item: str) -> str:
        """Return the name of an item."""
        return item

    def signal(self, signal: str) -> str:
        """Return the name of a signal."""
        return signal

    def phase(self, phase: str) -> str:
        """Return the name of a phase."""
        return phase

    def procedure(self, procedure: str) -> str:
        """Return the name of a procedure."""
        return procedure

    def step(self, procedure: str, step: str) -> tuple[str, str]:
        """Return the number of a step and its title: `step 3`, `Roll back`."""
        return "step", step

    def definition(self, signal: str) -> Signal | None:
        """Return a signal's definition, with the labels and units of its value; None if it is not known."""
        return None


class Wording(NamedTuple):
    """How facts are worded: the names and keys to use, and whether details follow that the screen has no room for.

    `labelled` is set where the word of a fact is in front of its text, which does not repeat it.
    """

    names: Names = Names()
    keys: Keys = NO_KEYS
    full: bool = True
    labelled: bool = False
