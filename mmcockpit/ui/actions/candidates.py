"""The values that arguments of commands may have: items, signals, people, phases and others, from the session."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from mmcockpit.core.model.checklist import Item, Phase
from mmcockpit.core.model.people import same
from mmcockpit.core.model.states import SATISFIED, STATE_WORD
from mmcockpit.core.rules.messages.templates import messages
from mmcockpit.core.rules.seats.present import present
from mmcockpit.core.words.durations import clock
from mmcockpit.core.words.numbers import speed_words
from mmcockpit.ui.actions.action import Argument, Candidate
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.render.text import plain

REPLAY_SPEEDS = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)

FEW = 6
"""Maximum number of known names that the error for an unknown one lists."""

_ANSWERS = (Candidate("go", "for the next role"), Candidate("no-go", "for the next role"))


def among(typed: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates that a typed text may mean, best match first: the beginning of the value, of a word, or
    any part."""
    wanted = typed.casefold().split()
    ranked = [
        (rank, n, candidate)
        for n, candidate in enumerate(candidates)
        if (rank := _rank(typed.strip().casefold(), wanted, candidate)) is not None
    ]
    return [candidate for _, _, candidate in sorted(ranked, key=lambda part: part[:2])]


def _rank(typed: str, wanted: Sequence[str], candidate: Candidate) -> int | None:
    value = candidate.value.casefold()
    text = f"{value} {candidate.about.casefold()}"
    if value == typed:
        return 0
    if value.startswith(typed):
        return 1
    if all(any(word.startswith(part) for word in words(text)) for part in wanted):
        return 2
    return 3 if all(part in text for part in wanted) else None


