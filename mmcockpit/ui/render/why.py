"""What a person needs first about an item or a signal: what is polled, its rule, what was seen, what makes it pass."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.passing import Passing
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import SATISFIED
from mmcockpit.core.model.verdict import Basis, Level
from mmcockpit.core.rules.explanations.clauses import joined_clauses
from mmcockpit.core.rules.explanations.rule_words import rule_words
from mmcockpit.core.rules.judge import causes
from mmcockpit.core.rules.passing import item_passing, members, signal_passing
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import rough_age
from mmcockpit.core.words.no_data import source_title
from mmcockpit.core.words.passing import passing_text
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.text import STATE_ROLE, Line, Role, pad, plain, short_title, wrap
from mmcockpit.ui.render.values import OUT_OF_DATE, last_value, reason

LABEL = 10
MOST_LINES = 3
"""Maximum lines of one of the four lines."""

_SENTENCE = re.compile(r"(?<=[a-z0-9)%][.?!])\s")


class LabelledText(NamedTuple):
    """A label, its text and the text's role; `causes` returns those that the text lists, where it has no room."""

    label: str
    text: str
    role: Role = "text"
    causes: Callable[[], tuple[str, ...]] = tuple


def item_lines(session: Session, state: ItemState, now: Stamp, lens: Lens) -> list[LabelledText]:
    """Return the four lines about an item."""
    item, signal = state.item, session.signals.get(state.item.signal)
    needed = item_passing(session, state, lens.seated(session))
    passing = LabelledText("to pass", *_passing(needed, lens, state.state in SATISFIED))
    if signal is not None and item.mode is not Mode.MANUAL:
        return [*_measured(session, signal, now, lens), passing]
    since = f" since {lens.time(state.since.wall)}" if state.since else ""
    responsible = f"; the role {plain(item.role, 60)} is responsible" if item.role else ""
    return [
        LabelledText("polled", f"nothing, a person checks: {_sentence(item.text or item.title)}"),
        LabelledText("rule", f"a person must tick it{_approvals(item.approvals)}{responsible}"),
        LabelledText("seen", _manual(state) + since, STATE_ROLE[state.state]),
        passing,
    ]


def signal_lines(session: Session, state: SignalState, now: Stamp, lens: Lens) -> list[LabelledText]:
    """Return the four lines about a signal."""
    passing = signal_passing(session, state)
    judged = state.signal.judged
    fine = "nothing: it passes" if judged else "nothing: it is shown, not judged"
    text = passing_text(passing, lens.keys)
    return [
        *_measured(session, state, now, lens),
        LabelledText("to pass", text or fine, "accent" if text else "muted"),
    ]


def first_lines(parts: list[LabelledText], width: int, room: int) -> list[Line]:
    """Return the parts as lines that fill at most `room` rows, one for each answer at least.

    An answer without room ends in an ellipsis, or in the count of causes not shown; the parts below contain it in full.
    """
    wrapped = [wrap(one.text, max(10, width - LABEL - 1)) or [""] for one in parts]
    given = [1] * len(parts)
    # What makes it pass is the most important, then what was seen, then the rule.
    for _ in range(MOST_LINES - 1):
        for n in reversed(range(len(parts))):
            if sum(given) < room and len(wrapped[n]) > given[n]:
                given[n] += 1
    drawn: list[Line] = []
    for one, lines, count in zip(parts, wrapped, given, strict=True):
        shown = lines[:count]
        if len(lines) > count and len(several := one.causes()) > 1:
            shown = _cut_causes(several, max(10, width - LABEL - 1), count)
        elif len(lines) > count:
            shown[-1] = pad(f"{shown[-1]} {lines[count]}", max(10, width - LABEL - 1)).rstrip()
        drawn += labelled_lines(one.label, shown, one.role)
    return drawn


def _cut_causes(causes: tuple[str, ...], width: int, rows: int) -> list[str]:
    """Return as many causes as fit into these rows, the first at least, and how many more there are."""
    for count in range(len(causes) - 1, 0, -1):
        lines = wrap(joined_clauses(causes, count), width)
        if len(lines) <= rows:
            return lines
    more = f"; {len(causes) - 1} more"
    lines = wrap(causes[0], width - len(more))[:rows]
    return [*lines[:-1], f"{pad(f'{lines[-1]} …', width - len(more)).rstrip()}{more}"]


def labelled_lines(label: str, lines: list[str], role: Role) -> list[Line]:
    """Return lines of text with a label before the first."""
    return [((pad(f" {label}" if not n else "", LABEL), "muted"), (line, role)) for n, line in enumerate(lines)]


