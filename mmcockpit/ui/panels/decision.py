"""The decision: what the header has no room for: reasons by cause, rollback, gate, poll, baseline, past decisions."""

from collections.abc import Hashable, Iterator
from typing import ClassVar

from mmcockpit.core.facts.event import Decided, Event, PhaseChanged, PollClosed, PollOpened
from mmcockpit.core.facts.reasons import ABOUT_ITEM, Reason, ReasonKind
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.needs import Need, NoDataCause
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import BROKEN, dismissed, readiness
from mmcockpit.core.rules.baseline import missing_words
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.judged_signals import at_level, warning_items
from mmcockpit.core.rules.no_data import no_data_groups
from mmcockpit.core.rules.per_fact import per_change
from mmcockpit.core.rules.rollback_checks import unproven_checks
from mmcockpit.core.rules.todo import todo
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.names import SessionNames
from mmcockpit.core.state.session import ITEMS, SESSION, SIGNALS, Session, Topic
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.keys import key_or_command
from mmcockpit.core.words.no_data import group_text, missing_sources_text
from mmcockpit.core.words.plans.waves import ahead_text
from mmcockpit.core.words.values import joined_names
from mmcockpit.ui.panels.log import event_line
from mmcockpit.ui.render.advice import escalation_words, ready_words, reason_words, without_data_words
from mmcockpit.ui.render.checklist.todo_rows import needed_words
from mmcockpit.ui.render.rows import Rows, RowSubject
from mmcockpit.ui.render.text import Line, Role, age, number, plain, wrap
from mmcockpit.ui.render.values import verdict_words
from mmcockpit.ui.render.work import target_rows
from mmcockpit.ui.widgets.panel import Panel

Keyed = tuple[Hashable, Line]

LATEST = 8
NAMED = 4
"""The most past decisions that are listed, latest first, and the most items that are named of one need."""

NEED_ROLE: dict[Need, Role] = {
    Need.FAILING: "fail",
    Need.YOU: "strong",
    Need.NO_DATA: "unknown",
    Need.SETTLING: "accent",
    Need.DONE: "pass",
    Need.NOT_APPLICABLE: "muted",
}


