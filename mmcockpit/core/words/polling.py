"""The first results of a session as text."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.amounts import counted

FIRST_S = 60.0
"""Seconds of a session after which missing results are no longer the first ones."""


def first_results_text(session: Session, now: Stamp) -> str:
    """Return how many signals have been polled, while the first results arrive; empty afterwards.

    Active checks are left out: they wait for an operator. So are combinations, and signals of missing sources.
    """
    if session.opened is None or session.closed is not None or now.at > FIRST_S:
        return ""
    known = {source.name for source in session.cockpit.sources}
    waiting = [state for state in session.signals.values() if not state.signal.active and state.signal.source in known]
    polled = sum(state.asked_at is not None for state in waiting)
    if polled == len(waiting):
        return ""
    sources = len({state.signal.source for state in waiting})
    return f"polling {counted(sources, 'source')}… {polled}/{len(waiting)}"
