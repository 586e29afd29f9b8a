"""What is evaluated after facts and time is only what they can change, and gives what evaluating everything gives."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmcockpit.core.decide.elapse import elapse
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody
from mmcockpit.core.model.checklist import Hold, Item, Mode
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Abort, Allowed, Cockpit
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.shape import Shape
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.copies import copied
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.journal.reader import read
from mmcockpit.journal.sample import unpacked
from tests.core.rules import anything
from tests.core.sessions import BAD, GONE, GOOD, PHASES, WARNS, Story, number, plan
from tests.shapes import shape

POLLED = tuple(f"s{n}" for n in range(6))
GROUPS = tuple(f"g{n}" for n in range(4))
PEOPLE = ("ana", "bo")
FIRING = [{"labels": {"alertname": "Slow"}, "name": "Slow", "state": "active"}]

HOLDS = (
    *(Hold(), Hold(2.0, 8.0), Hold(4.0, 4.0), Hold(workload=True)),
    *(Hold(rule="duration('3s')"), Hold(rule="duration(string(int(value) + 3) + 's')")),
)
OTHERS: tuple[tuple[str, object], ...] = (
    ("ready", {"min_ready_s": 5}),
    ("ready", {"min_ready_s": 1}),
    ("alerts", []),
    ("alerts", FIRING),
)


class Afresh:
    """Evaluates copies of a session in a thread of its own, which knows nothing of the session before."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1)

    def elapse(self, session: Session, now: Stamp) -> list[AnyBody]:
        return self.thread.submit(elapse, copied(session), now).result()


afresh = Afresh()


@st.composite
def cockpits(draw: st.DrawFn) -> Cockpit:
    """Return a cockpit of signals of every kind that time or results decide, nested combinations, and items on them."""
    flags = st.booleans()
    signals = [
        msgspec.structs.replace(
            number(
                name, agree=draw(st.sampled_from([1, 1, 2])), of=3, applies=draw(st.sampled_from(["", "value < 9.0"]))
            ),
            first_in_cockpit=draw(flags),
            tags=draw(st.sampled_from([(), ("headline",)])),
            stale_after=draw(st.sampled_from([1.0, 20.0])),
            active=draw(st.sampled_from([False, False, False, True])),
            valid_for=15.0,
        )
        for name in POLLED
    ]
    ready = msgspec.structs.replace(number("ready"), rule=Rule("true"), shape=Shape(settles=("min_ready_s",)))
    alerts = Signal("alerts", "Alerts", "alertmanager", "alerts", rule=Rule("size(value) == 0", empty="value"))
    signals += [ready, msgspec.structs.replace(alerts, shape=shape("alertmanager", "alerts"))]
    for name in GROUPS:
        members = draw(st.lists(st.sampled_from([one.name for one in signals]), min_size=1, max_size=3, unique=True))
        rule = Rule(
            draw(st.sampled_from(["", "", "size(value.passing) > 0"])), agree=draw(st.sampled_from([1, 2])), of=2
        )
        signals.insert(
            draw(st.integers(0, len(signals))),
            Signal(
                name,
                name,
                "session",
                draw(st.sampled_from(["all_of", "any_of"])),
                {"signals": members},
                rule,
                every=draw(st.sampled_from([0.1, 3.0, 7.3])),
                stale_after=draw(st.sampled_from([2.0, 20.0])),
                first_in_cockpit=draw(flags),
            ),
        )
    items = [
        draw(
            st.builds(
                Item,
                st.just(f"{phase}/s/i{n}"),
                st.just(n),
                st.just(f"I{n}"),
                mode=st.sampled_from([Mode.SENSED, Mode.SENSED, Mode.ATTESTED]),
                signal=st.sampled_from([one.name for one in signals]),
                required=flags,
                hold=st.sampled_from(HOLDS),
                until_gate=flags,
                no_return=flags,
                warning_accepted=flags,
            )
        )
        for n, phase in enumerate(PHASES * 3)
    ]  # fmt: skip
    aborts = draw(
        st.lists(
            st.builds(Abort, st.sampled_from((*POLLED, *GROUPS)), st.just(3.0), st.sampled_from(PHASES)), max_size=2
        )
    )
    back = Procedure("back", "Back", (Step("tell", "Tell"),), aborts=tuple(one.signal for one in aborts))
    slow = Procedure("slow", "Slow", (Step("tell", "Tell"),), alerts=({"alertname": "Slow"},))
    return plan(
        *items, signals=tuple(signals), aborts=tuple(aborts), procedures=(back, slow), allow=Allowed(procedures=True)
    )


