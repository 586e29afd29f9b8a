"""The screen's second line: the state in one word, and the one worst thing with its limit and since when."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from mmcockpit.core.facts.event import Advised, Decided, OperatorLeft, Reason, ReasonKind
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.production_change import ProductionChangeKind
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.rules.advice import dismissed
from mmcockpit.core.rules.changes import change_before
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.no_data import failing_sources
from mmcockpit.core.rules.open_items import open_items
from mmcockpit.core.rules.reasons.abort_times import refreshed
from mmcockpit.core.state.open_procedures import open_runs
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration
from mmcockpit.core.words.no_data import failing_source_text
from mmcockpit.core.words.open_items import open_items_texts
from mmcockpit.core.words.sharing import driver_silent, store_away
from mmcockpit.core.words.verdicts import advice_word
from mmcockpit.ui.render.advice import (
    ROLE,
    escalation_words,
    item_words,
    measured,
    reason_words,
    warning_words,
)
from mmcockpit.ui.render.header.identity import label
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import Line, Role, age, fit, plain, short_title, width_of
from mmcockpit.ui.session_view import Sight

_LOUD = frozenset({Advice.ROLLBACK, Advice.FIX_FORWARD})
"""States whose whole line has their colour as its background."""

_CHANGED = {
    ProductionChangeKind.DEPLOY: "a deploy",
    ProductionChangeKind.RESTART: "a restart",
    ProductionChangeKind.APPEARED: "a change",
    ProductionChangeKind.OTHER: "a change",
}
"""What changed in production, in short."""


_REASON_CELLS = (40, 30, 20, 12)
"""To how many letters the reason of a dismissed advice is shortened, where there is no room for it."""


_TITLE, _LEAST_TITLE = 24, 12
"""To how many characters the title of what fails is shortened, where there is no room for it or for the time left."""


class _State(NamedTuple):
    """The state: its word, the texts of the line (the first that fits is shown), its role, and whether it is loud.

    `fails` is set if its text is more important than how a frozen display is resumed.
    """

    word: str
    texts: tuple[str, ...]
    role: Role
    loud: bool = False
    fails: bool = False


def state_line(sight: Sight, lens: Lens, width: int) -> Line:
    """Return the line in `width` cells; the whole line has the colour of its state."""
    state = _unreliable(sight) or _ended(sight.session) or _advised(sight, lens)
    head = label(state.word)
    texts = [f"{frozen}{text}" for frozen in _frozen(sight, lens, state.fails) for text in state.texts]
    room = width - width_of(((head, ""),)) - 1
    text = next((one for one in texts if width_of(((one, ""),)) <= room), texts[-1])
    if state.loud:
        return fit(((fit_text(head, text, width), f"{state.role}-badge"),), width)
    badge = f" {state.word} "
    return fit(((badge, f"{state.role}-badge"), (" " * (len(head) - len(badge)), "text"), (text, state.role)), width)


def state_word(sight: Sight, advice: Advice | None) -> str:
    """Return the word of the state: HOLD while the cockpit itself cannot be trusted, ENDED, else this advice."""
    state = _unreliable(sight) or _ended(sight.session)
    return state.word if state is not None else advice_word(advice or Advice.HOLD)


def fit_text(head: str, text: str, width: int) -> str:
    """Return both in exactly `width` cells."""
    return "".join(part for part, _ in fit(((head, ""), (text, "")), width))


def _unreliable(sight: Sight) -> _State | None:
    """Return HOLD and the cause while the cockpit itself cannot be trusted, whatever was advised; else None."""
    causes: list[str] = []
    if sight.lost:
        causes.append(f"NOT FOLLOWED: {plain(sight.lost, 80)}")
    elif sight.gone_s is not None and sight.session.closed is None:
        causes.append(_without_operator(sight.session, sight.gone_s))
    if sight.cut_off:
        causes.append(store_away(sight.cut_off, sight.silent_s))
    elif sight.sharing is not None and sight.silent_s:
        causes.append(driver_silent(sight.sharing, sight.silent_s))
    elif sight.stalled_s:
        causes.append(f"ENGINE STALLED for {age(sight.stalled_s)}: no verdict can be trusted")
    if sight.not_recording:
        causes.append(f"NOT RECORDING: {plain(sight.not_recording, 60)}; gates stay closed")
    return _State("HOLD", ("; ".join(causes),), "fail", loud=True, fails=True) if causes else None


def _without_operator(session: Session, gone_s: float) -> str:
    """Return that the operators left, or that there is none although none left."""
    left = next((event.body.operator for event in reversed(session.log) if isinstance(event.body, OperatorLeft)), "")
    if not session.operators and left:
        return f"{plain(left, 20)} left {age(gone_s)} ago; polling stopped until resumed"
    return f"no operator for {age(gone_s)}; polling stopped until resumed"


def _ended(session: Session) -> _State | None:
    closed = session.closed
    if closed is None:
        return None
    by = f" (by {plain(closed.by, 20)})" if closed.by else ""
    advice = f"; the advice was {advice_word(session.advised.advice)}" if session.advised else ""
    outcome = plain(closed.outcome, 60)
    return _State("ENDED", (f"{outcome}{by}{advice}", f"{outcome}{advice}", outcome), "strong")


def _frozen(sight: Sight, lens: Lens, short: bool) -> tuple[str, ...]:
    """Return that the display is frozen, in texts of decreasing length if `short`; one empty text if it is not."""
    if sight.frozen_at is None:
        return ("",)
    since = age(sight.now.at - sight.frozen_at.at)
    resumes = f"; {lens.keys['freeze']} resumes" if "freeze" in lens.keys else ""
    queued = counted(sight.waiting, "update")
    details = (f": paused, {queued} queued{resumes}", *((resumes, "") if short else ()))
    return tuple(f"FROZEN {since}{what}.  " for what in details)


def _advised(sight: Sight, lens: Lens) -> _State:
    session, advised = sight.session, sight.session.advised
    if session.opened is None:
        return _State("", ("the session is starting",), "muted")
    if advised is None:
        texts = open_items_texts(open_items(session, lens.seated(session)), sight.now)
        return _State("HOLD", tuple(f"no verdict yet; {text}" for text in texts), "warn")
    word, role, decided = advice_word(advised.advice), ROLE[advised.advice], session.decided
    fails = advised.advice not in (Advice.GO, Advice.HOLD)
    texts = _texts(sight, lens, advised.advice, advised.reasons)
    if decided is not None and dismissed(session):
        return _State(word, (*_with_dismissal(texts, decided), *_shortest(session, advised)), "muted", fails=fails)
    if escalation := escalation_words(session, sight.now, lens):
        # Where not both fit, it is more important than what changed before.
        worst = _failing(_worst(advised.reasons), session) if advised.reasons else ""
        short = (f"{worst}; {escalation}", f"{worst}; {escalation_words(session, sight.now, lens, short=True)}")
        texts = (*(f"{text}; {escalation}" for text in texts), *short, *texts)
    if decided is not None and decided.accepted and decided.advice is advised.advice:
        texts = (*(f"{text}; accepted by {plain(decided.by, 20)}" for text in texts), *texts)
    return _State(word, (*texts, *_shortest(session, advised)), role, advised.advice in _LOUD, fails)


def _with_dismissal(texts: tuple[str, ...], decided: Decided) -> Iterator[str]:
    """Yield what fails and who dismissed the advice; the reason is shortened first, then left out, what fails last."""
    by = f"dismissed by {plain(decided.by, 20)}"
    whole = plain(decided.reason, 60)
    yield from (f"{text}; {by}: {whole}" for text in texts)
    yield from (f"{texts[-1]}; {by}: {plain(whole, most)}" for most in _REASON_CELLS if most < len(whole))
    yield from (f"{texts[-1]}; {one}" for one in (by, "dismissed"))
    yield texts[-1]


def _texts(sight: Sight, lens: Lens, advice: Advice, reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    """Return the worst thing in texts of decreasing length."""
    session = sight.session
    if advice is Advice.GO:
        return ("; ".join(filter(None, (_unknown_steps(session), warning_words(session), _ready(session)))),)
    if advice is Advice.HOLD:
        return _hold(sight, lens, reasons)
    first, more = _worst(reasons), len(reasons) - 1
    main, others = _failing(first, session), f" (+{more})" if more else ""
    afters = (*_since(session, first, lens), "")
    return tuple(f"{main}{after}{rest}" for after in afters for rest in dict.fromkeys((others, "")))


def _shortest(session: Session, advised: Advised) -> tuple[str, ...]:
    """Return what fails with a shortened title, for where its value and limit do not fit otherwise."""
    if not advised.reasons or advised.advice in (Advice.GO, Advice.HOLD):
        return ()
    worst = _worst(advised.reasons)
    most = (_TITLE, _LEAST_TITLE) if worst.kind is ReasonKind.ABORT_PENDING else (_TITLE,)
    return tuple(_failing(worst, session, title) for title in most)


def _worst(reasons: tuple[Reason, ...]) -> Reason:
    """Return the first reason that no operator recorded as a block."""
    return min(reasons, key=lambda one: one.state is State.BLOCKED)


def _since(session: Session, given: Reason, lens: Lens) -> tuple[str, ...]:
    """Return since when, in texts of decreasing length: after the last change in production if there was one just
    before, else the time."""
    if given.since is None:
        return ()
    change = change_before(session, given.since)
    if change is None:
        return (f", since {lens.time(given.since.wall)}",)
    after = f", since {duration(given.since.at - change.stamp.at)} after"
    texts = dict.fromkeys((plain(change.text, 160), plain(change.text, 60), _CHANGED[change.kind]))
    return tuple(f"{after} {text}" for text in texts)


def _failing(given: Reason, session: Session, title: int = 60) -> str:
    """Return a failing item or signal with its limit, and for an abort rule how long it has failed; its title has at
    most `title` characters."""
    if given.kind is ReasonKind.ITEM:
        return item_words(given, session, title)
    if given.kind not in (ReasonKind.ABORT, ReasonKind.ABORT_PENDING):
        return reason_words(given, session)
    state = session.signals.get(given.subject)
    if state is None:
        return reason_words(given, session)
    now = refreshed(given, session)
    value, limit = measured(state)
    left = now.for_s - now.failed_s
    pending = f", {advice_word(now.leads_to)} in {duration(left)}" if now.leads_to and left > 0 else ""
    shown = plain(short_title(state.signal.title, state.signal.target, title), title)
    return f"{shown} {value} for {age(now.failed_s)}{limit}{pending}"


def _hold(sight: Sight, lens: Lens, reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    session, now, first = sight.session, sight.now, reasons[0] if reasons else None
    worst = _without_data(session, now, reasons)
    if session.held is not None and session.held_since is not None:
        by = f"on hold by {plain(session.held.by, 20)}"
        whole = f"{by} for {age(now.at - session.held_since.at)}: {plain(session.held.reason, 120)}"
        # What fails comes first, also where an operator already holds the go-live.
        return tuple(f"{text}; {held}" for text in worst for held in (whole, by, "on hold")) or (whole,)
    if worst:
        return worst
    if first is not None and first.kind in (ReasonKind.NOTHING_PROVEN, ReasonKind.NO_REQUIRED_ITEM):
        return (reason_words(first, session),)
    counts = open_items(session, lens.seated(session))
    unfilled = gate(session).unfilled
    contacts = f"{counted(len(unfilled), 'contact')} unassigned" if unfilled else ""
    if not counts.open:
        return (contacts or "waiting",)
    texts = open_items_texts(counts, now)
    extra = [part for part in (contacts, "" if counts.warnings else warning_words(session)) if part]
    if not extra:
        return texts
    # Ticks of other people give way to what is not in the counts.
    own = open_items_texts(msgspec.structs.replace(counts, other_ticks=0), now)[0]
    return (*(", ".join([text, *extra]) for text in dict.fromkeys((texts[0], own))), *texts)


def _without_data(session: Session, now: Stamp, reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    """Return the source that fails, or the abort rule without data, in texts of decreasing length; empty for neither.

    A source that fails counts here if it serves an abort rule, or if an operator holds the go-live for another reason.
    """
    rules = [one for one in reasons if one.kind is ReasonKind.ABORT_NO_DATA]
    failing, without = failing_sources(session), {one.subject for one in rules}
    source = next((one for one in failing if without.intersection(one.signals)), None)
    if source is not None:
        text = failing_source_text(source, len(failing), now)
        return f"{text}; an abort rule has no data", text
    if rules:
        state = session.signals.get(rules[0].subject)
        title = plain(state.signal.title, 40) if state is not None else rules[0].subject
        short = f"abort rule has no data: {title}"
        return (reason_words(rules[0], session), *([short] if session.held is not None else ()))
    return (failing_source_text(failing[0], len(failing), now),) if failing and session.held is not None else ()


def _unknown_steps(session: Session) -> str:
    """Return how many steps of open procedures have an unknown outcome; empty if none has."""
    count = sum(len(run.unknown) for run in open_runs(session))
    return f"{counted(count, 'step')} with an unknown outcome" if count else ""


def _ready(session: Session) -> str:
    """Return what an open gate allows."""
    closing = gate(session)
    if closing.unmet:
        # The phase has just opened, and the advice is still that on the phase before.
        return f"{plain(session.cockpit.checklist.phases[session.phase].title, 30)} is open"
    if closing.next is None:
        return "every item is done" if _unknown_steps(session) else "everything is done"
    phase = session.cockpit.checklist.phases[session.phase + 1]
    count = open_items(session).total
    satisfied = f"all {count} required items so far are satisfied" if count > 1 else "the required item is satisfied"
    return f"{satisfied}; {plain(phase.title, 30)} can open"
