"""The decision: the advice with its reasons, what keeps the gate closed, the rollback, the poll, and past decisions."""

from collections.abc import Hashable, Iterator
from typing import ClassVar

from mmcockpit.core.facts.event import Decided, PhaseChanged, PollClosed, PollOpened
from mmcockpit.core.facts.reasons import ABOUT_ITEM, Reason
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import dismissed, readiness
from mmcockpit.core.rules.baseline import missing_words
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.judged_signals import at_level, warning_items
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import ITEMS, SESSION, SIGNALS, Session, Topic
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.ui.panels.log import said
from mmcockpit.ui.render.advice import READY, ROLE, counts, reason_words, warning_words, without_data_words
from mmcockpit.ui.render.item_status import standing
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import STATE_ROLE, Line, Role, age, number, plain, wrap
from mmcockpit.ui.render.values import verdict_words
from mmcockpit.ui.widgets.panel import Panel

Keyed = tuple[Hashable, Line]

LATEST = 8
"""The most past decisions that are listed, latest first."""


class DecisionPanel(Panel):
    """The details behind the screen's second line."""

    title = "Decision"
    selectable: ClassVar[bool] = True

    @property
    def watches(self) -> frozenset[Topic]:
        """Everything that the advice depends on."""
        return frozenset({SESSION, ITEMS, SIGNALS})

    def summary(self, session: Session, now: Stamp) -> Line:
        """Since when the advice holds."""
        since = session.advised_at
        return ((f"since {self.lens.narrow(since.wall)}", "muted"),) if since else ()

    def subject(self, key: Hashable) -> RowSubject | None:
        """Return the item or the signal of a row."""
        match key:
            case (("item" | "signal") as kind, str(name), *_):
                return RowSubject(kind, name)
        return None

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return the rows of the current state, then those of past decisions."""
        parts = (
            self._advice,
            self._held,
            self._poll,
            self._ready,
            self._warnings,
            self._gate,
            self._baseline,
            self._taken,
        )
        return Rows.of([line for part in parts for line in part(session, now, width)])

    def _advice(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        advised = session.advised
        if self.lens.stalled:
            yield "stalled", ((" HOLD ", "warn-badge"), (" the engine does not respond", "fail"))
        if advised is None:
            yield "none", ((" HOLD ", "warn-badge"), (" no verdict yet", "muted"))
            return
        role, decided = ROLE[advised.advice], session.decided
        quiet = dismissed(session)
        word: Line = ((f" {advised.advice} ", "muted" if quiet else f"{role}-badge"),)
        if decided is not None and decided.advice is advised.advice and (decided.accepted or quiet):
            how = "accepted" if decided.accepted else "dismissed"
            yield from _folded(
                "decided", f"{how} by {decided.by}: {decided.reason}", width - len(advised.advice) - 3, word
            )
        else:
            yield "advice", (*word, (f" {counts(session)}", "text"))
        for n, one in enumerate(advised.reasons):
            since = f", since {self.lens.time(one.since.wall)}" if one.since else ""
            about = _subject_kind(one)
            key = (about, one.subject, n)
            yield from _folded(key, f"{reason_words(one, session)}{since}", width, role="muted" if quiet else "text")
            if one.before:
                yield from _folded(("before", n), one.before, width, ((" ", "text"),), "muted", 5)

    def _held(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        if session.held is not None and session.held_since is not None:
            badge: Line = ((" HOLDING ", "warn-badge"),)
            for_ = age(now.at - session.held_since.at)
            yield from _folded("held", f"{for_}, {session.held.by}: {session.held.reason}", width, badge)

    def _poll(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        if session.poll is None:
            return
        said_: Line
        match session.poll:
            case PollClosed() as closed:
                word = "go" if closed.go else "no-go"
                said_ = ((f" {word} ", "pass" if closed.go else "fail"), (f"by {plain(closed.by, 20)}", "muted"))
            case PollOpened() as opened:
                said_ = ((" open ", "warn"), (f"by {plain(opened.by, 20)}: P answers", "muted"))
        yield "poll", ((" Poll", "strong"), *said_)
        for role in session.cockpit.poll:
            vote = session.votes.get(role)
            answer: tuple[str, Role] = (
                ("[ ] no answer", "muted") if vote is None else ("[+] go", "pass") if vote.go else ("[!] no-go", "fail")
            )
            why = f"  {plain(vote.by, 20)}: {plain(vote.reason, 200)}" if vote else ""
            yield ("vote", role), ((f"  {answer[0]:<14}", answer[1]), (plain(role, 20), "text"), (why, "muted"))

    def _ready(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        level, against = readiness(session)
        word, role = READY[Level.UNKNOWN if self.lens.stalled else level]
        yield "ready", ((" Rollback: ", "strong"), (word, role))
        for n, one in enumerate(against):
            yield from _folded(("against", n), reason_text(one), width, ((" ", "text"),), role, 3)

    def _warnings(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        items = warning_items(session, session.phase)
        named = {state.item.signal for state in items}
        signals = [state for state in at_level(session, Level.WARN) if state.signal.name not in named]
        if items or signals:
            yield "warnings", ((f" {warning_words(session)}".capitalize(), "warn"),)
        for state in items:
            one, signal = state.item, session.signals[state.item.signal]
            head: Line = ((f"  [{state.state}] ", "warn"), (f"{one.number} ", "muted"))
            words = (f"  {verdict_words(signal, Level.WARN)}", "warn")
            yield ("item", one.id, "warning"), (*head, (plain(one.title, 60), "text"), words)
        for signal in signals:
            words = (f"  {verdict_words(signal, Level.WARN)}", "warn")
            title = (plain(signal.signal.title, 60), "text")
            yield ("signal", signal.signal.name, "warning"), (("  [w] ", "warn"), title, words)

    def _gate(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        closing = gate(session)
        for name in closing.without_data:
            why = without_data_words(session, name)
            words = f"the next phase arms an abort rule without data: {why}"
            yield from _folded(("signal", name, "without data"), words, width, ((" [?]", "unknown"),), "unknown")
        if closing.no_baseline:
            words = "baseline not recorded: `:baseline` records it before the next phase opens"
            yield from _folded("no baseline", words, width, ((" [ ]", "warn"),), "warn")
        if closing.open:
            proof = "" if closing.proven else ", nothing is proven"
            way = "  :go passes it" if closing.next else "  the last phase"
            yield "gate", ((f" Gate: open{proof}", "pass" if closing.proven else "warn"), (way, "muted"))
            return
        yield "gate", ((f" Gate of {plain(closing.phase, 30)}: {len(closing.unmet)} left", "strong"),)
        for failed in closing.failing:
            title, words = plain(failed.signal.title, 60), verdict_words(failed, failed.verdict.level)
            row: Line = (("  [!] ", "fail"), (title, "text"), (f"  {words}", "fail"))
            yield ("signal", failed.signal.name, "gate"), row
        for role in closing.unfilled:
            yield ("contact", role), (("  [ ] ", "muted"), (f"unassigned: {plain(role, 60)}", "text"))
        for state in closing.unmet:
            one = state.item
            because = _why(state, session, now)
            head: Line = ((f"  [{state.state}] ", STATE_ROLE[state.state]), (f"{one.number} ", "muted"))
            yield ("item", one.id, "gate"), (*head, (plain(one.title, 60), "text"), (f"  {because}", "muted"))

    def _baseline(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        recorded = session.baseline
        if recorded is None:
            if session.cockpit.baseline.signals:
                yield from _folded("baseline", missing_words(session), width, ((" Baseline", "strong"),), "muted")
            return
        over = age(recorded.end - recorded.start)
        head = f" at {self.lens.narrow(recorded.end)} over {over} by {plain(recorded.by, 20)}"
        yield "baseline", ((" Baseline", "strong"), (head, "muted"))
        for name, value in recorded.values.items():
            state = session.signals.get(name)
            title = plain(state.signal.title if state else name, 60)
            shown = number(value, state.signal.unit if state else "")
            by_hand = " set by an operator" if name in recorded.by_hand else ""
            yield ("signal", name, "baseline"), ((f"  {title} ", "text"), (shown, "accent"), (by_hand, "muted"))
        for name, why in recorded.missing.items():
            yield ("signal", name, "no baseline"), ((f"  {plain(name, 60)} ", "text"), (f"no value: {why}", "warn"))

    def _taken(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        taken = [event for event in session.log if isinstance(event.body, Decided | PhaseChanged | PollClosed)]
        if taken:
            yield "taken", ((" Decided", "strong"),)
        for event in reversed(taken[-LATEST:]):
            when = ((f"  {self.lens.narrow(event.stamp.wall)} ", "muted"),)
            yield from _folded(("taken", event.seq), said(event, session, self.lens.keys)[2], width - 8, when)


def _why(state: ItemState, session: Session, now: Stamp) -> str:
    status = standing(state, session, now)
    signal = session.signal_of(state.item)
    if status is not None:
        return status[0]
    return verdict_words(signal, signal.verdict.level) if signal is not None else "manual"


def _subject_kind(reason: Reason) -> str:
    if not reason.subject:
        return reason.kind
    return "item" if reason.kind in ABOUT_ITEM else "signal"


def _folded(
    key: Hashable, text: str, width: int, head: Line = (), role: Role = "text", indent: int = 2
) -> Iterator[Keyed]:
    """Return a long text in up to four lines; `head` is put before the first."""
    lines = wrap(text, max(10, width - indent - sum(len(part) for part, _ in head)))
    for n, line in enumerate(lines[:4]):
        cut = "…" if n == 3 and len(lines) > 4 else ""
        lead: Line = head if not n else tuple((" " * len(part), "text") for part, _ in head)
        yield (key if not n else (key, n)), (*lead, (" " * (indent - 1) + line + cut, role))


PANEL = DecisionPanel
