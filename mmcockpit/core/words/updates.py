"""Updates for stakeholders, in plain language: no items, rules or measured values."""

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

from mmcockpit.core.model.cockpit import Window
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.times import day, minute

LONGEST_NAME = 80


class UpdateKind(StrEnum):
    """The situation of a go-live, as a stakeholder sees it."""

    PLANNED = "planned"
    AS_PLANNED = "going as planned"
    ON_HOLD = "on hold"
    UNCLEAR = "measurements are missing"
    PROBLEM = "a problem was found"
    FIXING = "a problem was found, and a rollback is not possible"
    ROLLING_BACK = "rolling back to the previous version"
    ROLLED_BACK = "rolled back to the previous version"
    DONE = "complete"
    STOPPED = "ended before it was complete"


OVER = frozenset({UpdateKind.DONE, UpdateKind.STOPPED})
"""Situations after which no update follows."""


class Update(msgspec.Struct, frozen=True):
    """What an update tells; times are Unix seconds.

    `since` is when the situation began, None if that is not known. `impacts` are the effects on users, as text.
    `measured` is whether every signal of an abort rule has a result and none fails, None without such signals.
    `procedures` are titles of the open procedures. `usual_s` is how long the rollback usually takes, 0 if that is not
    known. `deciding` is whether a rollback is advised, `held` whether the go-live is on hold.
    """

    situation: UpdateKind
    target: str
    environment: str
    at: float
    next_update: float
    phase: str = ""
    since: float | None = None
    impacts: tuple[str, ...] = ()
    measured: bool | None = None
    procedures: tuple[str, ...] = ()
    usual_s: float = 0.0
    deciding: bool = False
    held: bool = False
    window: Window | None = None


def impact_text(signal: Signal) -> str:
    """Return what a failure of a signal means for users: its `impact`, else its title."""
    return plain(signal.impact, LONGEST_NAME) or f'"{plain(signal.title, LONGEST_NAME)}" is not as it should be'


def time_text(wall: float, now: float) -> str:
    """Return a moment for readers anywhere: `02:30 UTC`, with the day if it is not today."""
    return f"{minute(wall)} UTC" if day(wall) == day(now) else f"{day(wall)} {minute(wall)} UTC"


def update_text(update: Update) -> str:
    """Return the whole update, one thought a line: the state, what is known, what is done, when the next one comes."""
    lines = (head_text(update), known_text(update), activity_text(update), next_text(update))
    return "\n".join(line for line in lines if line)


def head_text(update: Update) -> str:
    """Return what and where, the time, and the state: `shop v2 (production), 02:10 UTC: on hold.`"""
    where = f" ({plain(update.environment, LONGEST_NAME)})" if update.environment else ""
    return f"{plain(update.target, LONGEST_NAME)}{where}, {time_text(update.at, update.at)}: {update.situation}."


def known_text(update: Update) -> str:
    """Return what is known about the effect on users, and since when."""
    since = "" if update.since is None else f" since {time_text(update.since, update.at)}"
    if update.impacts:
        still = "Still, " if update.situation is UpdateKind.ROLLED_BACK else ""
        return sentence(f"{still}{joined(update.impacts)}{'' if still else since}.")
    if update.situation in (UpdateKind.PROBLEM, UpdateKind.FIXING):
        effect = "no effect on users is known" if update.measured else "the effect on users is not known yet"
        return f"Some checks have failed{since}; {effect}."
    if update.situation is UpdateKind.UNCLEAR:
        return f"Some of our measurements are missing{since}, so the effect on users is not known."
    if update.measured is None or update.situation in (UpdateKind.PLANNED, UpdateKind.STOPPED):
        return ""
    return "No effect on users is known." if update.measured else "The effect on users is not known at the moment."


def activity_text(update: Update) -> str:
    """Return what is being done."""
    return _ACTIVITIES[update.situation](update)


def next_text(update: Update) -> str:
    """Return when the next update comes: `Next update by 02:30 UTC.`"""
    if update.situation in OVER:
        return "This is the last update."
    return f"Next update by {time_text(update.next_update, update.at)}."


def joined(parts: Iterable[str]) -> str:
    """Return texts as one list: `a`, `a and b`, `a, b and c`."""
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def sentence(text: str) -> str:
    """Return a text that begins with a capital."""
    return text[:1].upper() + text[1:]


def _planned(update: Update) -> str:
    start = update.window.start if update.window is not None else update.since
    return "" if start is None else f"The work starts at {time_text(start, update.at)}."


def _as_planned(update: Update) -> str:
    phase = f'The phase "{plain(update.phase, LONGEST_NAME)}" is in progress.' if update.phase else ""
    if update.window is None:
        return phase
    end = time_text(update.window.end, update.at)
    late = update.at > update.window.end
    until = f"The work takes longer than planned (until {end})." if late else f"The work is planned until {end}."
    return f"{phase} {until}".strip()


def _on_hold(update: Update) -> str:
    since = "" if update.since is None else f" since {time_text(update.since, update.at)}"
    return f"No further step starts{since}, until we continue."


def _working(update: Update) -> str:
    if update.procedures:
        titles = joined(f'"{plain(title, LONGEST_NAME)}"' for title in update.procedures)
        return f"We are following the procedure {titles}."
    if update.deciding:
        return "We are deciding about a rollback to the previous version."
    return "No further step starts while we investigate." if update.held else "We are investigating."


def _rolling_back(update: Update) -> str:
    since = "" if update.since is None else f" since {time_text(update.since, update.at)}"
    usual = f"; this usually takes {duration(update.usual_s)}" if update.usual_s else ""
    return f"We have been rolling back{since}{usual}." if since else f"We are rolling back{usual}."


def _rolled_back(update: Update) -> str:
    when = "" if update.since is None else f" at {time_text(update.since, update.at)}"
    return f"The rollback was completed{when}. We are watching the previous version."


_ACTIVITIES: dict[UpdateKind, Callable[[Update], str]] = {
    UpdateKind.PLANNED: _planned,
    UpdateKind.AS_PLANNED: _as_planned,
    UpdateKind.ON_HOLD: _on_hold,
    UpdateKind.UNCLEAR: _working,
    UpdateKind.PROBLEM: _working,
    UpdateKind.FIXING: lambda update: f"We are fixing the problem. {_working(update)}",
    UpdateKind.ROLLING_BACK: _rolling_back,
    UpdateKind.ROLLED_BACK: _rolled_back,
    UpdateKind.DONE: lambda update: "All planned work is done.",
    UpdateKind.STOPPED: lambda update: "No further work follows.",
}
"""Every situation has a sentence about what is being done."""
