"""How far the first results of a session have arrived."""

from typing import NamedTuple

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.amounts import counted

FIRST_S = 60.0
"""Seconds of a session after which missing results are no longer the first ones."""


class FirstResults(NamedTuple):
    """How many signals are polled for the first time, of how many sources, and how many have a result."""

    sources: int
    signals: int
    polled: int

    @property
    def text(self) -> str:
        """The progress in a few words: `polling 12 sources… 31/94`."""
        return f"polling {counted(self.sources, 'source')}… {self.polled}/{self.signals}"


def first_results(session: Session, now: Stamp) -> FirstResults | None:
    """Return the progress while the first results arrive; None afterwards.

    Active checks are left out: they wait for an operator. So are combinations, and signals of missing sources.
    """
    if session.opened is None or session.closed is not None or now.at > FIRST_S:
        return None
    known = {source.name for source in session.cockpit.sources}
    waiting = [state for state in session.signals.values() if not state.signal.active and state.signal.source in known]
    polled = sum(state.asked_at is not None for state in waiting)
    if polled == len(waiting):
        return None
    return FirstResults(len({state.signal.source for state in waiting}), len(waiting), polled)
