"""No sequence of seats, commands, repeats and forgeries lets a person do what is not theirs to do.

What must hold is recomputed from the facts alone, by other means than the core's (`model.py`).
"""

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.seat import Right, Seat, Via
from mmcockpit.core.model.states import Advice, Mark, StepState
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.session import Session
from tests.core.seats.model import SeatModel
from tests.core.seats.shared import ANA, ANA_AGAIN, AUDIT, BO, CARLA, EVE, PAY, POLL, WHERE, SharedStory

EVE_READS = msgspec.structs.replace(EVE, id="e2", right=Right.VIEWER)
BO_AGAIN = msgspec.structs.replace(BO, id="b2", host="edge-3")
GUEST = Seat("g1", "postgres:guest", "guest", "", Right.OPERATOR, Via.DATABASE, "edge-9", 9)
SEATS = (ANA, ANA_AGAIN, BO, BO_AGAIN, EVE, EVE_READS, CARLA, GUEST)
NAMES = ("ana", "bo", "eve", "carla", "guest", "nobody", "")
ROLES = {"ana": "conductor", "bo": "database", "eve": "database"}

seats = st.sampled_from(SEATS)
actors = st.sampled_from((ANA, ANA, BO, BO, EVE, CARLA, GUEST, ANA_AGAIN, EVE_READS))
names = st.sampled_from(NAMES)
reasons = st.sampled_from(("", "because"))
argvs = st.sampled_from((("undo", "40"), ("undo", "41"), ("undo", "40", "--force"), ()))
wheres = st.sampled_from((WHERE, WHERE, "https://other"))
waits = st.sampled_from((0.0, 1.0, 30.0, 61.0, 600.0))
items = st.sampled_from((AUDIT, PAY, PAY))

marking = st.one_of(
    st.builds(commands.MarkItem, names, items, reasons, st.sampled_from(Mark), st.just(60.0), st.booleans()),
    st.builds(commands.UndoMark, names),
    st.builds(commands.AddNote, names, reasons),
    st.builds(commands.SenseNow, names, st.sampled_from(((), ("errors",)))),
)
conducting = st.one_of(
    st.builds(commands.OpenPhase, names, st.sampled_from(("ready", "deployment")), reasons, st.booleans()),
    st.builds(commands.HoldSession, names, st.booleans(), reasons),
    st.builds(commands.OpenPoll, names),
    st.builds(commands.Vote, names, st.booleans(), st.sampled_from(("", *POLL))),
    st.builds(commands.ClosePoll, names, st.booleans(), reasons),
    st.builds(commands.DecideAdvice, names, st.sampled_from(Advice), st.just(()), st.booleans(), reasons),
    st.builds(commands.SetT0, names, st.just(5.0)),
    st.builds(commands.LeaveSession, names),
)
controlling = st.one_of(
    st.builds(commands.RequestControls, names),
    st.builds(commands.GrantControls, names, names),
    st.builds(commands.TakeControls, names, reasons),
)
stepping = st.one_of(
    st.builds(commands.OpenProcedure, names, st.just("back")),
    st.builds(commands.AbandonProcedure, names, st.just("back"), reasons),
    st.builds(commands.RunStep, names, st.just("back"), st.just("history"), st.just(("list", "prod")), st.just(WHERE)),
    st.builds(commands.RunStep, names, st.just("back"), st.just("undo"), argvs, wheres, st.just(("muxer",))),
    st.builds(commands.ApproveStep, names, st.just("back"), st.just("undo"), argvs, wheres, waits),
    st.builds(commands.ChooseValue, names, st.just("back"), st.just("revision"), st.sampled_from(("40", "41"))),
    st.builds(commands.RepeatSteps, names, st.just("back"), st.just("history"), reasons),
    st.builds(commands.StopStep, names, st.just("back"), st.just("undo")),
    st.builds(commands.SettleStep, names, st.just("back"), st.just("undo"), st.booleans(), reasons),
)
anything = st.one_of(marking, conducting, controlling, stepping)

DECIDED = (
    *("seats", "controls", "control_requests", "approvals", "epoch", "phase", "marks", "held", "poll", "votes"),
    *("decided", "baseline", "items", "procedures", "sent", "t0", "handover", "closed", "revisions", "operators"),
)
"""What commands decide about."""


def state_of(session: Session) -> str:
    return repr([getattr(session, name) for name in DECIDED])


