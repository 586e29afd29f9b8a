"""What changed: only what a person has to notice, one line for what changed together, never a repeated advice."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.facts.reasons import Reason, ReasonKind, Result
from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.states import Advice, Mark, State
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.core.rules.judged_signals import HEADLINE
from mmcockpit.core.words.changes import change_text, what_changed
from mmcockpit.core.words.naming import Wording
from tests.core.sessions import BAD, GONE, GOOD, START, WARNS, Story, number, plan, sensed

ANSWERS: tuple[float | Fault, ...] = (GOOD, WARNS, BAD, GONE)
SHORT = Wording(full=False)


def lines(*bodies: AnyBody | tuple[float, AnyBody]) -> list[str]:
    """Return the lines of facts that follow each other at once, or at a second."""
    timed = [(0.0, body) if not isinstance(body, tuple) else body for body in bodies]
    events = [Event(n + 1, Stamp(at, START + at), body) for n, (at, body) in enumerate(timed)]
    return [" ".join(change_text(change, SHORT)) for change in what_changed(events)]


def becomes(item: str, now: State, was: State = State.OPEN) -> facts.ItemChanged:
    return facts.ItemChanged(item, was, now, "because")


def signal(name: str, was: Level, now: Level) -> facts.SignalChanged:
    return facts.SignalChanged(name, was, now, "", "6%")


def abort(name: str, because: str) -> Reason:
    return Reason(
        ReasonKind.ABORT,
        name,
        result=Result(name, name, "", Verdict(Level.FAIL, Level.FAIL, because, 3, 3)),
        since=Stamp(0.0, 0.0),
    )


def tagged(name: str, *tags: str) -> Signal:
    return msgspec.structs.replace(number(name), tags=tags)


def test_items_that_are_satisfied_together_are_one_line() -> None:
    good = [becomes(name, State.GOOD) for name in ("a", "b")]
    assert lines(*good, (60.0, becomes("c", State.GOOD))) == ["ok a, b", "ok c"]


def test_each_failing_item_has_its_own_line_with_its_reason() -> None:
    assert lines(becomes("a", State.BAD), becomes("b", State.REGRESSED, State.GOOD)) == [
        "FAIL a: because",
        "regressed b: because",
    ]


def test_items_that_lose_their_data_together_are_one_line_but_not_those_that_never_had_any() -> None:
    never = [becomes(name, State.UNKNOWN) for name in "xyz"]
    lost = [becomes(name, State.UNKNOWN, State.GOOD) for name in "abc"]
    assert lines(*never, *lost) == ["no data a, b, c"]


def test_an_item_that_was_ticked_has_only_the_line_of_its_mark() -> None:
    marked = facts.ItemMarked("a", Mark.DONE, "ana")
    assert lines(marked, becomes("a", State.DONE)) == ["tick ana done: a"]


def test_an_advice_has_a_line_only_if_its_word_or_its_worst_reason_changes() -> None:
    items = [Reason(ReasonKind.ITEM, name, state=State.UNKNOWN) for name in "abc"]
    told = lines(
        facts.Advised(Advice.HOLD, tuple(items)),
        facts.Advised(Advice.HOLD, tuple(items[1:])),
        facts.Advised(Advice.ROLLBACK, (abort("errors", "6%"), *items)),
        facts.Advised(Advice.ROLLBACK, (abort("errors", "7%"), *items[:1])),
        facts.Advised(Advice.ROLLBACK, (abort("latency", "9 s"),)),
        facts.Advised(Advice.HOLD, tuple(items)),
        facts.Advised(Advice.GO),
    )
    assert [line.partition(":")[0] for line in told] == [
        "advice ROLLBACK",
        "advice ROLLBACK",
        "advice HOLD",
        "advice GO",
    ]
    assert "errors" in told[0]
    assert "latency" in told[1]
    assert told[2] == "advice HOLD: 3 reasons"


def test_the_first_result_of_a_signal_that_passes_is_no_change_and_its_recovery_is_one() -> None:
    first, gone = (signal("p95", Level.UNKNOWN, Level.PASS), signal("p95", Level.PASS, Level.UNKNOWN))
    assert lines(first, gone, (60.0, first)) == ["no data p95: 6%", "ok p95 6%"]


def test_signals_of_one_source_that_have_no_data_are_one_line() -> None:
    gone = [signal(name, Level.PASS, Level.UNKNOWN) for name in ("errors", "p95", "rps")]
    assert lines(*gone) == ["no data errors, p95, rps"]


def test_what_needs_no_action_has_no_line() -> None:
    quiet = facts.Trouble("history of p95", "the chart starts empty", harmless=True)
    assert lines(quiet, facts.SourceIdentified("prometheus", Identity("here"))) == []
    assert lines(facts.Trouble("panel", "it failed")) == ["trouble panel: it failed"]


def test_the_start_is_one_line_with_the_number_of_missing_sources() -> None:
    story = Story(plan(sensed("one"), signals=(number("two"),)))
    (opened,) = [event.body for event in story.events]
    assert lines(opened, facts.OperatorJoined("ana", "here")) == ["started ana; 1 item"]


def test_changes_of_a_headline_signal_are_recorded_and_listed() -> None:
    story = Story(plan(signals=(tagged("p95", HEADLINE), tagged("other"))))
    for name in ("p95", "other"):
        story.see(name, GOOD, BAD, GONE)
    words = [" ".join(change_text(change, SHORT)) for change in what_changed(story.events)]
    assert [line for line in words if "p95" in line] == [
        "FAIL p95 9 (must be < 5)",
        "no data p95: refused: gone",
    ]
    assert not [line for line in words if "other" in line]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(ANSWERS)), max_size=30))
def test_each_fact_is_in_at_most_one_line_and_lines_of_a_beginning_stay(seen: list[tuple[str, float | Fault]]) -> None:
    story = Story(plan(*(sensed(name) for name in "abc")))
    for name, answer in seen:
        story.see(name, answer)
    numbers = [event.seq for change in what_changed(story.events) for event in change.events]
    assert numbers == sorted(set(numbers))
    for count in range(0, len(story.events), 7):
        before = [change.first.seq for change in what_changed(story.events[:count])]
        assert before == [change.first.seq for change in what_changed(story.events)][: len(before)]
