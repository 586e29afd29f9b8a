"""Signals as rows: the same line for a signal in every panel."""

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.limits import counting_limit, limit_label
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.durations import rough_age, short_age
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.plot import bucket_of, spark
from mmcockpit.ui.render.text import Line, Role, fit, pad, plain, short_title
from mmcockpit.ui.render.values import last_value, reason, reason_shown

SPARK_OVER_S = 900.0
LETTER = 4
LEAST_TITLE, MOST_TITLE = 12, 28
LEAST_SPARK, MOST_SPARK = 4, 24
LEAST_REASON = 12
"""Widths in cells: of the letter in brackets, the title's column, the sparkline, and a reason beside a value."""

ROWS_KEPT = 2_000


class Columns(NamedTuple):
    """The widths of the columns of signals below each other; 0 for a column without room.

    Each has a blank at its end, but for the limit's. `spare` is the room that is left on the right.
    """

    title: int
    value: int
    spark: int
    limit: int
    spare: int = 0

    @property
    def tail(self) -> int:
        """The cells beside the value, which a reason may use."""
        return self.spark + self.limit + self.spare


def columns_of(states: Iterable[SignalState], lens: Lens, width: int, sparks: bool = True) -> Columns:
    """Return the columns in which the values and limits of these signals fit; titles and sparklines get the rest."""
    states = list(states)
    room = max(0, width - LETTER)
    titles = max((cell_len(plain(state.signal.title, 80)) for state in states), default=0)
    valued = [state for state in states if not _explained(state, lens)]
    narrow = [state for state in valued if not _spreads(state, lens)] or valued
    values = max((cell_len(value_words(state)) for state in narrow), default=0)
    limits = max((cell_len(_limit(state, lens)) for state in states), default=0)
    value = min(values + 1, max(8, room * 2 // 5))
    least = min(titles + 1, LEAST_TITLE)
    limit = limits if room - value - limits >= least else 0
    left = room - value - limit
    title = min(titles + 1, MOST_TITLE, left)
    curved = sparks and any(len(state.points) for state in states)
    if curved and left - title < LEAST_SPARK + 1:
        title = max(least, left - LEAST_SPARK - 1)
    curve = min(MOST_SPARK, left - title) if curved and left - title > LEAST_SPARK else 0
    return Columns(title, value, curve, limit, left - curve - title)


def value_words(state: SignalState) -> str:
    """Return the text of the value's column: the last value, or why there is none."""
    if state.reading is not None:
        return last_value(state)
    return reason(state) if state.asked_at else "not polled yet"


def signal_line(state: SignalState, lens: Lens, now: Stamp, width: int, columns: Columns) -> Line:
    """Return a signal in one row: letter, title, value, sparkline, limit.

    A reason takes the place of the sparkline where there is no data, and also that of the value where no limit explains
    a failing one. An age is shown only of a value that is no longer current, and of an active check.
    """
    place = state.signal.name, width, columns
    key = _key(state, lens, now, columns)
    known = _drawn.get(place)
    if known is None or known[0] != key:
        if len(_drawn) >= ROWS_KEPT:
            _drawn.clear()
        known = _drawn[place] = key, _signal_line(state, lens, now, width, columns)
    return known[1]


_drawn: dict[tuple[str, int, Columns], tuple[tuple[object, ...], Line]] = {}
"""The rows that were drawn, with everything that they depend on: most signals are the same for many drawings."""


def _key(state: SignalState, lens: Lens, now: Stamp, columns: Columns) -> tuple[object, ...]:
    """Return what a row depends on: the state of the signal, its points so far, and what time changes."""
    points, cells = state.points, max(0, columns.spark - 1)
    stretch = bucket_of(0.0, now.wall, SPARK_OVER_S, cells) if cells else 0
    told = state.signal, state.verdict, state.reading, state.fault, state.asked_at is None
    # Its text, too: equal values can be drawn differently, such as 1 and true.
    return *told, last_value(state), lens, points, points.added, stretch, reading_age(state, now)


def _signal_line(state: SignalState, lens: Lens, now: Stamp, width: int, columns: Columns) -> Line:
    level = lens.level(state)
    signal = state.signal
    judged = signal.judged or bool(state.fault) or not state.asked_at or lens.out_of_date
    unknown = judged and level is Level.UNKNOWN
    role: Role = str(level) if judged else "text"
    title = pad(short_title(signal.title, signal.target, columns.title - 1), columns.title - 1)
    head: Line = (
        (lens.letter(state), role),
        (" ", "text"),
        (f"{title} ", "muted" if unknown and state.reading else "text"),
    )
    value = value_words(state)
    if _explained(state, lens):
        text = reason_shown(state, lens) if lens.out_of_date or state.asked_at else value
        return fit((*head, (text, role)), width)
    if not unknown and _spreads(state, lens) and not (state.signal.active and columns.tail):
        return fit((*head, (value, "strong" if level is Level.PASS or not judged else role)), width)
    value_role: Role = "muted" if unknown else "strong" if level is Level.PASS or not judged else role
    shown = _cell(value, columns.value, value_role)
    if unknown:
        return fit((*head, *shown, *_no_data(state, lens, now, columns.tail, role)), width)
    limit = _cell(_limit(state, lens), columns.limit, "muted" if level is Level.PASS else role, blank=False)
    if state.signal.active and not len(state.points):
        old = f"{reading_age(state, now)} ago " if state.read_at is not None else ""
        return fit((*head, *shown, (pad(old, columns.spark, "right"), "muted"), *limit), width)
    curve = spark(state.points, now.wall, SPARK_OVER_S, max(0, columns.spark - 1))
    return fit((*head, *shown, (pad(curve, columns.spark), "accent"), *limit), width)


def reading_age(state: SignalState, now: Stamp) -> str:
    """Return the age of the last value; empty if there is none."""
    if state.read_at is None:
        return ""
    # A fresh value needs no seconds; how long a faulty one has had no data is worth a repaint a second.
    return (short_age if state.fault else rough_age)(now.at - state.read_at.at)


def states_of(session: Session, names: Iterable[str]) -> list[SignalState]:
    """Return the states of the signals that exist."""
    return [session.signals[name] for name in names if name in session.signals]


def _explained(state: SignalState, lens: Lens) -> bool:
    """Return whether a text takes the place of the value: there is no value, or no limit explains why it fails."""
    if state.reading is None:
        return True
    if lens.out_of_date or not state.signal.judged:
        return False
    level = lens.level(state)
    return level in (Level.FAIL, Level.WARN) and not state.fault and counting_limit(state.signal, level) is None


def _spreads(state: SignalState, lens: Lens) -> bool:
    """Return whether a value may be wider than its column: it has neither a sparkline nor a limit beside it."""
    return not len(state.points) and not _limit(state, lens)


def _no_data(state: SignalState, lens: Lens, now: Stamp, room: int, role: Role) -> Line:
    """Return why a last value does not count, and its age."""
    old = f" {reading_age(state, now)}"
    if room < LEAST_REASON + len(old):
        return ((pad(old, room, "right"), "muted"),)
    return *_cell(reason_shown(state, lens), room - len(old), role), (old, "muted")


def _cell(text: str, width: int, role: Role, blank: bool = True) -> Line:
    """Return a text in a column, usually with a blank after it; only the text has the role, which may underline it."""
    shown = pad(text, width - blank).rstrip() if width else ""
    return (shown, role), (" " * (width - cell_len(shown)), "text")


def _limit(state: SignalState, lens: Lens) -> str:
    """Return the limit that counts; empty for a rule without one."""
    signal, level = state.signal, lens.level(state)
    if not signal.judged:
        return ""
    known = _limits.get((signal.name, level))
    if known is None or known[0] is not signal:
        limit = counting_limit(signal, level)
        text = limit_label(limit, signal.unit) if limit is not None else ""
        known = _limits[signal.name, level] = signal, text
    return known[1]


_limits: dict[tuple[str, Level], tuple[Signal, str]] = {}
"""The limits as text, by signal and level: columns and rows need them for every drawing."""