def words(text: str) -> list[str]:
    """Return the words of a text by which it is found, in lower case: `DNS Cutover` is `dns` and `cutover`."""
    whole = text.casefold().split()
    parts = [part for word in whole for part in "".join(c if c.isalnum() else " " for c in word).split()]
    return list(dict.fromkeys([*whole, *parts]))


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the error for an unknown name, with the nearest known one, or all of them where they are few."""
    names = list(known)
    close = difflib.get_close_matches(name, names, 1)
    few = f"; known: {', '.join(names)}" if 0 < len(names) <= FEW else ""
    return f"unknown {kind} {plain(name, 60)!r}" + (f"; did you mean {close[0]}?" if close else few)


def item_of(desk: Desk, typed: str) -> Item | str:
    """Return the item that a typed number or title names, or the error text."""
    items = [state.item for state in desk.session.items.values()]
    number, _, _ = typed.partition(" ")
    for item in items:
        if number == str(item.number) or typed in (item.id, plain(item.title, 120)):
            return item
    fitting = among(typed, (Candidate(item.id, plain(item.title, 120)) for item in items))
    if len(fitting) == 1:
        return next(item for item in items if item.id == fitting[0].value)
    numbered = {item.id: f"{item.number} {plain(item.title, 60)}" for item in items}
    if fitting:
        few = ", ".join(numbered[one.value] for one in fitting[:3])
        return f"{len(fitting)} items match {plain(typed, 40)!r}: {few}{' …' if len(fitting) > 3 else ''}"
    titles = {plain(item.title, 120).casefold(): numbered[item.id] for item in items}
    close = difflib.get_close_matches(typed.casefold(), list(titles), 1)
    way_out = f"did you mean {titles[close[0]]}?" if close else "an item is its number or its title"
    return f"unknown item {plain(typed, 60)!r}; {way_out}"


def _items(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    """Yield every item by its number, those that are not satisfied first."""
    for state in sorted(desk.session.items.values(), key=lambda state: state.state in SATISFIED):
        yield Candidate(str(state.item.number), plain(state.item.title, 60), STATE_WORD[state.state])


def _signals(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    for name, state in desk.session.signals.items():
        if name not in before:
            yield Candidate(name, plain(state.signal.title, 60))


def _panels(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    return (Candidate(name, title) for name, title in desk.panel_titles.items())


def _themes(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    return (Candidate(name) for name in desk.theme_names)


def _layouts(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    return (Candidate(name) for name in desk.layout_names)


def _strangers(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    return (Candidate(name, "another system responds") for name in desk.session.strangers)


def _people(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    for person in desk.session.cockpit.people:
        if not same(person.name, desk.operator):
            yield Candidate(plain(person.name, 40), plain(person.role, 40))


def _receivers(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    if desk.session.handover is not None:
        yield Candidate("ack", f"acknowledge the handover from {plain(desk.session.handover.by, 40)}")
    yield from _people(desk, before)


def _controls(desk: Desk, before: tuple[str, ...]) -> tuple[Candidate, ...]:
    return (Candidate("request", "ask for the controls"), Candidate("grant", "pass them to another person"))


def _seated(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    """Yield who can get the controls: those who requested them first."""
    asked = desk.session.control_requests
    for one in sorted(present(desk.session), key=lambda one: one.person not in asked):
        if before == ("grant",) and one.acts and not same(one.person, desk.operator):
            yield Candidate(plain(one.person, 40), "requests them" if one.person in asked else plain(one.role, 40))


def _procedures(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    for procedure in desk.session.cockpit.checklist.procedures:
        yield Candidate(procedure.id, plain(procedure.title, 80))


def _messages(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    return (Candidate(message.id, plain(message.title, 60)) for message in messages(desk.session))


def phases(desk: Desk, before: tuple[str, ...] = ()) -> Iterator[Candidate]:
    """Yield every phase by its id."""
    for number, phase in enumerate(desk.session.cockpit.checklist.phases):
        state = "open" if number == desk.session.phase else "passed" if number < desk.session.phase else "not open"
        yield Candidate(phase.id, plain(phase.title, 60), state)


def following_phase(desk: Desk) -> Phase | None:
    """Return the phase that opens next; None in the last one."""
    every = desk.session.cockpit.checklist.phases
    return every[desk.session.phase + 1] if desk.session.phase + 1 < len(every) else None


def _next_phase(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    if (following := following_phase(desk)) is not None:
        yield Candidate(following.id, plain(following.title, 60), "opens next")


def _times(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    planned = desk.session.cockpit.t0
    if planned is not None:
        yield Candidate(f"{datetime.fromtimestamp(planned, UTC):%Y-%m-%dT%H:%MZ}", "as planned in the cockpit file")
    yield from (Candidate("now"), Candidate("+15m", "in 15 minutes"), Candidate("02:00", "the nearest 02:00 UTC"))


def _moments(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    if desk.transport is None:
        return
    yield from (Candidate("0%", "the start"), Candidate("50%"), Candidate("100%", "the end"))
    first = desk.transport.state.first
    for mark in desk.transport.landmarks[:200]:
        if mark.kind in ("decision", "alarm", "marker"):
            yield Candidate(clock(mark.at - first), mark.kind)


def _baseline(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    for name in desk.session.cockpit.baseline.signals:
        state = desk.session.signals.get(name)
        yield Candidate(f"{name}=", plain(state.signal.title, 60) if state else "")


def _answers(desk: Desk, before: tuple[str, ...]) -> tuple[Candidate, ...]:
    return (*_ANSWERS, Candidate("close", "decide the poll, as its conductor"))


def _decisions(desk: Desk, before: tuple[str, ...]) -> tuple[Candidate, ...]:
    return (Candidate("go"), Candidate("no-go")) if before == ("close",) else ()


def _responses(desk: Desk, before: tuple[str, ...]) -> tuple[Candidate, ...]:
    return (Candidate("accept", "do as advised"), Candidate("dismiss", "do not follow it, for a reason"))


def _speeds(desk: Desk, before: tuple[str, ...]) -> Iterator[Candidate]:
    return (Candidate(speed_words(speed).removesuffix("x")) for speed in REPLAY_SPEEDS)


REASON = Argument("REASON", rest=True, example="waiting for the database team")
TEXT = Argument("TEXT", rest=True, example="canary is at 10%")
OUTCOME = Argument("OUTCOME", rest=True, example="2.4.1 is live")
NOTHING = Argument("TEXT", optional=True, rest=True)
ITEM = Argument("ITEM", _items, optional=True, closed=True, rest=True)
ITEM_NUMBER = Argument("ITEM", _items, optional=True, closed=True)
ITEM_SHOWN = Argument("ITEM", _items, closed=True, rest=True, direct=True)
PERSON = Argument("NAME", _people, optional=True, closed=True, rest=True)
RECEIVER = Argument("NAME|ack", _receivers, optional=True, rest=True)
SIGNALS = Argument("SIGNAL", _signals, optional=True, closed=True, repeated=True)
PANEL = Argument("NAME", _panels, closed=True, direct=True)
LAYOUT = Argument("NAME", _layouts, closed=True)
THEME = Argument("NAME", _themes, closed=True)
SOURCE = Argument("SOURCE", _strangers, example="prometheus")
PROCEDURE = Argument("NAME", _procedures, closed=True, direct=True)
MESSAGE = Argument("NAME", _messages, optional=True, closed=True)
PHASE = Argument("PHASE", phases, closed=True, direct=True)
NEXT_PHASE = Argument("PHASE", _next_phase, optional=True, closed=True)
TIME = Argument("TIME", _times, rest=True)
MOMENT = Argument("MOMENT", _moments, example="T+11m")
SPEED = Argument("FACTOR", _speeds)
BASELINE = Argument("NAME=VALUE", _baseline, optional=True, repeated=True)
ANSWER = Argument("go|no-go|close", _answers, optional=True)
DECISION = Argument("REASON", _decisions, optional=True, rest=True)
CONTROL = Argument("request|grant", _controls, closed=True)
SEATED = Argument("NAME", _seated, optional=True, rest=True)
SPAN = Argument("TIME", lambda desk, before: map(Candidate, ("10m", "30m", "1h")), optional=True)
RESPONSE = Argument("accept|dismiss", _responses, closed=True)
