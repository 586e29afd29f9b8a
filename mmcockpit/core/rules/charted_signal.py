"""Which signals are drawn as curves, and which one the big chart shows: what is worst, else what matters most."""

from collections.abc import Sequence

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.layout import PANEL_KINDS
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.judged_signals import judged_signals
from mmcockpit.core.rules.plans.waves import by_severity
from mmcockpit.core.rules.targets.reached import counts
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState

_ORDER = {Level.FAIL: 0, Level.WARN: 1}

_CURVES = frozenset({"chart", "stat", "table", "redis", "postgres", "endpoints"})
"""Kinds of panels that draw curves of their signals; every other kind shows values only, or is a package's own."""


def charted_signals(cockpit: Cockpit) -> frozenset[str]:
    """Return the signals whose past the layout draws; all of them for a panel of signals that names none.

    A chart that follows shows, beside what is selected, what can be worst: the signals of abort rules.
    """
    panels = [panel for panel in cockpit.layout.panels if panel.kind in _CURVES or panel.kind not in PANEL_KINDS]
    if any(panel.kind == "stat" and not panel.signals for panel in panels):
        return frozenset(signal.name for signal in cockpit.signals)
    followed = [abort.signal for abort in cockpit.aborts] if any(panel.follow for panel in panels) else []
    return frozenset((*followed, *(name for panel in panels for name in panel.signals)))


def worst_signal(session: Session) -> str:
    """Return the signal with numbers that fails or warns, those of abort rules first; empty if there is none."""
    aborts = [abort.signal for abort in session.cockpit.aborts]
    judged = set(judged_signals(session.cockpit))

    def rank(state: SignalState) -> tuple[int, bool, bool, float]:
        since = state.since.at if state.since is not None else 0.0
        name = state.signal.name
        return _ORDER[state.verdict.level], name not in aborts, name not in judged, since

    states = [state for state in session.signals.values() if state.verdict.level in _ORDER and len(state.points)]
    states = [state for state in states if state.signal.judged and not state.signal.informational]
    states = [state for state in states if counts(session, state.signal.target)]
    return min(states, key=rank).signal.name if states else ""


def charted_signal(session: Session, selected: str, own: Sequence[str], selecting: bool) -> str:
    """Return the signal of a chart that follows; empty if no signal has numbers.

    While an operator is `selecting` one, it is the selected one. Otherwise it is the worst one; with nothing wrong the
    selected one, the chart's `own` first one, or the first one of an abort rule or of the cockpit file with numbers;
    of signals that exist once per target, that of the most severe target.
    """
    if selecting and selected in session.signals:
        return selected
    worst = worst_signal(session)
    if worst:
        return worst
    if selected in session.signals:
        return selected
    aborts = [abort.signal for abort in session.cockpit.aborts]
    names = [name for name in by_severity(session, dict.fromkeys((*own, *aborts))) if name in session.signals]
    numeric = (name for name in (*names, *session.signals) if len(session.signals[name].points))
    return next(numeric, names[0] if names else "")
