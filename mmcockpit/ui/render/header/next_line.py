"""The screen's third line: NEXT, and what else is worth knowing; the badges give way to the action."""

from collections.abc import Callable, Sequence

from mmcockpit.core.facts.event import PollOpened
from mmcockpit.core.model.next_action import Next, NextKind, Viewpoint, ViewpointKind
from mmcockpit.core.model.people import same
from mmcockpit.core.model.sharing import can_take_over, offers_takeover
from mmcockpit.core.rules.advice import no_return
from mmcockpit.core.rules.targets.reached import open_target
from mmcockpit.core.state.open_procedures import queue
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.keys import key_or_command
from mmcockpit.core.words.next_actions import NextWords, next_words
from mmcockpit.core.words.sharing import takeover_text
from mmcockpit.ui.render.advice import ready_words
from mmcockpit.ui.render.header.identity import label
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.running import running_step
from mmcockpit.ui.render.text import Line, Span, fit, pad, plain, spread, width_of
from mmcockpit.ui.session_view import Sight

KeysTo = Callable[[str], str | None]
"""Returns the key that puts the cursor on the row of a signal; empty if it is there, None if no key does."""

Badge = tuple[Span, ...]
"""A badge in variants, the longest first."""

GAP = "  "
"""What separates badges: without their role, which may underline."""

SHORTEST_DETAIL = 12
"""Cells below which the detail is left out instead of cut."""

AT_CURSOR = frozenset({"tick", "verify", "details", "resense"})
"""Actions that act on the row under the cursor."""

_ROLLBACK = frozenset({NextKind.ROLLBACK, NextKind.DECIDE})
"""Kinds for which the readiness of the rollback comes before everything but the subject."""


def seat_of(sight: Sight, operator: str, replay: bool, cursor: str, layout: str = "") -> Viewpoint:
    """Return the seat of this screen; `operator` is empty where it is read-only, `cursor` what is under the cursor."""
    view = ViewpointKind.REPLAY if replay else ViewpointKind.LIVE if operator else ViewpointKind.READ_ONLY
    gone = sight.gone_s is not None
    lost, unrecorded = bool(sight.lost), bool(sight.not_recording)
    accepted = sight.accepted
    return Viewpoint(operator, view, sight.stalled_s, unrecorded, accepted, lost, gone, cursor, layout, sight.sharing)


def next_line(
    sight: Sight, given: Next, seat: Viewpoint, lens: Lens, width: int, keys_to: KeysTo = lambda name: ""
) -> tuple[Line, tuple[Badge, ...]]:
    """Return the line in `width` cells, and the badges that did not fit.

    The key that moves the cursor comes first where the action is about another row; `keys_to` returns it for a signal.
    """
    words = next_words(given, lens.keys, seat.view)
    elsewhere = given.subject in sight.session.items and given.subject != seat.cursor
    at_cursor = given.action in AT_CURSOR and seat.view is ViewpointKind.LIVE
    moves: str | None = lens.keys.get("next_match", "") if elsewhere and at_cursor else ""
    if at_cursor and given.action == "details" and given.subject in sight.session.signals:
        moves = keys_to(given.subject)
    key = "" if moves is None else f"{moves} {words.key}".lstrip()
    head: Line = ((label("NEXT"), "strong"), *(((f"{key}  ", "accent"),) if key else ()), (words.subject, "strong"))
    room = width - width_of(head) - 1
    badges, first = _badges(sight, given, lens, bool(moves)), given.kind in _ROLLBACK
    right = _placed(badges[:1] if first else [], room)
    right += _takeover(sight, words, room - width_of(right))
    tail = _tail(words, room - width_of(right))
    badges = [badge for badge in badges if not set(badge) & set(right)]
    right += _placed(badges, room - width_of((*right, *tail)))
    left_over = tuple(badge for badge in badges if not set(badge) & set(right))
    return fit(spread((*head, *tail), (*reversed(right), (" ", "text")), width), width), left_over


