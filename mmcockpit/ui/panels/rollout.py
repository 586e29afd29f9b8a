"""The rollout: how many replicas run what is wanted, which revision, which image, and why it does not get on."""

from collections.abc import Hashable
from typing import Any

from mmcockpit.core.clock import Stamp
from mmcockpit.core.session import Session
from mmcockpit.core.verdict import Level
from mmcockpit.ui.readings import Readings, signal_line, widest_value
from mmcockpit.ui.rows import Rows
from mmcockpit.ui.text import Line, Role, plain, wrap
from mmcockpit.ui.values import amount

STEPS = ("updated", "ready", "available")
BAR = 12


class Rollout(Readings):
    """Readings of `kubernetes.rollout`: one block each."""

    title = "Rollout"

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return the signal, then its replicas, its revision and its trouble."""
        lines: list[tuple[Hashable, Line]] = []
        widest = widest_value(session, self.spec.signals)
        for name in self.spec.signals:
            state = session.signals.get(name)
            if state is None:
                lines.append((("signal", name), ((f" [?] no signal is named {plain(name, 60)}", "unknown"),)))
                continue
            lines.append((("signal", name), signal_line(state, self.lens, now, width, widest)))
            if isinstance(state.value, dict):
                dim = self.lens.level(state) is Level.UNKNOWN
                inside = _inside(state.value, width, dim)
                lines += [(("row", name, n), line) for n, line in enumerate(inside)]
        return Rows.of(lines or [("none", ((" this panel names no signals", "muted"),))])


def _inside(value: dict[str, Any], width: int, dim: bool) -> list[Line]:
    if value.get("exists") is False:
        return [(("     does not exist", "muted" if dim else "fail"),)]
    lines: list[Line] = [_step(word, value, dim) for word in STEPS if word in value]
    paused = "  PAUSED" if value.get("paused") is True else ""
    unseen = "  not yet seen by its controller" if value.get("observed") is False else ""
    said: Line = (("     revision  ", "muted"), (amount(value.get("revision")), "text"), (paused + unseen, "warn"))
    lines.append(said)
    texts: list[tuple[str, Role]] = [(amount(value.get("image") or None), "text")]
    if value.get("complete") is not True:
        why = ": ".join(filter(None, (str(value.get(key) or "") for key in ("reason", "message"))))
        texts.append((why, "muted" if dim else "warn"))
    for text, role in texts:
        lines += [(("     " + part, role),) for part in wrap(text, max(10, width - 6))[:3] if part]
    return lines


def _step(word: str, value: dict[str, Any], dim: bool) -> Line:
    have, want = value.get(word), value.get("desired")
    counted = isinstance(have, int) and isinstance(want, int) and not isinstance(have, bool)
    share = min(1.0, have / want) if counted and want else 0.0
    full = counted and have == want
    role: Role = "muted" if dim else "pass" if full else "warn"
    cells = round(share * BAR)
    bar = "█" * cells + "░" * (BAR - cells)
    return (f"     {word:<10}", "muted"), (f"{amount(have)}/{amount(want)} ", role), (bar, role)


PANEL = Rollout
