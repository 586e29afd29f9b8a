"""Alerts: which fire, with severity and age, and which silences are set."""

from collections.abc import Hashable, Iterator
from datetime import datetime
from typing import Any

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.ui.panels.readings import Readings
from mmcockpit.ui.render.rows import Rows
from mmcockpit.ui.render.text import Line, Role, age, plain, wrap
from mmcockpit.ui.render.values import reason

ORDER = ("critical", "page", "error", "warning", "info", "none")
ROLES: dict[str, Role] = {"critical": "fail", "page": "fail", "error": "fail", "warning": "warn"}
QUIET = ("silenced", "inhibited")
SAID_ALREADY = ("alertname", "severity")


class Alerts(Readings):
    """Results of `alertmanager.alerts` and `silences`: every row of their lists, sorted by severity."""

    title = "Alerts"

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return one row for each alert, its labels below it, then the silences."""
        lines: list[tuple[Hashable, Line]] = []
        for name in self.spec.signals:
            state = session.signals.get(name)
            if state is None:
                lines.append((("signal", name), ((f" [?] unknown signal {plain(name, 60)}", "unknown"),)))
            else:
                lines += self._block(state, now, width)
        return Rows.of(lines or [("none", ((" this panel has no signals", "muted"),))])

    def _block(self, state: SignalState, now: Stamp, width: int) -> Iterator[tuple[Hashable, Line]]:
        key: Hashable = ("signal", state.signal.name)
        silences = state.signal.probe == "silences"
        rows = [row for row in state.value if isinstance(row, dict)] if isinstance(state.value, list) else []
        blind = state.fault is not None or state.reading is None or self.lens.stalled
        if blind:
            why = "stalled" if self.lens.stalled else reason(state)
            yield key, ((f" [?] {plain(state.signal.title, 60)}: ", "unknown"), (why, "unknown"))
        elif not rows:
            yield key, ((" no silence was set" if silences else " no alert fires", "muted"),)
        draw = self._silence if silences else self._alert
        for n, row in enumerate(rows if silences else sorted(rows, key=_rank)):
            for m, line in enumerate(draw(row, now, width, blind)):
                yield ("row", state.signal.name, n, m), line

    def _alert(self, row: dict[str, Any], now: Stamp, width: int, blind: bool) -> Iterator[Line]:
        severity, how = _text(row, "severity"), _text(row, "state")
        quiet = how in QUIET or blind
        role: Role = "muted" if quiet else ROLES.get(severity, "text")
        letter = "[?]" if blind else "[-]" if quiet else "[!]"
        said = " ".join(filter(None, [severity, how if how != "active" else "", _since(row.get("since"), now)]))
        yield (f" {letter} ", role), (_text(row, "name") or "without a name", role), (f"  {said}", "muted")
        labels = row.get("labels")
        words = [_text(row, "summary")] if row.get("summary") else []
        if isinstance(labels, dict):
            words += [
                f"{plain(str(key), 40)}={plain(str(labels[key]), 80)}" for key in labels if key not in SAID_ALREADY
            ]
        for text in wrap("  ".join(words), max(10, width - 6))[:3]:
            if text:
                yield (("     " + text, "muted"),)

    def _silence(self, row: dict[str, Any], now: Stamp, width: int, blind: bool) -> Iterator[Line]:
        matchers = row.get("matchers")
        about = " ".join(plain(str(one), 80) for one in matchers) if isinstance(matchers, list) else ""
        yield (
            (" [-] silence ", "warn"),
            (f"{_text(row, 'by')}: {_text(row, 'comment')}", "text"),
            (f"  {about}", "muted"),
        )

    def summary(self, session: Session, now: Stamp) -> Line:
        """The number of firing alerts."""
        states = [session.signals[name] for name in self.spec.signals if name in session.signals]
        alerts = [state for state in states if state.signal.probe == "alerts"]
        if self.lens.stalled or any(self.lens.level(one) is Level.UNKNOWN and one.fault for one in alerts):
            return (("unknown", "unknown"),)
        rows = [row for one in alerts if isinstance(one.value, list) for row in one.value if isinstance(row, dict)]
        firing = sum(_text(row, "state") not in QUIET for row in rows)
        return ((f"{firing} firing", "fail"),) if firing else super().summary(session, now)


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    return plain(str(value), 120) if value is not None else ""


def _rank(row: dict[str, Any]) -> tuple[bool, int, str]:
    severity = _text(row, "severity")
    known = ORDER.index(severity) if severity in ORDER else len(ORDER)
    return _text(row, "state") in QUIET, known, _text(row, "name")


def _since(value: Any, now: Stamp) -> str:
    try:
        began = datetime.fromisoformat(str(value))
        return f"for {age(now.wall - began.timestamp())}"
    except (ValueError, OverflowError):
        return f"since {plain(str(value), 30)}" if value else ""


PANEL = Alerts