def _tail(words: NextWords, room: int) -> list[Span]:
    """Return the detail, cut if need be, and the number of others, as far as there is room."""
    tail: list[Span] = []
    detail = f": {words.detail}" if words.detail else ""
    if detail and room >= min(len(detail), SHORTEST_DETAIL):
        tail.append((detail if width_of(((detail, ""),)) <= room else pad(detail, room), "text"))
    more = f"  {words.more}"
    if words.more and width_of((*tail, (more, ""))) <= room:
        tail.append((more, "muted"))
    return tail


def _placed(badges: Sequence[Badge], room: int) -> list[Span]:
    """Return the first variant that fits of each badge with a gap, the most important badge first."""
    placed: list[Span] = []
    for badge in badges:
        free = room - width_of(placed) - len(GAP)
        placed += [span for one in badge if width_of((one,)) <= free for span in (one, (GAP, "text"))][:2]
    return placed


def _badges(sight: Sight, given: Next, lens: Lens, moves: bool) -> list[Badge]:
    """Return the badges, the most important first."""
    session = sight.session
    if session.opened is None:
        return []
    word, words, role = ready_words(session, sight.now, lens.out_of_date)
    if no_return(session, open_target(session)):
        word, words, role = "too late", "too late", "warn"
    # The details of an action that rolls back are more important than those of its readiness.
    first: list[Badge] = [((f"rollback: {word}", role),)] if given.kind in _ROLLBACK else []
    back: Badge = tuple((f"rollback: {text}", role) for text in dict.fromkeys((words, word)))
    return [
        *first,
        *([] if moves else _hint(given, lens)),
        *_procedures(sight, given, lens),
        *_handover(session, given, lens),
        *_counts(session),
        *([] if first else [back]),
    ]


def _hint(given: Next, lens: Lens) -> list[Badge]:
    key = lens.keys.get("next_match", "")
    leads = given.others and given.kind in (NextKind.TICK, NextKind.APPROVAL, NextKind.FAILING)
    return [((f"{key} next", "muted"),)] if key and leads else []


def _procedures(sight: Sight, given: Next, lens: Lens) -> list[Badge]:
    session, late = sight.session, no_return(sight.session, open_target(sight.session))
    badges: list[Badge] = [(step,) for step in running_step(session, sight.now, given)]
    if called := [one for one, _ in queue(session) if one.id != given.subject and not (late and one.aborts)]:
        more = "more " if given.action == "emergency" else ""
        short = f"{lens.keys.get('emergency', 'procedures')}: {len(called)} {more}queued"
        badges.append(((f"{short}: {plain(called[0].title, 30)}", "warn"), (short, "warn")))
    return badges


def _handover(session: Session, given: Next, lens: Lens) -> list[Badge]:
    """Return the handover that waits to be acknowledged, unless NEXT is about it."""
    pending = session.handover
    if pending is None or given.kind is NextKind.HANDOVER:
        return []
    if same(pending.to, lens.operator):
        key = key_or_command(lens.keys, "handover")
        return [((f"{key}: handover from {plain(pending.by, 20)}", "warn"), (key, "warn"))]
    return [((f"handover to {plain(pending.to, 20)} waits", "accent"), ("handover waits", "accent"))]


def _takeover(sight: Sight, words: NextWords, room: int) -> list[Span]:
    """Return whether this seat can take over, which is always shown: here, unless the second line shows it.

    Its longest variant that leaves the detail whole, else the shortest one.
    """
    sharing = sight.sharing
    if sharing is None or sight.silent_s or not offers_takeover(sharing):
        return []
    text, role = takeover_text(sharing), "muted" if can_take_over(sharing) else "warn"
    short = text.removeprefix("can ")
    detail = width_of(((f": {words.detail}", ""),)) if words.detail else 0
    whole = _placed([((text, role), (short, role))], room - detail)
    return whole or _placed([((short, role),)], room)


def _counts(session: Session) -> list[Badge]:
    badges: list[Badge] = []
    if isinstance(session.poll, PollOpened):
        badges.append(((f"poll {len(session.votes)}/{len(session.cockpit.poll)}", "accent"),))
    if overrides := sum(state.overrides for state in session.items.values()):
        badges.append(((f"{counted(overrides, 'override')}", "warn"),))
    return badges
