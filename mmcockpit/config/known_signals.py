"""The signals that rules, layouts and procedures may refer to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mmcockpit.config.loader import Part
from mmcockpit.config.text.error import did_you_mean, nearest
from mmcockpit.core.model.signal import Signal


@dataclass(frozen=True, slots=True)
class KnownSignals:
    """The known signals: those without mistakes, the names of all, and those that are switched off."""

    signals: Mapping[str, Signal]
    names: Iterable[str]
    off: frozenset[str] = frozenset()

    def take(self, name: str, part: Part, *, judged: bool = True) -> bool:
        """Return whether the signal exists; report what it lacks, unless that was reported already.

        While the load is not complete, the signal may still be defined: only likely misspellings are mistakes.
        """
        if name in self.off:
            if part.is_main:
                part.error(f"signal '{name}' is switched off; remove it here")
            return False
        signal = self.signals.get(name)
        if signal is None:
            if name not in self.names and (part.loader.complete or nearest(name, self.names)):
                part.error(f"unknown signal '{name}'{did_you_mean(name, self.names)}")
            return False
        if judged and not signal.judged:
            part.error(f"signal '{name}' has no pass rule, so it is never judged; add `pass:`")
        return True
