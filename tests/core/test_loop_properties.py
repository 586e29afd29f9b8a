"""No sequence of answers, silences, crashes and commands makes the loop say what is not so.

Holds, aborts and gates are recomputed here from the facts alone, by other means than the core's (`witness.py`).
"""

from math import inf, nan

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.decide.elapse import elapse
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.reasons import covers
from mmcockpit.core.model.checklist import Mode
from mmcockpit.core.model.next_action import Viewpoint
from mmcockpit.core.model.states import SATISFIED, Advice, Mark, State
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.state.evolve import fold
from tests.core.generated import ABORTS, ITEMS, NAMES, PEOPLE, answers, given, item_ids, night
from tests.core.next.proposals import check
from tests.core.reference_model import ReferenceModel
from tests.core.sessions import PHASES, Story

PROOF = {State.GOOD, State.DONE, State.HOLDING}
JUDGED = ("rate", "errors", "own")
PATIENCE = 25.0
"""Seconds of silence that the signals of `number` bear."""
RULED = 5.0
"""What the one hold rule answers."""

waits = st.sampled_from([0.0, 0.25, 1.0, 2.0, 3.0, 5.0, 10.0, 24.0, 25.0, 26.0, 90.0])
reasons = st.sampled_from(["", " \n", "because", "agreed"])
people = st.sampled_from(PEOPLE)


