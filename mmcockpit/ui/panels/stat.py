"""The signals that the layout names, or all judged signals sorted by severity."""

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.verdict import SEVERITY, Level
from mmcockpit.core.state.session import Session
from mmcockpit.ui.panels.readings import ReadingsPanel
from mmcockpit.ui.render.readings import signal_line, widest_value
from mmcockpit.ui.render.rows import Rows
from mmcockpit.ui.render.text import Line, plain


class StatPanel(ReadingsPanel):
    """One row for each signal; if the layout names none, every judged signal, sorted by severity."""

    title = "Signals"

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return one row for each signal."""
        if self.spec.signals:
            names = list(self.spec.signals)
        else:
            judged = [name for name, state in session.signals.items() if state.signal.judged]
            names = sorted(judged, key=lambda name: -SEVERITY[self.lens.level(session.signals[name])])

        widest = widest_value(session, names)

        def draw(n: int) -> Line:
            state = session.signals.get(names[n])
            if state is None:
                return ((f" [?] unknown signal {plain(names[n], 60)}", "unknown"),)
            return signal_line(state, self.lens, now, width, widest)

        return Rows([("signal", name) for name in names], draw)

    def summary(self, session: Session, now: Stamp) -> Line:
        """The number of judged signals that do not pass."""
        names = self.spec.signals or tuple(session.signals)
        states = [session.signals[name] for name in names if name in session.signals]
        levels = [self.lens.level(state) for state in states if state.signal.judged and state.asked_at]
        bad = sum(level is not Level.PASS for level in levels)
        return ((f"{bad} not ok", "muted"),) if bad else (("all ok", "muted"),) if levels else ()


PANEL = StatPanel
