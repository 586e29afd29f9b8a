"""NEXT: for every state of a session the one action that helps most, its text, and that the rules accept it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import StepState
from mmcockpit.core.model.checklist import Contact, Hold, Item
from mmcockpit.core.model.cockpit import Abort, Person
from mmcockpit.core.model.next_action import NextKind, Viewpoint, ViewpointKind
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.states import Mark, State
from mmcockpit.core.rules.next_action import next_action
from mmcockpit.core.state.evolve import fold
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.next_actions import next_text
from tests.core.next.proposals import check, given, story, text
from tests.core.rollbacks import BACK, ended, listed, night, run
from tests.core.sessions import BAD, GONE, GOOD, WARNS, Story, attested, manual, number, plan, sensed
from tests.shapes import shape

ABORT = Abort("errors", 60.0, "ready")


def advised(**more: Any) -> Story:
    """A session whose abort rule has failed for its time."""
    told = night(aborts=(Abort("errors", 2.0, "ready"),), **more)
    told.see("errors", *[BAD] * 5)
    return told


def dns() -> Story:
    """A session past its point of no return, whose abort rule has failed for its time."""
    told = story(
        manual("cut", no_return=True),
        sensed("errors"),
        aborts=(Abort("errors", 2.0, "ready"),),
        procedures=(msgspec.structs.replace(BACK, aborts=("errors",)),),
    )
    told.do(commands.MarkItem("ana", "ready/s/cut"))
    told.see("errors", *[BAD] * 5)
    return told


def test_before_the_first_fact_the_session_is_starting() -> None:
    assert next_action(Session(), Story().now).kind is NextKind.STARTING


def test_an_ended_session_needs_only_its_report() -> None:
    told = story(manual("audit"))
    told.do(commands.EndSession("ana", "done"))
    assert text(told) == ":back-or-leave  the session has ended: `mmcockpit report` writes its report"


@pytest.mark.parametrize(
    ("seat", "kind", "says"),
    [
        (
            Viewpoint(lost=True),
            NextKind.NOT_FOLLOWED,
            ":back-or-leave  leave, then watch again: this screen is out of date",
        ),
        (Viewpoint(gone=True), NextKind.NO_OPERATOR, "`mmcockpit resume` continues the session"),
        (
            Viewpoint(stalled_s=12.0),
            NextKind.STALLED,
            "wait  the engine has not responded for 12s: if it stays so, leave",
        ),
        (Viewpoint(unrecorded=True), NextKind.NOT_RECORDING, ":accept REASON  make room for the journal"),
    ],
)
def test_what_makes_the_screen_unreliable_comes_first(seat: Viewpoint, kind: NextKind, says: str) -> None:
    told = advised()
    assert given(told, seat).kind is kind
    assert text(told, seat).startswith(says)


def test_a_step_with_an_unknown_outcome_comes_before_the_rollback() -> None:
    told = advised()
    listed(told)
    told.do(commands.ChooseValue("ana", "back", "revision", "40"))
    told.do(run(told, "undo", "undo", "40", typed=("muxer",)))
    told.tell(facts.Resumed("ana", "here", 10.0))
    now = given(told)
    assert (now.kind, now.action, now.subject, now.step) == (NextKind.OUTCOME_UNKNOWN, "run_step", "back", "undo")
    assert text(told) == "!  2/3 Undo: outcome unknown, record whether it worked"


def test_an_advised_rollback_is_opened() -> None:
    told = advised()
    now = given(told)
    assert (now.kind, now.action, now.subject) == (NextKind.ROLLBACK, "emergency", "back")
    assert text(told) == "E  Back: 3 steps"


def test_a_rollback_names_how_long_it_takes() -> None:
    steps = tuple(msgspec.structs.replace(step, estimate=240.0) for step in BACK.steps)
    told = advised(procedures=(msgspec.structs.replace(BACK, steps=steps),))
    assert text(told) == "E  Back: 3 steps, ~12 min"
    told = advised(procedures=(msgspec.structs.replace(BACK, estimate=300.0),))
    assert text(told) == "E  Back: 3 steps, ~5 min"


def deploying(*items: Item, **more: Any) -> Story:
    """A session with an item whose work the procedure `deploy` does, in a minute and a half."""
    steps = (Step("a", "A", argv=("a",), estimate=60.0), Step("b", "B", argv=("b",), estimate=30.0))
    return story(*items, procedures=(Procedure("deploy", "Deploy 2", steps),), **more)


def test_an_item_with_a_procedure_is_done_by_opening_it_first() -> None:
    told = deploying(sensed("errors", procedure="deploy"), sensed("late"))
    told.see("errors", *[BAD] * 3)
    now = given(told)
    assert (now.kind, now.action, now.subject) == (NextKind.ITEM_PROCEDURE, "run_step", "ready/s/errors")
    assert text(told) == "!  1 errors: open Deploy 2, 2 steps, ~1m 30s"
    told.do(commands.OpenProcedure("ana", "deploy"))
    assert (given(told).kind, given(told).subject) == (NextKind.STEP_READY, "deploy")
    told.do(commands.AbandonProcedure("ana", "deploy", "wrong window"))
    assert given(told).kind is NextKind.ITEM_PROCEDURE, "an abandoned procedure has not done the work"


def test_an_item_whose_rule_cannot_be_evaluated_opens_its_procedure() -> None:
    told = deploying(sensed("errors", procedure="deploy"))
    told.see("errors", *[Reading({"absent": True})] * 3)
    assert told.session.items["ready/s/errors"].state is State.UNKNOWN
    assert text(told) == "!  1 errors: open Deploy 2, 2 steps, ~1m 30s"
    told.see("errors", GONE)
    assert given(told).kind is NextKind.NO_DATA, "what has no result has to be polled first"


def test_on_hold_only_a_failing_item_opens_its_procedure() -> None:
    told = deploying(sensed("errors", procedure="deploy"))
    told.do(commands.HoldSession("ana", True, "vendor is late"))
    assert (given(told).kind, given(told).action) == (NextKind.ON_HOLD, "hold")
    told.see("errors", *[BAD] * 3)
    assert given(told).kind is NextKind.ITEM_PROCEDURE


def test_the_procedure_of_an_item_waits_for_what_it_needs_and_for_what_fails() -> None:
    told = deploying(manual("copy"), sensed("errors", procedure="deploy", needs=("ready/s/copy",)), sensed("rate"))
    assert given(told).kind is not NextKind.ITEM_PROCEDURE, "copy comes first"
    told.do(commands.MarkItem("ana", "ready/s/copy"))
    assert given(told).kind is NextKind.ITEM_PROCEDURE
    told.see("rate", *[BAD] * 3)
    assert (given(told).kind, given(told).subject) == (NextKind.FAILING, "ready/s/rate")


def test_what_failing_work_needs_is_ticked_before_it_is_asked_why_it_fails() -> None:
    told = deploying(manual("copy"), sensed("errors", procedure="deploy", needs=("ready/s/copy",)), sensed("rate"))
    told.see("errors", *[BAD] * 3)
    assert (given(told).kind, given(told).subject) == (NextKind.TICK, "ready/s/copy")
    told.do(commands.MarkItem("ana", "ready/s/copy"))
    assert (given(told).kind, given(told).subject) == (NextKind.ITEM_PROCEDURE, "ready/s/errors")
    told.do(commands.UndoMark("ana"))
    told.see("rate", *[BAD] * 3)
    assert given(told).kind is NextKind.FAILING, "something fails that no work explains"


def test_a_dismissed_rollback_is_not_the_next_action() -> None:
    told = advised()
    told.do(told.decided(False, "the canary is switched off"))
    assert (given(told).kind, given(told).subject) == (NextKind.FAILING, "errors")


def test_an_advised_rollback_without_a_procedure_is_decided() -> None:
    told = advised(procedures=())
    assert text(told) == ":advice accept REASON  roll back without a procedure: decide, and record why"
    told.do(told.decided(True, "by hand"))
    assert given(told).kind is NextKind.FAILING


def test_past_the_point_of_no_return_the_cause_is_to_be_found() -> None:
    told = dns()
    assert told.session.advised is not None
    assert text(told) == "Enter  fix errors: it is too late for a rollback"


def test_past_the_point_of_no_return_a_procedure_that_does_not_roll_back_is_opened() -> None:
    alert = Procedure("fix", "Fix", BACK.steps[2:], alerts=({"alertname": "Slow"},))
    told = story(
        manual("cut", no_return=True),
        sensed("errors"),
        signals=(msgspec.structs.replace(number("alerts"), probe="alerts", shape=shape("alertmanager", "alerts")),),
        aborts=(Abort("errors", 2.0, "ready"),),
        procedures=(BACK, alert),
    )
    told.do(commands.MarkItem("ana", "ready/s/cut"))
    told.tell(
        facts.ProcedureQueued("fix", facts.Reason(facts.ReasonKind.ALERT, "alerts", title="Slow"), causes=()),
    )
    told.see("errors", *[BAD] * 5)
    assert text(told) == "E  Fix: 1 step; it is too late for a rollback"


def test_a_failed_step_is_repeated_or_skipped() -> None:
    told = advised()
    told.do(commands.OpenProcedure("ana", "back"))
    told.do(run(told, "history", "list", "prod"))
    ended(told, "history", 1)
    assert text(told) == "!  1/3 History: failed, repeat or skip it"


def test_a_running_step_is_waited_for() -> None:
    told = advised()
    told.do(commands.OpenProcedure("ana", "back"))
    told.do(run(told, "history", "list", "prod"))
    told.wait(33)
    assert text(told) == "wait  1/3 History: running for 34s"


def test_a_step_is_run_once_its_value_is_chosen_and_settles_after_its_command() -> None:
    told = advised()
    listed(told)
    assert text(told) == "!  2/3 Undo: choose the revision"
    told.do(commands.ChooseValue("ana", "back", "revision", "40"))
    assert text(told) == "!  2/3 Undo: run it"
    told.do(run(told, "undo", "undo", "40", typed=("muxer",)))
    ended(told, "undo", 0)
    assert text(told) == "wait  2/3 Undo: errors has to pass"
    told.see("errors", 0.1, 0.1)
    assert text(told) == "wait  2/3 Undo: errors settles in 2s"


def test_the_next_step_of_an_open_procedure_is_run() -> None:
    told = advised()
    told.do(commands.OpenProcedure("ana", "back"))
    assert text(told) == "!  1/3 History: run it"


def test_a_manual_step_is_done_and_recorded() -> None:
    told = night()
    told.do(commands.OpenProcedure("ana", "later"))
    assert text(told) == "!  1/1 Tell: do it, then record it"


def test_a_procedure_that_an_alert_calls_for_is_opened() -> None:
    told = night()
    told.tell(facts.ProcedureQueued("later", facts.Reason(facts.ReasonKind.ALERT, "alerts", title="Slow")))
    assert given(told).kind is NextKind.PROCEDURE_CALLED
    assert text(told) == "E  Later: alert Slow is firing, 1 step"


def test_a_failing_item_comes_before_everything_that_is_only_open() -> None:
    told = story(manual("audit"), sensed("errors"), sensed("rate"))
    told.see("errors", BAD)
    told.see("rate", BAD)
    now = given(told)
    assert (now.kind, now.action, now.subject, now.others) == (NextKind.FAILING, "details", "ready/s/errors", 1)
    assert text(told) == "Enter  1 errors: see why it fails (1 more)"


def test_a_failing_abort_rule_names_when_the_rollback_follows() -> None:
    told = story(sensed("errors"), aborts=(ABORT,))
    told.see("errors", *[BAD] * 11)
    assert text(told) == "Enter  errors: see why it fails, ROLLBACK in 50s"


def test_a_failing_judged_signal_without_an_item_is_named() -> None:
    told = story(manual("audit"), signals=(msgspec.structs.replace(number("own"), first_in_cockpit=True),))
    told.see("own", BAD)
    assert (given(told).kind, given(told).subject) == (NextKind.FAILING, "own")


def test_a_blocked_item_names_who_blocked_it_and_why() -> None:
    told = story(manual("audit"), manual("pay"))
    told.do(commands.MarkItem("bo", "ready/s/pay", "no contract", Mark.BLOCK))
    assert text(told) == "Enter  1 pay: blocked by bo: no contract"


def test_a_hold_is_resumed_before_anything_is_ticked() -> None:
    told = story(manual("audit"))
    told.do(commands.HoldSession("ana", True, "vendor is late"))
    told.wait(119)
    assert text(told) == "H  on hold by ana: vendor is late, for 2m; resume when it is resolved"


def test_an_open_poll_waits_for_the_next_role() -> None:
    told = story(manual("audit"), poll=("database", "network"))
    told.do(commands.OpenPoll("ana"))
    told.do(commands.Vote("ana", True))
    now = given(told)
    assert (now.kind, now.action, now.subject) == (NextKind.POLL, "poll", "network")
    assert text(told) == "P  go/no-go poll: network: answers next, 1 of 2 have answered"


def test_only_the_conductor_decides_the_poll() -> None:
    people = (Person("cy", "conductor"), Person("ana", "database"))
    told = story(manual("audit"), poll=("database",), people=people)
    told.do(commands.OpenPoll("ana"))
    told.do(commands.Vote("ana", True))
    assert text(told) == "wait  go/no-go poll: complete, cy decides"
    assert given(told, Viewpoint("cy")).action == "poll"


def test_a_mark_that_needs_a_second_person_names_who_can_give_it() -> None:
    people = (Person("ana", "conductor"), Person("bo", "database"), Person("cy", "network"))
    told = story(manual("pay", approvals=2, role="database"), manual("audit"), people=people)
    told.do(commands.MarkItem("ana", "ready/s/pay"))
    now = given(told)
    assert (now.kind, now.action, now.people) == (NextKind.APPROVAL, "verify", ("bo",))
    assert text(told) == "V  1 pay: needs a second person (bo)"


def test_without_a_second_person_the_cockpit_file_has_to_change() -> None:
    told = story(manual("pay", approvals=2), people=(Person("ana"),))
    told.do(commands.MarkItem("ana", "ready/s/pay"))
    assert text(told).startswith("wait  1 pay: needs a second person: add one to people")


def test_an_item_is_ticked_once_its_checks_pass() -> None:
    told = story(attested("access"), manual("audit"))
    told.see("access", GOOD)
    now = given(told)
    assert (now.kind, now.action, now.subject, now.others) == (NextKind.TICK, "tick", "ready/s/access", 1)
    assert text(told) == "Space  1 access: checks pass, tick it (1 more)"


def test_a_manual_item_is_ticked_when_it_is_done() -> None:
    assert text(story(manual("audit"))) == "Space  1 audit: manual, tick it when it is done"


def test_an_item_that_another_person_claimed_comes_last() -> None:
    told = story(manual("audit"), manual("pay"))
    told.do(commands.MarkItem("bo", "ready/s/audit", mark=Mark.CLAIM))
    assert given(told).subject == "ready/s/pay"
    told.do(commands.MarkItem("ana", "ready/s/pay"))
    assert given(told).subject == "ready/s/audit"


def test_a_warning_is_accepted_with_a_reason() -> None:
    told = story(attested("access", warning_accepted=True))
    told.see("access", WARNS)
    assert text(told) == "Space  1 access: 2 (must be < 1), warns: tick it with a reason"


def test_an_item_of_another_role_waits_for_the_person_with_that_role() -> None:
    people = (Person("ana", "conductor"), Person("bo", "database"))
    told = story(manual("audit", role="database"), people=people)
    assert text(told) == "wait  bo: 1 audit: needs their tick"
    assert given(told, Viewpoint("bo")).kind is NextKind.TICK
    assert given(told).action == ""


def test_the_own_items_come_before_those_of_other_roles() -> None:
    people = (Person("ana", "conductor"), Person("bo", "database"))
    told = story(manual("audit", role="database"), manual("pay"), people=people)
    assert given(told).subject == "ready/s/pay"


def test_of_several_ticks_the_one_under_the_cursor_is_named() -> None:
    told = story(manual("audit"), manual("pay"), sensed("errors"))
    assert given(told, Viewpoint(cursor="ready/s/pay")).subject == "ready/s/pay"
    assert given(told, Viewpoint(cursor="ready/s/errors")).subject == "ready/s/audit"


def test_only_the_first_open_item_of_an_ordered_section_is_ticked() -> None:
    told = story(manual("one"), manual("two"), ordered=True)
    assert (given(told).subject, given(told).others) == ("ready/s/one", 0)


def test_an_open_item_whose_signal_warns_is_named() -> None:
    told = story(sensed("rate"))
    told.see("rate", WARNS)
    assert text(told) == "Enter  1 rate: warns: 2 (must be < 1)"


def test_contacts_without_a_name_keep_the_first_gate_closed() -> None:
    told = story(manual("audit"), contacts=(Contact("database", "[name]"), Contact("network", "")))
    told.do(commands.MarkItem("ana", "ready/s/audit"))
    assert text(told) == ":contacts  database is unassigned: name a contact in the cockpit file (1 more)"


def test_an_item_that_settles_names_the_time_left() -> None:
    told = story(sensed("errors", hold=Hold(90.0, 90.0)), sensed("rate", hold=Hold(30.0, 30.0)))
    for _ in range(11):
        told.see("errors", GOOD, every=1.0)
        told.see("rate", GOOD, every=1.0)
    assert text(told) == "wait  1 errors settles in 1m 10s (1 more)"


def test_an_open_gate_is_passed() -> None:
    told = story(manual("audit"))
    told.do(commands.MarkItem("ana", "ready/s/audit"))
    now = given(told)
    assert (now.kind, now.action, now.subject) == (NextKind.GATE, "go", "deployment")
    assert text(told) == ":go  open Deployment: the gate of Ready is open"


def test_a_point_of_no_return_that_is_only_overridden_needs_a_reason() -> None:
    told = story(manual("cut", no_return=True))
    told.do(commands.MarkItem("ana", "ready/s/cut", "done by the provider", Mark.OVERRIDE))
    assert text(told).startswith(":go! REASON  1 cut: point of no return is not proven")


def test_after_the_last_phase_the_session_is_ended() -> None:
    told = story(manual("audit", "cutover"))
    told.go("rehearsed")
    told.go("rehearsed")
    told.do(commands.MarkItem("ana", "cutover/s/audit"))
    assert text(told) == ":end OUTCOME  end the session: everything of Cutover is done"


def test_an_item_that_nothing_else_explains_is_named() -> None:
    told = story(sensed("errors"))
    told.answer("errors", GOOD)
    now = next_action(told.session, told.now)
    assert (now.kind, now.subject) == (NextKind.OPEN_ITEM, "ready/s/errors")


def test_without_a_checklist_there_is_nothing_to_do() -> None:
    empty = plan()
    told = Story(msgspec.structs.replace(empty, checklist=msgspec.structs.replace(empty.checklist, phases=())))
    assert text(told) == "nothing to do"


@pytest.mark.parametrize(("view", "key"), [(ViewpointKind.READ_ONLY, "read-only"), (ViewpointKind.REPLAY, "then")])
def test_a_seat_that_cannot_act_shows_the_same_action_without_its_key(view: ViewpointKind, key: str) -> None:
    told = advised()
    assert given(told, Viewpoint(view=view)) == given(told)
    assert text(told, Viewpoint(view=view)) == f"{key}  Back: 3 steps"


def test_a_rebound_key_is_named_and_an_unbound_action_by_its_command() -> None:
    now = given(story(manual("audit")))
    assert next_text(now, {"tick": "F2"}).startswith("F2  1 audit")
    assert next_text(now).startswith(":tick  1 audit")


def test_a_replay_names_the_same_action_as_the_live_session() -> None:
    told = advised()
    live = given(told)
    assert next_action(fold(told.events), told.now) == live


def test_next_is_recorded_nowhere() -> None:
    told = advised()
    before = list(told.events)
    given(told)
    assert told.events == before


def test_a_step_state_that_is_over_is_never_the_next_action() -> None:
    told = night()
    told.do(commands.OpenProcedure("ana", "later"))
    told.do(commands.SettleStep("ana", "later", "tell", True))
    assert told.session.procedures["later"].steps["tell"].state is StepState.OK
    assert given(told).kind not in (NextKind.STEP_MANUAL, NextKind.STEP_READY)


def results(now: StepState) -> facts.StepChanged:
    return facts.StepChanged("back", "history", now, exit=0 if now is StepState.OK else 1)


events = st.one_of(
    st.sampled_from([GOOD, WARNS, BAD, BAD, GONE]).map(lambda one: ("answer", one)),
    st.sampled_from(
        [
            commands.OpenProcedure("ana", "back"),
            commands.OpenProcedure("bo", "later"),
            commands.RunStep("ana", "back", "history", ("list", "prod"), "https://api"),
            commands.SkipStep("ana", "back", "history", "known"),
            commands.SkipStep("ana", "back", "undo", "known"),
            commands.SettleStep("ana", "back", "history", True, "seen"),
            commands.SettleStep("ana", "later", "tell", False, "nobody answers"),
            commands.AbandonProcedure("ana", "back", "over"),
            commands.HoldSession("ana", True, "vendor"),
            commands.HoldSession("ana", False, "vendor"),
        ]
    ).map(lambda one: ("command", one)),
    st.sampled_from([results(StepState.OK), results(StepState.FAILED), facts.Resumed("ana", "here", 5.0)]).map(
        lambda one: ("fact", one)
    ),
    st.sampled_from([1.0, 30.0, 700.0]).map(lambda wait: ("wait", wait)),
)


@settings(max_examples=60, deadline=None)
@drawn(st.lists(events, min_size=1, max_size=25))
def test_whatever_happens_to_a_rollback_the_rules_accept_the_next_action(happened: list[tuple[str, Any]]) -> None:
    told = night(aborts=(Abort("errors", 3.0, "ready"),))
    for one in happened:
        match one:
            case ("wait", float(seconds)):
                told.wait(seconds)
            case ("command", command):
                told.do(command)
            case ("fact", fact):
                told.tell(fact)
            case (_, answer):
                told.see("errors", answer)
        following = given(told)
        check(told.session, told.now, following, "ana")
        assert next_action(fold(told.events), told.now) == following
