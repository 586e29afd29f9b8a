"""The screen's first line: what this is and how much time there is."""

from mmcockpit.core.facts.event import SessionMode
from mmcockpit.core.model.time_plan import TimePlan
from mmcockpit.core.rules.handovers.times import next_handover
from mmcockpit.core.rules.plans.time_plan import time_plan
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.durations import age, offset
from mmcockpit.core.words.plans.time_plan import path_over_s, path_text, rollback_deadline, window_text
from mmcockpit.ui.render.header.parts import LinePart, fitted
from mmcockpit.ui.render.header.presence import behind_part, presence_part
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import Line, Role, Span, fit, pad, plain, spread, width_of
from mmcockpit.ui.session_view import Sight

SHORT = {"production": "PROD", "prod": "PROD"}
LABEL = 11
"""Columns of the labels at the left of the first three lines."""

WIDE = 80
"""Columns from which on what goes live is not cut to its first letters."""

SOON_S = 900.0
"""A deadline is drawn as a warning from this many seconds before it."""

HOURS_FROM_S = 7200.0
"""From so many seconds on, a short path is in hours, rounded."""


def identity_line(sight: Sight, lens: Lens, operator: str, replay: bool, width: int) -> Line:
    """Return the line in `width` cells; mode and environment at the far left are never cut."""
    session = sight.session
    if session.opened is None:
        return fit(((" STARTING ", "badge"),), width)
    plan = time_plan(session, sight.now)
    badge = _badge(session, replay)
    left = [LinePart(0, ((badge, (" " * max(LABEL - width_of((badge,)), 1), "text")),)), _target(session, width)]
    left += [_window(session, plan, lens), _deadline(plan, sight, lens), _path(plan), _elapsed(session, sight, plan)]
    right = [behind_part(sight.sharing), _unverified(session, width), _speed(session), *_clock(sight, lens)]
    right.append(_people(sight, operator, replay))
    lines = _fitted(left, _handover(session, sight, lens), right, width)
    place = tuple(span for line in lines[: -len(right)] for span in line)
    return fit(spread(place, tuple(span for line in lines[-len(right) :] for span in line), width), width)


def _fitted(left: list[LinePart], handover: tuple[Line, ...], right: list[LinePart], width: int) -> list[Line]:
    """Return the lines of all parts; the next handover has a place if no part is left out for it, nor people.

    Shortly before it, it has one in any case. The people are the last part.
    """
    without = fitted([*left, *right], width)
    for variant in handover:
        lines = fitted([*left, LinePart(0, (variant,)), *right], width)
        others = [*lines[: len(left)], *lines[len(left) + 1 :]]
        kept = all(bool(one) == bool(other) for one, other in zip(others, without, strict=True))
        soon = any(role == "warn" for _, role in variant)
        if sum(map(width_of, lines)) <= width and (soon or (kept and width_of(lines[-1]) == width_of(without[-1]))):
            return lines
    return without


def label(word: str) -> str:
    """Return a word in the columns of the labels."""
    return pad(f" {word}", max(LABEL, len(word) + 3))


def _target(session: Session, width: int) -> LinePart:
    """Return what goes live; its version, at the end, is cut only where people and clock have no room anyway."""
    name = plain(session.cockpit.target, 40)
    shortest: tuple[Line, ...] = () if width >= WIDE else (((pad(name, 14).rstrip(), "strong"),),)
    return LinePart(2, (((name, "strong"),), ((pad(name, 24).rstrip(), "strong"),), *shortest, ()))


def _window(session: Session, plan: TimePlan, lens: Lens) -> LinePart:
    window = session.cockpit.window
    if window is None or plan.used_s is None or plan.left_s is None:
        return LinePart(0, ((),))
    short: Line = ((f"  {window_text(plan)}", _urgency(plan.left_s)),)
    range_: Span = (f"{lens.narrow(window.start)}-{lens.narrow(window.end)}", "text")
    share = plan.used_s / (window.end - window.start) if window.end > window.start else 1.0
    named: Line = (("  window ", "muted"), range_, *_bar(share, 12), *short)
    plain_: Line = (("  ", "text"), range_)
    return LinePart(
        7, (named, (*plain_, *_bar(share, 12), *short), (*plain_, *_bar(share, 6), *short), (*plain_, *short), short)
    )


def _bar(share: float, cells: int) -> Line:
    full = round(cells * min(max(share, 0.0), 1.0))
    return (" " + "▓" * full, "accent"), ("░" * (cells - full), "muted")


