"""What the status page shows of a session, as values."""

from collections import Counter
from typing import NamedTuple

from mmcockpit import __version__
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import SATISFIED, Advice
from mmcockpit.core.rules.messages.updates import update
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import age, offset
from mmcockpit.core.words.pages.status_page import (
    GROUPS,
    MEANINGS,
    MODES,
    NO_ADVICE,
    ItemGroup,
    milestones,
    silence_text,
)
from mmcockpit.core.words.times import full, minute
from mmcockpit.core.words.updates import UpdateKind, activity_text, known_text, sentence, time_text
from mmcockpit.core.words.verdicts import advice_word
from mmcockpit.status.free_text import FreeText

MOST_MILESTONES = 8

_TONES = {
    Advice.GO: "good",
    Advice.HOLD: "wait",
    Advice.NO_GO: "fail",
    Advice.FIX_FORWARD: "fail",
    Advice.ROLLBACK: "fail",
}


class PhaseProgress(NamedTuple):
    """A phase: its title, and how many of its items are done.

    `state` is done, open or later; last for the phase in which a session ended before it was complete.
    """

    title: str
    done: int
    total: int
    state: str


class GroupCount(NamedTuple):
    """How many items are in a group; `before` is the number in the groups before it."""

    group: ItemGroup
    items: int
    before: int


class Milestone(NamedTuple):
    """Something that happened: when, and what, as text."""

    at: str
    text: str


class StatusPage(NamedTuple):
    """The page at one moment.

    `tone` is good, wait, fail, over or none. `lines` are what is known and what is done, none while it is silent.
    `since` is since when the headline holds. `silence` is why nothing here is current; empty while the session sends.
    """

    name: str
    environment: str
    mode: str
    tone: str
    headline: str
    meaning: str
    lines: tuple[str, ...]
    since: str
    silence: str
    figures: tuple[tuple[str, str], ...]
    phases: tuple[PhaseProgress, ...]
    groups: tuple[GroupCount, ...]
    items: int
    milestones: tuple[Milestone, ...]
    at: str
    version: str = __version__

    @property
    def done(self) -> int:
        """How many items are satisfied."""
        return sum(phase.done for phase in self.phases)


def status_page(session: Session, now: Stamp, silent_since: float | None = None) -> StatusPage:
    """Return the page of a session at a moment; `silent_since` (Unix seconds) is since when it has sent nothing."""
    ended = session.closed is not None
    assert session.last is not None, "a session that was opened has a fact"
    now = session.last if ended else now
    silence = silence_text(silent_since) if silent_since is not None and not ended else ""
    shown = FreeText(session)
    present = update(session, now, now.wall)
    situation = sentence(f"{present.situation}.")
    known = tuple(shown(text) for text in (known_text(present), activity_text(present)) if text)
    tone, headline, meaning = _headline(session, present.situation, bool(silence))
    since = session.advised_at if not ended else session.last
    counts = Counter(GROUPS[state.state] for state in session.items.values())
    return StatusPage(
        name=shown(session.cockpit.target),
        environment=shown(session.cockpit.environment),
        mode=_mode(session),
        tone=tone,
        headline=headline,
        meaning=meaning,
        lines=() if silence else (*((situation,) if not ended else ()), *known),
        since="" if since is None or silence else _since(since, now, ended),
        silence=silence,
        figures=tuple(_figures(session, now)),
        phases=_phases(session, shown, present.situation is UpdateKind.DONE),
        groups=tuple(_groups(counts)),
        items=len(session.items),
        milestones=_milestones(session, now, shown),
        at=full(now.wall),
    )


def _mode(session: Session) -> str:
    """Return what the session is, if it is not a real go-live and its environment does not tell."""
    mode = MODES[session.opened.mode] if session.opened is not None else ""
    return "" if mode.casefold() == session.cockpit.environment.casefold() else mode


def _headline(session: Session, situation: UpdateKind, silent: bool) -> tuple[str, str, str]:
    """Return the tone, the headline and its meaning; without current data no advice is shown as the present one."""
    if session.closed is not None:
        return "over", "ENDED", sentence(f"{situation}.")
    advice = session.advised.advice if session.advised is not None else None
    if silent:
        last = f"The last advice was {advice_word(advice)}." if advice is not None else "There was no advice yet."
        return "none", "NO CURRENT DATA", last
    if advice is None:
        return "none", "NO ADVICE YET", NO_ADVICE
    return _TONES[advice], advice_word(advice), MEANINGS[advice]


def _since(since: Stamp, now: Stamp, ended: bool) -> str:
    moment = time_text(since.wall, now.wall)
    return f"at {moment}" if ended else f"since {moment} ({_minutes(now.wall - since.wall)})"


def _minutes(seconds: float) -> str:
    """Return an age that changes once a minute at most: a page is read, not watched."""
    return "less than a minute" if seconds < 60 else age(seconds)


def _figures(session: Session, now: Stamp) -> "list[tuple[str, str]]":
    """Return the labelled times of the session."""
    count, window, started = session.count(now), session.cockpit.window, session.started
    figures = []
    if count is not None and session.t0 is not None:
        figures += [("T±", offset(count, with_seconds=False)), ("Planned start", time_text(session.t0, now.wall))]
    if window is not None:
        figures.append(("Maintenance window", f"{minute(window.start)} to {time_text(window.end, now.wall)}"))
    if started is not None:
        figures.append(("Started", time_text(started.wall, now.wall)))
        lasted = now.wall - started.wall
        figures.append(("Lasted" if session.closed is not None else "Running for", _minutes(lasted)))
    return figures


def _phases(session: Session, shown: FreeText, complete: bool) -> tuple[PhaseProgress, ...]:
    phases = []
    for number, phase in enumerate(session.cockpit.checklist.phases):
        states = [session.items[item.id].state for item in phase.items]
        done = sum(state in SATISFIED for state in states)
        state = "later" if number > session.phase else "done" if number < session.phase or complete else "open"
        if session.closed is not None and state == "open":
            state = "last"
        phases.append(PhaseProgress(shown(phase.title), done, len(states), state))
    return tuple(phases)


def _groups(counts: "Counter[ItemGroup]") -> "list[GroupCount]":
    groups, before = [], 0
    for group in ItemGroup:
        groups.append(GroupCount(group, counts[group], before))
        before += counts[group]
    return groups


def _milestones(session: Session, now: Stamp, shown: FreeText) -> tuple[Milestone, ...]:
    """Return the latest milestones, the latest first."""
    latest = milestones(session.log, SessionNames(session))[-MOST_MILESTONES:]
    return tuple(Milestone(time_text(at, now.wall), shown(text)) for at, text in reversed(latest))