values = st.sampled_from([*[GOOD] * 6, 0.5, WARNS, BAD, BAD, GONE, Fault(FaultKind.TIMEOUT, "slow")])
waits = st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0, 2.0, 3.0, 5.0, 6.0, 21.0, 90.0])
happenings = st.one_of(
    st.tuples(st.just("see"), st.lists(st.tuples(st.sampled_from(POLLED), values), min_size=1, max_size=4)),
    st.tuples(st.just("see all"), values),
    st.tuples(st.just("other"), st.sampled_from(OTHERS)),
    st.tuples(st.just("wait"), waits),
    st.tuples(st.just("mark"), st.tuples(st.sampled_from(PEOPLE), st.integers(0, 8), st.sampled_from(Mark), waits)),
    st.tuples(st.just("go"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("resume"), waits),
    st.tuples(st.just("configure"), st.sampled_from([1.0, 20.0])),
    st.tuples(st.just("settle"), st.sampled_from([0, 1, 2, 9])),
)  # fmt: skip


def happen(story: Story, what: str, how: object) -> None:
    """Let something happen without what follows from it."""
    session = story.session
    match what, how:
        case "see", list(results):
            for name, value in results:
                story.answer(name, value)
        case "see all", value:
            for name in POLLED:
                story.answer(name, value)  # type: ignore[arg-type]
        case "other", (str(name), value):
            story.answer(name, Reading(value))
        case "wait" | "resume", float(seconds):
            story.wait(seconds)
            if what == "resume":
                story.tell(facts.Resumed("ana", "here", seconds))
        case "mark", (str(by), int(number_), Mark() as mark, float(for_s)):
            item = list(session.items)[number_]
            story.tell(facts.ItemMarked(item, mark, by, "because", expires=story.at + for_s))
        case "go", str(by):
            following = PHASES[min(session.phase + 1, len(PHASES) - 1)]
            story.tell(facts.PhaseChanged(PHASES[session.phase], following, by))
        case "configure", float(stale_after):
            signals = tuple(msgspec.structs.replace(one, every=stale_after) for one in session.cockpit.signals)
            story.tell(facts.Reconfigured("ana", "", msgspec.structs.replace(session.cockpit, signals=signals)))
        case "settle", int(most):
            for body in islice(_following(story), most):
                story.tell(body)


def _following(story: Story) -> Iterator[AnyBody]:
    """Yield what follows, of which a caller may record only a part."""
    for _ in range(6):
        yield from elapse(story.session, story.now)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(cockpits(), st.lists(happenings, min_size=20, max_size=40))
def test_what_changed_is_evaluated_as_if_everything_was(cockpit: Cockpit, happened: list[tuple[str, object]]) -> None:
    story = Story(cockpit)
    for what, how in happened:
        happen(story, what, how)
        for later in (0.0, 0.3):
            now = Stamp(story.now.at + later, story.now.wall + later)
            assert elapse(story.session, now) == afresh.elapse(story.session, now)
        story.wait(0.3)


def combination(probe: str, *members: str) -> Signal:
    return Signal("both", "Both", "session", probe, {"signals": list(members)}, every=60.0, stale_after=600.0)


def test_a_combination_is_judged_again_when_a_member_applies_no_more() -> None:
    signals = number("a", applies="value != 0.5"), number("b"), combination("any_of", "a", "b")
    story = Story(plan(Item("ready/s/i", 1, "I", mode=Mode.SENSED, signal="both"), signals=signals))
    story.see("a", GOOD)
    story.see("b", GOOD)
    story.answer("a", 0.5)
    (judged,) = elapse(story.session, story.now)
    assert isinstance(judged, facts.Observed)
    assert isinstance(judged.answer, Reading)
    assert judged.answer.value["passing"] == ["b"]


def test_a_combination_that_was_silent_is_judged_with_the_next_result_of_a_member() -> None:
    both = msgspec.structs.replace(combination("all_of", "a"), stale_after=1.0)
    patient = msgspec.structs.replace(number("a"), stale_after=600.0)
    story = Story(plan(Item("ready/s/i", 1, "I", mode=Mode.SENSED, signal="both"), signals=(patient, both)))
    story.see("a", GOOD)
    story.settle()
    story.wait(70)
    (silent,) = elapse(story.session, story.now)
    assert isinstance(silent, facts.Observed)
    assert isinstance(silent.answer, Fault)
    story.settle()
    story.answer("a", GOOD)
    story.settle()
    assert story.session.signals["both"].verdict.level is Level.PASS


def test_an_item_settles_as_long_as_a_member_of_its_combination_tells() -> None:
    ready = msgspec.structs.replace(number("ready"), rule=Rule("true"), shape=Shape(settles=("min_ready_s",)))
    item = Item("ready/s/i", 1, "I", mode=Mode.SENSED, signal="both", hold=Hold(workload=True))
    story = Story(plan(item, signals=(ready, combination("all_of", "ready"))))
    story.see("ready", Reading({"min_ready_s": 0}))
    story.settle()
    assert story.state("i") is State.GOOD
    story.answer("ready", Reading({"min_ready_s": 30}))
    (changed,) = [one for one in elapse(story.session, story.now) if isinstance(one, facts.ItemChanged)]
    assert changed.now is State.HOLDING


@pytest.mark.parametrize("seed", range(2))
def test_waves_are_evaluated_as_if_everything_was(seed: int) -> None:
    chance, story = random.Random(seed), anything.story()
    for _ in range(120):
        anything.happens(story, chance)
        assert elapse(story.session, story.now) == afresh.elapse(story.session, story.now)


def test_the_session_of_the_demo_is_evaluated_as_if_everything_was(tmp_path: Path) -> None:
    session, differing = Session(), 0
    for place, event in enumerate(read(unpacked(tmp_path / "private" / "journal.jsonl"))):
        evolve(session, event)
        if place > 200 and place % 50 == 0:
            now = Stamp(event.stamp.at + place % 3, event.stamp.wall + place % 3)
            kept = elapse(session, now)
            assert kept == afresh.elapse(session, now)
            differing += bool(kept)
    assert differing