class Seats(RuleBasedStateMachine):
    """A shared session to which anything may be sent by anyone; its facts are checked after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.story = SharedStory(ANA, BO, EVE, CARLA)
        self.model = SeatModel(ROLES)
        self.checked = 0
        self.sent: list[tuple[Seat, Request]] = []

    def send(self, seat: Seat, request: Request) -> list[facts.AnyBody]:
        self.story.settle()
        session = self.story.session
        before, known = state_of(session), request.id in session.command_ids
        bodies = self.story.send(seat, request)
        refused = [body for body in bodies if isinstance(body, facts.Refused)]
        assert not refused or len(bodies) == 1
        if seat.id not in session.seats or not seat.acts:
            assert len(refused) == len(bodies), "a viewer was not refused"
        if refused or not bodies:
            assert state_of(session) == before, "a refused command changed something"
        if known:
            assert len(refused) == len(bodies), "a command was decided twice"
        return bodies

    @initialize(ready=st.booleans(), polling=st.booleans())
    def begin(self, ready: bool, polling: bool) -> None:
        if ready:
            self.story.ready()
        if polling:
            self.story.ask(ANA, commands.OpenPoll(""))

    @rule(seat=seats)
    def a_seat_joins(self, seat: Seat) -> None:
        before = self.story.session.controls
        self.story.tell(facts.SeatJoined(seat))
        assert self.story.session.controls == before

    @rule(seat=st.sampled_from((ANA, BO, CARLA, EVE_READS)))
    def a_seat_leaves(self, seat: Seat) -> None:
        before = self.story.session.controls
        if seat.id in self.story.session.seats:
            self.story.tell(facts.SeatLeft(seat.id))
        assert self.story.session.controls == before

    @rule(seat=actors, command=anything, behind=st.sampled_from((0, 0, 0, 0, 1, 3, 40, -7)))
    def a_seat_sends_a_command(self, seat: Seat, command: commands.AnyCommand, behind: int) -> None:
        if seat.id not in self.story.session.seats:
            return
        self.story.settle()
        request = self.story.request(command, saw=max(self.story.session.seq - behind, 0))
        self.sent.append((seat, request))
        self.send(seat, request)

    @rule(command=st.one_of(conducting, controlling, stepping))
    def the_holder_of_the_controls_sends_a_command(self, command: commands.AnyCommand) -> None:
        for seat in SEATS:
            if seat.person == self.story.session.controls and seat.id in self.story.session.seats and seat.acts:
                request = self.story.request(command)
                self.sent.append((seat, request))
                self.send(seat, request)
                return

    @rule(go=st.booleans(), seat=actors, role=st.sampled_from(("", *POLL)))
    def a_person_votes(self, go: bool, seat: Seat, role: str) -> None:
        self.the_holder_of_the_controls_sends_a_command(commands.OpenPoll(""))
        self._here(seat, commands.Vote("", go, role))

    @rule(to=st.sampled_from(("ana", "bo", "eve")))
    def the_controls_are_granted(self, to: str) -> None:
        self.the_holder_of_the_controls_sends_a_command(commands.GrantControls("", to))

    @rule(seat=st.sampled_from((BO, EVE, CARLA)), to=st.sampled_from(("ana", "bo", "eve", "carla")))
    def the_controls_are_granted_by_anyone_or_taken(self, seat: Seat, to: str) -> None:
        self._here(seat, commands.GrantControls("", to))
        self._here(seat, commands.TakeControls("", "hurry"))

    @rule(
        command=st.sampled_from(
            (
                *(commands.AddNote("ana", "hello"), commands.MarkItem("ana", AUDIT), commands.SenseNow("ana")),
                *(commands.RequestControls("ana"), commands.HoldSession("ana", on=True, reason="wait")),
            )
        )
    )
    def a_viewer_sends_what_anyone_who_acts_may_send(self, command: commands.AnyCommand) -> None:
        self._here(CARLA, command)
        self._here(EVE_READS, command)

    @rule(
        seat=st.sampled_from((ANA, BO, EVE)),
        command=st.sampled_from(
            (commands.SetT0("ana", 7.0), commands.OpenPoll("ana"), commands.OpenProcedure("", "back"))
        ),
    )
    def anyone_conducts(self, seat: Seat, command: commands.AnyCommand) -> None:
        self._here(seat, command)

    def _here(self, seat: Seat, command: commands.AnyCommand) -> None:
        """Send a command from a seat, if it is in the session."""
        if seat.id in self.story.session.seats:
            self.send(seat, self.story.request(command))

    @rule(seat=st.sampled_from((ANA, BO, EVE, ANA_AGAIN)), item=items, name=names, witnessed=st.booleans())
    def an_item_is_ticked_and_verified(self, seat: Seat, item: str, name: str, witnessed: bool) -> None:
        self._here(ANA, commands.MarkItem("", item))
        self._here(seat, commands.MarkItem(name, item, mark=Mark.VERIFY, witnessed=witnessed))

    @rule(data=st.data())
    def a_request_is_repeated_by_its_sender_or_by_another(self, data: st.DataObject) -> None:
        if not self.sent:
            return
        sender, request = data.draw(st.sampled_from(self.sent[-6:]))
        seat = data.draw(st.sampled_from((sender, *SEATS)))
        if seat.id in self.story.session.seats:
            self.send(seat, request)

    @rule(seat=actors, id_=st.sampled_from(("", "x", "0" * 31, "G" * 32, "0" * 32 + "\n", "é" * 32)))
    def a_request_has_an_unusable_id(self, seat: Seat, id_: str) -> None:
        if seat.id in self.story.session.seats:
            (body,) = self.send(seat, Request(id_, commands.AddNote("", "x"), self.story.session.seq))
            assert isinstance(body, facts.Refused)
            assert id_ not in self.story.session.command_ids

    @rule(seat=st.sampled_from((BO, EVE)), where=wheres, for_s=st.sampled_from((60.0, 600.0)))
    def the_step_is_approved_as_it_is(self, seat: Seat, where: str, for_s: float) -> None:
        if seat.id in self.story.session.seats:
            argv = ("undo", self._revision())
            self.send(seat, self.story.request(commands.ApproveStep("", "back", "undo", argv, where, for_s)))

    @rule(where=wheres)
    def the_step_is_run_as_it_is(self, where: str) -> None:
        argv = ("undo", self._revision())
        self.the_holder_of_the_controls_sends_a_command(commands.RunStep("", "back", "undo", argv, where, ("muxer",)))

    @rule(approver=st.sampled_from((BO, EVE)), wait=waits, to=st.sampled_from(("", "bo", "eve")), again=st.booleans())
    def an_approval_is_used_later_perhaps_by_others_perhaps_twice(
        self, approver: Seat, wait: float, to: str, again: bool
    ) -> None:
        self.the_rollback_is_made_ready_again()
        self.the_step_is_approved_as_it_is(approver, WHERE, 60.0)
        self.story.wait(wait)
        self.the_controls_are_granted(to)
        self.the_step_is_run_as_it_is(WHERE)
        self.a_command_ends("undo", ok=not again)
        self.the_step_is_run_as_it_is(WHERE)
        self.a_command_ends("undo", ok=False)

    @rule()
    def the_rollback_is_made_ready_again(self) -> None:
        run = self.story.session.procedures.get("back")
        if run is None or run.closed is not None:
            self.the_holder_of_the_controls_sends_a_command(commands.OpenProcedure("", "back"))
        self.the_holder_of_the_controls_sends_a_command(
            commands.RunStep("", "back", "history", ("list", "prod"), WHERE)
        )
        self.a_command_ends("history", ok=True)
        self.the_holder_of_the_controls_sends_a_command(commands.ChooseValue("", "back", "revision", "40"))

    def _revision(self) -> str:
        run = self.story.session.procedures.get("back")
        return run.values.get("revision", "40") if run else "40"

    @rule(step=st.sampled_from(("history", "undo")), ok=st.booleans())
    def a_command_ends(self, step: str, ok: bool) -> None:
        run = self.story.session.procedures.get("back")
        if run is None or run.closed is not None or not run.steps[step].working:
            return
        found: dict[str, tuple[str, ...]] = {"revision": ("40", "41")} if step == "history" else {}
        now = StepState.OK if ok else StepState.FAILED
        self.story.tell(facts.StepChanged("back", step, now, exit=int(not ok), found=found))

    @rule(wait=waits)
    def time_passes(self, wait: float) -> None:
        self.story.wait(wait)

    @precondition(lambda self: len(self.story.events) > 40 * (self.story.session.epoch + 1))
    @rule(seat=st.sampled_from((ANA, EVE)))
    def another_driver_takes_over(self, seat: Seat) -> None:
        epoch = self.story.session.epoch + 1
        self.story.record(facts.DriverChanged(seat.person, seat.host, epoch, "the driver was silent"), "", "")
        assert not self.story.session.seats
        assert not self.story.session.approvals
        assert self.story.session.controls == seat.person
        self.story.tell(*map(facts.SeatJoined, (ANA, BO, EVE, CARLA)))

    @invariant()
    def every_fact_was_allowed_and_a_replay_is_the_same(self) -> None:
        for event in self.story.events[self.checked :]:
            self.model.record(event)
        self.checked = len(self.story.events)
        assert self.model.holder == self.story.session.controls

    def teardown(self) -> None:
        assert fold(self.story.events) == self.story.session


TestSeats = Seats.TestCase
TestSeats.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