class Loop(RuleBasedStateMachine):
    """A night that anything may happen to; its facts are checked after every step."""

    @initialize(phases=st.integers(0, 2), well=st.booleans())
    def begin(self, phases: int, well: bool) -> None:
        self.story = Story(night())
        self.model = ReferenceModel(PATIENCE, RULED)
        self.heard = 0
        for _ in range(phases):
            if well:
                self.all_is_well_for_a_while(2)
                self.everything_is_ticked("ana")
            self.story.do(commands.OpenPhase("ana", self.story.phase, "it is time", override=not well))

    @rule(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=7, unique=True), value=answers, wait=waits)
    def several_answer_alike(self, names: list[str], value: object, wait: float) -> None:
        for name in names:
            self.story.see(name, given(value), every=0.0)
        self.story.wait(wait)

    @rule(name=st.sampled_from(NAMES), values=st.lists(answers, min_size=1, max_size=8), every=waits)
    def one_answers_often(self, name: str, values: list[object], every: float) -> None:
        self.story.see(name, *map(given, values), every=every)

    @rule(rounds=st.integers(1, 8))
    def all_is_well_for_a_while(self, rounds: int) -> None:
        self._all_answer(0.0, rounds, 5.0)

    @rule(
        value=st.sampled_from([9.0, 9.0, 2.0]), rounds=st.integers(1, 6), every=st.sampled_from([0.5, 3.0, 5.0, 24.0])
    )
    def all_is_broken_for_a_while(self, value: float, rounds: int, every: float) -> None:
        self._all_answer(value, rounds, every)

    def _all_answer(self, value: float, rounds: int, every: float) -> None:
        for _ in range(rounds):
            for name in NAMES:
                self.story.see(name, value, every=0.0)
            self.story.wait(every)

    @rule(by=people)
    def the_night_goes_on(self, by: str) -> None:
        self._all_answer(0.0, 8, 5.0)
        self.everything_is_ticked(by)
        self.story.do(commands.OpenPhase(by, self.story.phase))

    @rule(name=st.sampled_from(NAMES), value=answers)
    def one_answers_before_anybody_looks(self, name: str, value: object) -> None:
        self.story.answer(name, given(value))

    @rule(wait=waits)
    def time_passes(self, wait: float) -> None:
        self.story.wait(wait)

    @rule(by=people, blind=waits)
    def the_cockpit_dies_and_is_resumed(self, by: str, blind: float) -> None:
        self.story.wait(blind)
        self.story.tell(facts.Resumed(by, "here", blind))

    @rule(by=people, item=item_ids, mark=st.sampled_from(Mark), reason=reasons, for_s=waits)
    def somebody_marks(self, by: str, item: str, mark: Mark, reason: str, for_s: float) -> None:
        self.story.do(commands.MarkItem(by, item, reason, mark, for_s))

    @rule(by=people)
    def everything_is_ticked(self, by: str) -> None:
        for item in ITEMS:
            self.story.do(commands.MarkItem(by, item.id, "seen"))
            self.story.do(commands.MarkItem("bo" if by == "ana" else "ana", item.id, mark=Mark.VERIFY))

    @rule(by=people)
    def somebody_takes_back(self, by: str) -> None:
        self.story.do(commands.UndoMark(by))

    @rule(by=people, phase=st.sampled_from(PHASES), reason=reasons, override=st.booleans())
    def somebody_goes(self, by: str, phase: str, reason: str, override: bool) -> None:
        before = self.story.phase
        bodies = self.story.do(commands.OpenPhase(by, phase, reason, override))
        assert phase == before or isinstance(bodies[0], facts.Refused), "only the gate that was seen is passed"

    @rule(by=people, on=st.booleans(), reason=reasons)
    def somebody_holds(self, by: str, on: bool, reason: str) -> None:
        self.story.do(commands.HoldSession(by, on, reason))

    @rule(by=people, accept=st.booleans(), reason=reasons, wait=waits, value=answers)
    def somebody_decides_what_was_seen_a_while_ago(
        self, by: str, accept: bool, reason: str, wait: float, value: object
    ) -> None:
        seen = self.story.decided(accept, reason, by)
        for name in ("rate", "errors"):
            self.story.see(name, given(value), every=0.0)
        self.story.wait(wait)
        (body,) = self.story.do(seen)
        if isinstance(body, facts.Decided):
            assert body.advice is seen.advice
            assert accept or all(covers(seen.seen, one) for one in body.seen)

    @rule(
        command=st.one_of(
            st.builds(commands.OpenPoll, people),
            st.builds(commands.Vote, people, st.booleans(), st.sampled_from(["", *PEOPLE, "cook"]), reasons),
            st.builds(commands.ClosePoll, people, st.booleans(), reasons),
            st.builds(commands.RecordBaseline, people),
            st.builds(commands.AddNote, people, reasons),
            st.builds(commands.SetT0, people, st.sampled_from([0.0, 1.5, nan, inf])),
            st.builds(commands.SenseNow, people, st.sampled_from([(), ("errors",), ("nowhere",)])),
            st.builds(commands.EndSession, people, reasons),
            st.builds(commands.LeaveSession, people),
        )
    )
    def something_else_is_commanded(self, command: commands.AnyCommand) -> None:
        self.story.do(command)

    @precondition(lambda self: self.story.session.phase < len(PHASES) - 1)
    @rule(by=people)
    def the_gate_is_asked_and_answers_as_it_stands(self, by: str) -> None:
        self.story.settle()
        session = self.story.session
        failing = any(self.model.last(name) is Level.FAIL for name in JUDGED)
        green = gate(session).open and session.held is None and not failing
        (body,) = decide(session, commands.OpenPhase(by, self.story.phase), self.story.now)
        assert isinstance(body, facts.PhaseChanged) is green

    @invariant()
    def every_promise_is_kept(self) -> None:
        self.story.settle()
        assert elapse(self.story.session, self.story.now) == [], "what has settled stays settled"
        for event in self.story.events[self.heard :]:
            self.model.record(event)
        self.heard = len(self.story.events)
        assert self.model.replayed == self.story.session, "the journal tells the same session"
        self.good_is_what_a_signal_or_a_mark_says()
        self.no_hold_counts_what_nobody_saw()
        self.rollback_is_advised_where_an_armed_rule_failed_for_its_time_and_nowhere_else()
        self.go_means_that_the_gate_is_open_and_nobody_holds()
        self.next_is_accepted_by_the_rules_and_the_same_in_a_replay()

    def good_is_what_a_signal_or_a_mark_says(self) -> None:
        session = self.story.session
        for state in session.items.values():
            item, phase = state.item, session.phase_of(state.item.id)
            signal = session.signal_of(item)
            if state.state is State.HOLDING:
                assert self.model.last(item.signal) is Level.PASS
            if signal is not None and state.standing is None and state.state is State.NOT_APPLICABLE:
                assert not signal.verdict.applies
            if state.state not in SATISFIED or item.mode is Mode.MANUAL or state.standing is not None:
                continue
            assert phase <= session.phase, "nothing is satisfied by its signal before its phase opens"
            assert any(level is Level.PASS for _, level in self.model.levels[item.signal])
            assert state.state is not State.DONE or item.mode is Mode.ATTESTED
            assert state.state is not State.GOOD or item.mode is Mode.SENSED
            if state.state is State.DONE:
                assert self.model.hands(item) >= item.approvals
            if item.until_gate and phase < session.phase:
                continue
            assert self.model.last(item.signal) in (Level.PASS, Level.WARN)
            if state.state in (State.GOOD, State.DONE):
                assert self.model.served(item) >= (RULED if item.hold.rule else item.hold.full)

    def no_hold_counts_what_nobody_saw(self) -> None:
        session = self.story.session
        for item in ITEMS:
            if item.signal and session.phase_of(item.id) <= session.phase:
                assert self.model.served(item) >= session.served(item)

    def rollback_is_advised_where_an_armed_rule_failed_for_its_time_and_nowhere_else(self) -> None:
        session = self.story.session
        assert session.advised is not None
        armed = [abort for abort in ABORTS if PHASES.index(abort.phase) <= session.phase]
        failed = any(
            self.model.last(abort.signal) is Level.FAIL
            and self.model.agreed(abort.signal, Level.FAIL, PHASES.index(abort.phase)) >= abort.for_s
            for abort in armed
        )
        assert (session.advised.advice in (Advice.ROLLBACK, Advice.FIX_FORWARD)) == failed

    def go_means_that_the_gate_is_open_and_nobody_holds(self) -> None:
        session = self.story.session
        assert session.advised is not None
        if session.advised.advice is Advice.GO:
            assert session.held is None
            assert gate(session).open
            assert list(self.model.unsatisfied()) == []
            assert all(self.model.last(name) is not Level.FAIL for name in JUDGED)
            assert any(state.state in PROOF for state in session.items.values())

    def next_is_accepted_by_the_rules_and_the_same_in_a_replay(self) -> None:
        session, now = self.story.session, self.story.now
        for by in PEOPLE:
            following = next_action(session, now, Viewpoint(by))
            check(session, now, following, by)
            assert next_action(self.model.replayed, now, Viewpoint(by)) == following

    def teardown(self) -> None:
        if hasattr(self, "story"):
            assert fold(self.story.events) == self.story.session


TestLoop = Loop.TestCase
TestLoop.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