def member_lines(session: Session, state: SignalState, lens: Lens, width: int) -> Iterator[Line]:
    """Yield the members of a combination with their results, sorted by severity."""
    names = members(session, state)
    title_width = min(24, max((len(one.signal.title) for one in names), default=0), max(8, width // 2))
    for one in names:
        level = lens.level(one)
        words = last_value(one) if level is Level.PASS else reason(one)
        title = pad(short_title(one.signal.title, one.signal.target, title_width), title_width)
        yield (f" {lens.letter(one)} ", str(level)), (f"{title} ", "text"), (words, str(level))
    for name in (name for name in state.signal.group if name not in session.signals):
        yield ((f" [?] unknown signal {plain(name, 60)}", "unknown"),)


def polled_words(session: Session, state: SignalState) -> str:
    """Return what a signal polls: the first sentence of its description, else its title."""
    signal = state.signal
    if signal.about:
        return _sentence(signal.about)
    if signal.group:
        return f"{counted(len(signal.group), 'check')}: {', '.join(_title(session, name) for name in signal.group)}"
    return f"{plain(signal.title, 80)}, from {source_title(signal.source)}"


def rule_line(state: SignalState) -> str:
    """Return when a signal passes, and when it only warns."""
    signal = state.signal
    if signal.rule.passes:
        warns = rule_words(signal.rule.warns, signal)
        return rule_words(signal.rule.passes, signal) + (f" (warns: {warns})" if warns else "")
    if signal.group:
        count = len(signal.group)
        return f"all {counted(count, 'check')} must pass" if signal.probe == "all_of" else f"one of {count} must pass"
    return "none: shown, not judged"


def seen_words(session: Session, state: SignalState, now: Stamp, lens: Lens) -> str:
    """Return the last value, its age, and for how long the verdict has been the same, or how it is changing."""
    verdict = state.verdict
    if state.asked_at is None or verdict.basis is Basis.NOT_RUN:
        return "not run yet" if state.signal.active else "not polled yet"
    parts = [_seen(session, state, now, lens)]
    if state.read_at is not None and not (state.fault is not None and state.signal.group):
        last = f"last value {last_value(state)} " if state.fault is not None else ""
        parts.append(f"{last}{rough_age(now.at - state.read_at.at)} ago")
    if verdict.raw is not verdict.level and verdict.of > 1:
        parts.append(f"{verdict.agree} of {counted(verdict.of, 'result')} {_AGREE[verdict.raw]}")
    elif state.fault is None and state.since is not None and state.signal.judged and verdict.level is not Level.UNKNOWN:
        parts.append(f"steady for {_for(state, now)}")
    return ", ".join(parts)


def _seen(session: Session, state: SignalState, now: Stamp, lens: Lens) -> str:
    """Return the result as text: the value, why it does not pass, or why there is none."""
    if lens.out_of_date:
        return f"{OUT_OF_DATE}: no results arrive"
    if state.signal.group:
        return _counts(session, state)
    level, judged = state.verdict.level, state.signal.judged
    if state.fault is not None or (level is Level.UNKNOWN and judged):
        return f"no data for {_for(state, now)}: {reason(state)}"
    return last_value(state) if level is Level.PASS or not judged else reason(state)


_OTHERS = {Level.FAIL: "failing", Level.WARN: "with a warning", Level.UNKNOWN: "without data"}
_AGREE = {Level.PASS: "pass", Level.WARN: "warn", Level.FAIL: "fail", Level.UNKNOWN: "have no data"}


def _measured(session: Session, state: SignalState, now: Stamp, lens: Lens) -> list[LabelledText]:
    level, judged = lens.level(state), state.signal.judged
    return [
        LabelledText("polled", polled_words(session, state)),
        LabelledText("rule", rule_line(state)),
        LabelledText(
            "seen",
            seen_words(session, state, now, lens),
            str(level) if judged else "text",
            tuple if lens.out_of_date else partial(causes, state, session, now),
        ),
    ]


def _passing(passing: Passing, lens: Lens, satisfied: bool) -> tuple[str, Role]:
    text = passing_text(passing, lens.keys)
    if text:
        return text, "accent"
    return ("nothing: it is satisfied" if satisfied else "nothing: it is being decided"), "muted"


def _counts(session: Session, state: SignalState) -> str:
    """Return how many members of a combination pass, fail, warn and have no data."""
    levels = [one.verdict.level for one in members(session, state)]
    rest = [f"{levels.count(level)} {word}" for level, word in _OTHERS.items() if level in levels]
    return ", ".join([f"{levels.count(Level.PASS)} of {counted(len(state.signal.group), 'check')} pass", *rest])


def _sentence(text: str) -> str:
    """Return the first sentence of a text."""
    return plain(_SENTENCE.split(text, maxsplit=1)[0], 400)


def _title(session: Session, name: str) -> str:
    known = session.signals.get(name)
    return plain(known.signal.title if known else name, 60)


def _for(state: SignalState, now: Stamp) -> str:
    since = state.since
    return rough_age(max(0.0, now.at - since.at)) if since is not None else "0s"


def _approvals(count: int) -> str:
    return f", {count} people must agree" if count > 1 else ""


def _manual(state: ItemState) -> str:
    mark = state.standing or state.marked
    if mark is None:
        return f"claimed by {plain(state.claimed_by, 40)}" if state.claimed_by else "no tick yet"
    return f"{mark.mark} by {plain(mark.by, 40)}" + (f": {plain(mark.reason, 200)}" if mark.reason else "")


def advice_words(signal: Signal) -> str:
    """Return how a signal counts in the advice without an item."""
    if signal.informational:
        return "informational: not part of the advice"
    return "NO-GO in every phase while it fails" if signal.first_in_cockpit and signal.judged else ""