class DecisionPanel(Panel):
    """The details behind the header's advice, without the advice itself and its worst reason."""

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
            self._decided,
            self._alarm,
            self._reasons,
            self._targets,
            self._without_data,
            self._ready,
            self._gate,
            self._warnings,
            self._poll,
            self._baseline,
            self._taken,
        )
        lines = [line for part in parts for line in part(session, now, width)]
        return Rows.of(lines or [("nothing", ((" nothing is left to decide", "muted"),))])

    def _decided(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        """Yield the decision on the present advice."""
        advised, decided = session.advised, session.decided
        if advised is None or decided is None or decided.advice is not advised.advice:
            return
        if decided.accepted or dismissed(session):
            how = "Accepted" if decided.accepted else "Dismissed"
            yield from _folded("decided", f"by {decided.by}: {decided.reason}", width, ((f" {how}", "strong"),))

    def _alarm(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        """Yield how far the alarm has escalated, or who acknowledged it, where the cockpit file has an escalation."""
        alarm = session.alarm
        if words := escalation_words(session, now, self.lens):
            yield from _folded("alarm", words, width, ((" Alarm", "strong"),), "fail")
        elif alarm is not None and alarm.by_at is not None and session.cockpit.escalation:
            words = f"acknowledged by {plain(alarm.by, 20)} {self.lens.narrow(alarm.by_at.wall)}"
            yield "alarm", ((" Alarm ", "strong"), (words, "muted"))

    def _reasons(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        """Yield what changed before the worst reason (the header has it), then the other reasons, equal ones once."""
        reasons = session.advised.reasons if session.advised else ()
        causes = [reason for reason in reasons if _is_cause(reason)]
        worst = reasons[0] if reasons else None
        if worst is not None and worst in causes and (worst.since or worst.before):
            since = f"since {self.lens.time(worst.since.wall)}" if worst.since else ""
            yield ("worst", worst.subject), ((" Worst ", "strong"), (since, "muted"))
            if worst.before:
                yield from _folded(("before", 0), worst.before, width, ((" ", "text"),), "muted", 3)
        others = [reason for reason in causes if reason is not worst]
        if others:
            yield "also", ((" Also", "strong"),)
        folded: dict[str, list[Reason]] = {}
        for reason in others:
            folded.setdefault(reason_words(reason, session), []).append(reason)
        for words, alike in folded.items():
            one = alike[0]
            times = f" ({len(alike)} times)" if len(alike) > 1 else ""
            since = f", since {self.lens.time(one.since.wall)}" if one.since else ""
            role: Role = "fail" if one.kind is not ReasonKind.HOLD else "warn"
            yield from _folded((_subject_kind(one), one.subject, words), f"{words}{times}{since}", width, (), role, 3)

    def _targets(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        yield from target_rows(session, width)

    def _without_data(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        """Yield why signals and items have no data, one row for each cause with its way out."""
        groups = no_data_groups(session)
        if groups:
            signals = sum(len(group.signals) for group in groups)
            yield "no data", ((" No data ", "strong"), (counted(signals, "signal"), "unknown"))
        absent = [group for group in groups if group.cause is NoDataCause.SOURCE_MISSING]
        one_row = len(absent) > 1
        for n, group in enumerate(groups):
            if one_row and group in absent[1:]:
                continue
            first = one_row and group is absent[0]
            words = missing_sources_text(absent) if first else group_text(group, self.lens.keys, now)
            key: Hashable = ("signal", group.signals[0], "no data", n) if group.signals else ("no data", n)
            yield from _folded(key, words, width, ((" ", "text"),), "unknown", 3)

    def _poll(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        if session.poll is None:
            return
        said_: Line
        match session.poll:
            case PollClosed() as closed:
                word = "go" if closed.go else "no-go"
                said_ = ((f" {word} ", "pass" if closed.go else "fail"), (f"by {plain(closed.by, 20)}", "muted"))
            case PollOpened() as opened:
                said_ = (
                    (" open ", "warn"),
                    (f"by {plain(opened.by, 20)}: {key_or_command(self.lens.keys, 'poll')} answers", "muted"),
                )
        yield "poll", ((" Poll", "strong"), *said_)
        for role in session.cockpit.poll:
            vote = session.votes.get(role)
            answer: tuple[str, Role] = (
                ("[ ] no answer", "muted") if vote is None else ("[+] go", "pass") if vote.go else ("[!] no-go", "fail")
            )
            why = f"  {plain(vote.by, 20)}: {plain(vote.reason, 200)}" if vote else ""
            yield ("vote", role), ((f"  {answer[0]:<14}", answer[1]), (plain(role, 20), "text"), (why, "muted"))

    def _ready(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        _, against = readiness(session)
        word, words, role = ready_words(session, now, self.lens.out_of_date)
        yield "ready", ((" Rollback ", "strong"), (word if against else words, role))
        said_once = dict.fromkeys(reason_words(one, session) for one in against)
        for n, words in enumerate(said_once):
            yield from _folded(("against", n), words, width, ((" ", "text"),), role, 3)

        for state in unproven_checks(session):
            words = f"{plain(state.signal.title, 60)}: {plain(state.reading.remark if state.reading else '', 300)}"
            yield from _folded(("signal", state.signal.name, "unproven"), words, width, ((" ", "text"),), "muted", 3)

    def _warnings(self, session: Session, now: Stamp, width: int) -> Iterator[Keyed]:
        items = warning_items(session, session.phase)
        named = {state.item.signal for state in items}
        signals = [state for state in at_level(session, Level.WARN) if state.signal.name not in named]
        if items or signals:
            yield "warnings", ((" Warnings ", "strong"), (str(len(items) + len(signals)), "warn"))
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
        for state in closing.next_failing:
            why = f"{plain(state.signal.title, 60)}: {verdict_words(state, Level.FAIL)}"
            yield from _folded(
                ("signal", state.signal.name, "next"), ahead_text(why), width, ((" [!]", "fail"),), "fail"
            )
        if closing.no_baseline:
            words = "baseline not recorded: `:baseline` records it before the next phase opens"
            yield from _folded("no baseline", words, width, ((" [ ]", "warn"),), "warn")
        if closing.open:
            proof = "" if closing.proven else ", nothing is proven"
            way = "  :go passes it" if closing.next else "  the last phase"
            yield "gate", ((f" Gate: open{proof}", "pass" if closing.proven else "warn"), (way, "muted"))
            return
        title, apart = plain(SessionNames(session).phase(closing.phase), 30), closing.failing_apart
        count = len(closing.unmet) + len(closing.unfilled) + len(apart)
        yield "gate", ((" Gate ", "strong"), (f"{title}: {count} missing", "warn"))
        for state in apart:
            words = f"  [!] {plain(state.signal.title, 60)} {verdict_words(state, Level.FAIL)}"
            yield ("signal", state.signal.name, "gate"), ((words, "fail"),)
        for role in closing.unfilled:
            yield ("contact", role), (("  [ ] ", "muted"), (f"unassigned: {plain(role, 60)}", "text"))
        unmet = {state.item.id for state in closing.unmet}
        for group in todo(session):
            items = [session.items[item] for item in group.items if item in unmet]
            if items:
                names = joined_names([_name(state) for state in items[:NAMED]], len(items))
                need = needed_words(group.need, self.lens.viewer)
                head: Line = ((f"  {len(items)} {need}: ", NEED_ROLE[group.need]),)
                yield from _folded(("item", items[0].item.id, group.need), names, width, head, "text", 1, most=2)

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
        taken = _taken(session)
        if taken:
            yield "taken", ((" Decided", "strong"),)
        for event in reversed(taken[-LATEST:]):
            when = ((f"  {self.lens.narrow(event.stamp.wall)} ", "muted"),)
            yield from _folded(("taken", event.seq), event_line(event, session, self.lens.keys)[2], width - 8, when)


@per_change
def _taken(session: Session) -> list[Event]:
    """Return the decisions in the log; every fact but a reading is a change."""
    return [event for event in session.log if isinstance(event.body, Decided | PhaseChanged | PollClosed)]


def _is_cause(reason: Reason) -> bool:
    """Return whether a reason is more than items that are open or have no data: the gate and the causes have those."""
    if reason.kind is ReasonKind.ITEMS:
        return False
    return reason.kind is not ReasonKind.ITEM or reason.state in BROKEN


def _name(state: ItemState) -> str:
    return f"{state.item.number} {plain(state.item.title, 60)}"


def _subject_kind(reason: Reason) -> str:
    if not reason.subject:
        return reason.kind
    return "item" if reason.kind in ABOUT_ITEM else "signal"


def _folded(
    key: Hashable, text: str, width: int, head: Line = (), role: Role = "text", indent: int = 2, most: int = 4
) -> Iterator[Keyed]:
    """Return a long text in up to `most` lines; `head` is put before the first."""
    lines = wrap(text, max(10, width - indent - sum(len(part) for part, _ in head)))
    for n, line in enumerate(lines[:most]):
        cut = "…" if n == most - 1 and len(lines) > most else ""
        lead: Line = head if not n else tuple((" " * len(part), "text") for part, _ in head)
        yield (key if not n else (key, n)), (*lead, (" " * (indent - 1) + line + cut, role))


PANEL = DecisionPanel
