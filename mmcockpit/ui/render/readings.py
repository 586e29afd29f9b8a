"""Signals as rows: the same line for a signal in every panel."""

from collections.abc import Iterable

from rich.cells import cell_len

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.durations import rough_age, short_age
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.plot import spark
from mmcockpit.ui.render.text import WORD, Line, Role, fit, pad, plain
from mmcockpit.ui.render.values import agreement, last_value, reason

SPARK_OVER_S = 900.0
TELLS = 58
"""The least width at which a row has room for the level's word, or for the reason."""


def value_words(state: SignalState) -> str:
    """Return the text of the value's column: the last value, or why there is none."""
    if state.reading is not None:
        return last_value(state)
    return reason(state) if state.asked_at else "not polled yet"


def signal_line(
    state: SignalState, lens: Lens, now: Stamp, width: int, value_width: int = 12, curves: bool = True
) -> Line:
    """Return a signal in one row: letter, title, value, sparkline or reason, word, N of M, age.

    `value_width` is the width of the widest value in the same column.
    """
    level = lens.level(state)
    judged = state.signal.judged or bool(state.fault) or not state.asked_at or lens.stalled
    unknown = judged and level is Level.UNKNOWN
    role: Role = str(level) if judged else "text"
    value_role = "muted" if unknown else "strong" if level is Level.PASS or not judged else role
    value, title = value_words(state), plain(state.signal.title, 80)
    head, foot = (f" {lens.letter(state)} ", role), (pad(f"{reading_age(state, now)} ", 6, "right"), "muted")
    if width < TELLS:
        room = width - 11
        right = max(min(cell_len(value) + 1, room - cell_len(title)), min(cell_len(value) + 1, room * 9 // 20))
        return head, (pad(title, room - right), "text"), (pad(f" {value}", right), value_role), foot
    tail = 12
    room = width - 11 - tail
    value_room = max(8, min(value_width + 1, room * 9 // 20))
    curve = min(26, room - value_room - 26) if curves and room - value_room > 32 else 0
    title_room = room - value_room - curve
    line = [head, (pad(title, title_room - 1) + " ", "text"), (pad(value, value_room - 1) + " ", value_role)]
    if unknown and state.reading is not None:
        line.append((pad("stalled" if lens.stalled else reason(state), curve + tail - 1) + " ", role))
    else:
        line.append((pad(spark(state.points, now.wall, SPARK_OVER_S, curve - 1), curve), "accent"))
        line.append((pad(WORD[level] if judged else "", 8) + pad(agreement(state) if judged else "", 4), role))
    return fit((*line, foot), width)


def reading_age(state: SignalState, now: Stamp) -> str:
    """Return the age of the last value; empty if there is none."""
    if state.read_at is None:
        return ""
    # A fresh value needs no seconds; how long a faulty one has had no data is worth a repaint a second.
    return (short_age if state.fault else rough_age)(now.at - state.read_at.at)


def widest_value(session: Session, names: Iterable[str]) -> int:
    """Return the width that the value column of these signals needs."""
    states = (session.signals[name] for name in names if name in session.signals)
    return max((cell_len(value_words(state)) for state in states), default=0)