def _deadline(plan: TimePlan, sight: Sight, lens: Lens) -> LinePart:
    left_s = plan.rollback_left_s(sight.now)
    if plan.latest_rollback is None or left_s is None:
        return LinePart(0, ((),))
    role = _urgency(left_s)
    short = f"  rollback by {lens.narrow(plan.latest_rollback)}" if left_s >= 0 else "  no time for a rollback"
    return LinePart(3, (((f"  {rollback_deadline(plan, sight.now, lens.narrow)}", role),), ((short, role),)))


def _path(plan: TimePlan) -> LinePart:
    """Return how long the critical path still takes; none without a work plan."""
    if plan.path_s is None or not path_text(plan):
        return LinePart(0, ((),))
    role: Role = "warn" if path_over_s(plan) else "text"
    short = age(plan.path_s) if plan.path_s < HOURS_FROM_S else f"~{plan.path_s / 3600:.0f}h"
    return LinePart(5, (((f"  {path_text(plan)}", role),), ((f"  path {short}", role),), ()))


def _handover(session: Session, sight: Sight, lens: Lens) -> tuple[Line, ...]:
    """Return when the next handover is planned, in variants: `handover 20:00 in 5h`; none without a plan."""
    at = next_handover(session, sight.now)
    if at is None:
        return ()
    left_s = at - sight.now.wall
    role: Role = "warn" if left_s < SOON_S else "text"
    short = f"  handover {lens.narrow(at)}"
    return ((f"{short} in {age(left_s)}", role),), ((short, role),)


def _urgency(left_s: float) -> Role:
    return "fail" if left_s <= 0 else "warn" if left_s < SOON_S else "text"


def _elapsed(session: Session, sight: Sight, plan: TimePlan) -> LinePart:
    """Return T± and how long the session has been open; both, where there is room."""
    open_for: Span = (f"  elapsed {age(plan.elapsed_s)}", "muted")
    counted = session.count(sight.now)
    if counted is None:
        return LinePart(4, ((open_for,), ((f"  {age(plan.elapsed_s)}", "muted"),), ()))
    role = "warn" if session.held else "accent"
    held = " on hold" if session.held else ""
    exact: Span = (f"  {offset(counted)}{held}", role)
    rough: Span = (f"  {offset(counted, False)}{held}", role)
    return LinePart(4, ((exact, open_for), (exact,), (rough,), ()))


def _clock(sight: Sight, lens: Lens) -> list[LinePart]:
    shown = lens if lens.clock != "t" else Lens()
    wall = sight.now.wall
    rough = shown.narrow(wall) + ("Z" if shown.clock == "utc" else "")
    return [LinePart(6, (((f"  {shown.time(wall)}", "text"),), ((f"  {rough}", "text"),), ()))]


def _speed(session: Session) -> LinePart:
    """Return how much faster than real time a demo runs: `x10`."""
    return LinePart(1, (((f"  x{session.speed:g}", "warn"),),)) if session.speed != 1.0 else LinePart(0, ((),))


def _people(sight: Sight, operator: str, replay: bool) -> LinePart:
    session = sight.session
    if session.seats:
        own = sight.sharing.seat.person if sight.sharing is not None else operator
        return presence_part(session, own, viewer=not (operator or replay))
    names = [plain(one, 20) for one in session.operators]
    name = plain(operator, 20) or ("" if replay else "read-only")
    order = [name, *(one for one in names if one != name)] if operator else [*names, name]
    everybody = ", ".join(filter(None, order))
    viewers: Line = ((f" +{len(session.observers)} viewing", "accent"),) if session.observers else ()
    short: Line = ((f" +{len(session.observers)}", "accent"),) if session.observers else ()
    end: Line = ((" ", "text"),)
    return LinePart(
        5,
        (
            ((f"  {everybody}", "text"), *viewers, *end),
            ((f"  {name}", "text"), *viewers, *end),
            ((f"  {name}", "text"), *short, *end),
            ((f"  {name}", "text"), *end) if name == "read-only" else (*short, *end) if short else (),
        ),
    )


def _unverified(session: Session, width: int) -> LinePart:
    if not session.unverified:
        return LinePart(0, ((),))
    return LinePart(1, (((unverified(session, width), "warn"),),))


def unverified(session: Session, width: int) -> str:
    """Return the sources whose TLS certificates are not verified; their number if the names are too long."""
    names = ", ".join(plain(name, 20) for name in session.unverified)
    room = width - 80
    return f"  TLS unverified: {names if len(names) <= room else len(session.unverified)}"


def _badge(session: Session, replay: bool) -> Span:
    assert session.opened is not None
    environment = plain(session.cockpit.environment, 20)
    name = SHORT.get(environment.casefold(), environment.upper())
    mode = "REPLAY" if replay else session.opened.mode.value.upper()
    words = mode if name == mode else f"{mode} {name}"
    production = name == "PROD" and session.opened.mode is SessionMode.LIVE and not replay
    return f" {words} ", "live" if production else "badge"
