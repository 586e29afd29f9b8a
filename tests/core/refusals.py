"""A command for every code of a refusal that `decide` returns, with its sentence without a keymap."""

from collections.abc import Callable

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.checklist import Contact
from mmcockpit.core.model.cockpit import Allowed, BaselinePlan, Person
from mmcockpit.core.model.procedure import Capture, Step
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.seat import Seat
from mmcockpit.core.model.states import Advice, Mark, StepState
from mmcockpit.core.rules.messages.templates import change
from tests.core.rollbacks import BACK, TELL, ended, listed, night, run
from tests.core.sessions import BAD, GOOD, WARNS, Story, attested, manual, number, plan, sensed

Refused = tuple[Code, str, Refusal]


class Refusals:
    """Collects the refusals of a session with the code and the sentence that each should have."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.all: list[Refused] = []

    def add(self, code: Code, sentence: str, command: commands.AnyCommand) -> None:
        """Carry out a command that has to be refused."""
        (body,) = self.story.do(command)
        assert isinstance(body, facts.Refused), body
        self.all.append((code, sentence, body.refusal))


def mark(
    item: str, kind: Mark = Mark.DONE, by: str = "ana", reason: str = "", for_s: float = 60.0
) -> commands.MarkItem:
    return commands.MarkItem(by, item if "/" in item else f"ready/s/{item}", reason, kind, for_s)


def marks() -> list[Refused]:
    items = (
        *(manual("audit"), manual("pay", approvals=2), manual("scan", evidence_required=True), sensed("errors")),
        *(attested("access"), attested("lag", warning_accepted=True), attested("late", "deployment")),
    )
    refused = Refusals(story := Story(plan(*items)))
    story.see("errors", BAD)
    story.see("lag", WARNS)
    story.see("late", GOOD)
    refused.add(Code.UNKNOWN_ITEM, "unknown item 'ready/s/x'", mark("x"))
    refused.add(Code.NO_MARK, "ana has no mark to undo", commands.UndoMark("ana"))
    refused.add(Code.MARK_NEEDS_REASON, "a reason is required to mark audit as deferred", mark("audit", Mark.DEFER))
    refused.add(
        Code.OVERRIDE_NEEDS_DURATION,
        "an override needs a duration, such as 30m",
        mark("audit", Mark.OVERRIDE, reason="x", for_s=0.0),
    )
    refused.add(Code.UNDO_OF_ITEM, "run :undo to undo your latest mark", mark("audit", Mark.UNDO))
    refused.add(
        Code.SENSED,
        "errors cannot be ticked: signal errors decides it: 9 (must be < 5); "
        "run :override to override it, with a reason",
        mark("errors", reason="x"),
    )
    refused.add(
        Code.SIGNAL_NOT_PASSING,
        "cannot attest access until access passes; now unknown: not polled yet; "
        "run :override to override it, with a reason",
        mark("access", reason="x"),
    )
    refused.add(
        Code.WARNING_NEEDS_REASON, "a reason is required to accept the warning of lag: 2 (must be < 1)", mark("lag")
    )
    refused.add(
        Code.PHASE_NOT_OPEN,
        "cannot attest late before its phase opens: its signal still measures the old state; "
        "`:go` opens the next phase",
        mark("deployment/s/late"),
    )
    refused.add(Code.EVIDENCE_REQUIRED, "evidence is required to tick scan: give its place as the reason", mark("scan"))
    story.do(mark("audit", by="bo"))
    refused.add(Code.ALREADY_DONE, "audit is already done by bo; run :undo to undo it", mark("audit"))
    story.do(mark("audit", Mark.BLOCK, "bo", "vendor"))
    refused.add(Code.MARK_IN_FORCE, "audit is blocked by bo; run :undo to undo that mark first", mark("audit"))
    story.do(mark("audit", Mark.CLAIM, "bo"))
    refused.add(
        Code.CLAIMED,
        "audit is claimed by bo: agree with them, or run :comment to add a note",
        mark("audit", Mark.CLAIM),
    )
    refused.add(Code.NO_APPROVAL_NEEDED, "audit does not require a second person", mark("audit", Mark.VERIFY))
    refused.add(
        Code.NOT_MARKED_YET,
        "nothing to verify: pay is not marked yet; run :tick to tick it first",
        mark("pay", Mark.VERIFY),
    )
    story.do(mark("pay"))
    refused.add(
        Code.SECOND_PERSON_REQUIRED, "pay requires the name of a second person", mark("pay", Mark.VERIFY, by=" ")
    )
    refused.add(
        Code.SAME_PERSON, "pay requires another person: Ana has already agreed to it", mark("pay", Mark.VERIFY, "Ana")
    )
    return refused.all


def marks_by_known_people() -> list[Refused]:
    items = (manual("pay", approvals=2), manual("first", "cutover"), manual("second", "cutover"))
    refused = Refusals(story := Story(plan(*items, people=(Person("Ana"), Person("Bo")), ordered=True)))
    story.do(mark("pay"))
    refused.add(Code.UNKNOWN_PERSON, "unknown person 'zoe'; known: Ana, Bo", mark("pay", Mark.VERIFY, "zoe"))
    refused.add(
        Code.OUT_OF_ORDER,
        "1 first comes first: the items of this section are done in order",
        mark("cutover/s/second"),
    )
    needing = (manual("data"), manual("dns", needs=("ready/s/data",)))
    needs = Refusals(Story(plan(*needing)))
    needs.add(Code.NEEDS_FIRST, "dns needs 1 data first", mark("dns"))
    return [*refused.all, *needs.all]


def gates() -> list[Refused]:
    items = (*(manual(f"item{n}") for n in range(6)), sensed("dns", "deployment", no_return=True))
    share = msgspec.structs.replace(number("share"), first_in_cockpit=True)
    refused = Refusals(story := Story(plan(*items, signals=(share,))))
    story.see("share", BAD)
    refused.add(
        Code.UNKNOWN_PHASE, "unknown phase 'lost'; Ready is open", commands.OpenPhase("ana", "lost", "x", override=True)
    )
    refused.add(
        Code.GATE_NOT_REACHED,
        "Cutover is not open yet: the gate of Ready comes first",
        commands.OpenPhase("ana", "cutover", "x", override=True),
    )
    refused.add(
        Code.GATE_CLOSED,
        "the gate of Ready is closed: [ ] 1 item0, [ ] 1 item1, [ ] 1 item2, [ ] 1 item3, [!] share: 9 (must be < 5) "
        "and 2 more items; `:go! REASON` overrides it",
        commands.OpenPhase("ana", "ready"),
    )
    refused.add(
        Code.GATE_NEEDS_REASON,
        "6 items are not satisfied: a reason is required to override the gate",
        commands.OpenPhase("ana", "ready", override=True),
    )
    refused.add(
        Code.GATE_CHANGED,
        "the gate has changed: 1 item0 is not satisfied either; review it again",
        commands.OpenPhase("ana", "ready", "x", override=True, seen=("share",)),
    )
    story.do(commands.HoldSession("bo", True, "vendor"))
    refused.add(
        Code.ON_HOLD, "on hold by bo (vendor); run :hold to resume", commands.OpenPhase("ana", "ready", "x", True)
    )
    story.do(commands.HoldSession("bo", False))
    story.go("known")
    refused.add(
        Code.GATE_PASSED,
        "the gate of Ready was already passed; Deployment is open",
        commands.OpenPhase("ana", "ready", "x", override=True),
    )
    story.see("share", GOOD)
    for n in range(6):
        story.do(mark(f"item{n}"))
    story.do(mark("deployment/s/dns", Mark.OVERRIDE, reason="the probe is wrong"))
    refused.add(
        Code.NOT_PROVEN,
        "no rollback is possible after this gate, and [o] 1 dns is not proven; `:go! REASON` overrides it",
        commands.OpenPhase("ana", "deployment"),
    )
    story.go("checked by phone")
    refused.add(
        Code.LAST_PHASE, "no gate follows the last phase", commands.OpenPhase("ana", "cutover", "x", override=True)
    )
    return refused.all


def first_gate() -> list[Refused]:
    contacts = (Contact("lead", "[Contact Information]"),)
    share = msgspec.structs.replace(number("share"), rule=number("share", passes="value < baseline").rule)
    baseline = BaselinePlan(("share",), 60.0, "deployment")
    refused = Refusals(Story(plan(contacts=contacts, signals=(share,), baseline=baseline)))
    refused.add(
        Code.GATE_CLOSED,
        "the gate of Ready is closed: contact lead is unassigned, the baseline is not recorded (`:baseline`); "
        "`:go! REASON` overrides it",
        commands.OpenPhase("ana", "ready"),
    )
    return refused.all


def hold_and_poll() -> list[Refused]:
    people = (Person("Ana", "conductor"), Person("Bo", "network"))
    refused = Refusals(story := Story(plan(poll=("network", "database"), people=people)))
    refused.add(Code.NOT_ON_HOLD, "the go-live is not on hold", commands.HoldSession("ana", False))
    refused.add(Code.HOLD_NEEDS_REASON, "a reason is required to hold the go-live", commands.HoldSession("ana", True))
    story.do(commands.HoldSession("bo", True, "vendor"))
    refused.add(Code.ALREADY_ON_HOLD, "already on hold by bo: vendor", commands.HoldSession("ana", True, "x"))
    refused.add(Code.NO_POLL, "no poll is open; run :poll to open it", commands.Vote("ana", True))
    story.do(commands.OpenPoll("ana"))
    refused.add(Code.POLL_ALREADY_OPEN, "the poll is already open", commands.OpenPoll("ana"))
    refused.add(Code.UNKNOWN_ROLE, "unknown role 'cook'; known: network, database", commands.Vote("ana", True, "cook"))
    refused.add(Code.ROLE_FIRST, "network answers first", commands.Vote("ana", True, "database"))
    refused.add(Code.NOT_CONDUCTOR, "only the conductor can decide the poll: Ana", commands.ClosePoll("bo", False, "x"))
    refused.add(
        Code.NO_GO_NEEDS_REASON,
        "a reason is required to decide go against the no-go of network, database",
        commands.ClosePoll("ana", True, ""),
    )
    story.do(commands.Vote("bo", True))
    story.do(commands.Vote("bo", True))
    refused.add(Code.ALL_VOTED, "every role has answered: the conductor decides", commands.Vote("bo", True))
    return refused.all


def session_commands() -> list[Refused]:
    paid = msgspec.structs.replace(number("paid"), active=True)
    secret = msgspec.structs.replace(number("login"), title="Login test", active=True)
    refused = Refusals(Story(plan(signals=(paid, secret), allow=Allowed(active=("paid",)))))
    refused.add(Code.EMPTY_NOTE, "the note is empty", commands.AddNote("ana", " "))
    refused.add(Code.INVALID_TIME, "invalid time: T0 must be a date and a time", commands.SetT0("ana", float("nan")))
    refused.add(Code.UNKNOWN_SIGNAL, "unknown signal 'x'", commands.SenseNow("ana", ("x",)))
    missing = commands.ReadLog("ana", "login", "pod-1")
    refused.add(Code.UNKNOWN_LOG, "no log of pod-1: Login test does not list it any more", missing)
    refused.add(
        Code.ACTIVE_NOT_ALLOWED,
        "Login test is an active check: add login to allow.active in the cockpit file",
        commands.SenseNow("ana", ("login",)),
    )
    refused.add(
        Code.ACTIVE_NOT_CONFIRMED,
        "paid is an active check: it runs only after a confirmation",
        commands.SenseNow("ana", ("paid",)),
    )
    refused.add(
        Code.UNRECORDED_NEEDS_REASON,
        "a reason is required to continue without a record",
        commands.AcceptUnrecorded("ana", ""),
    )
    refused.add(Code.OUTCOME_REQUIRED, "an outcome is required to end the session", commands.EndSession("ana", " "))
    refused.add(Code.NO_POLL_ROLES, "the cockpit file lists no roles under poll:", commands.OpenPoll("ana"))
    refused.add(
        Code.NO_BASELINE_SIGNALS,
        "neither the checklist nor the cockpit file lists signals under baseline:",
        commands.RecordBaseline("ana"),
    )
    return refused.all


def advice() -> list[Refused]:
    refused = Refusals(story := Story(plan(sensed("a"), sensed("b"))))
    story.see("a", GOOD)
    story.see("b", GOOD)
    go = commands.DecideAdvice("ana", Advice.GO, (), True, "x")
    refused.add(Code.NO_ADVICE, "no advice to accept or dismiss", go)
    story.see("a", BAD)
    refused.add(Code.ADVICE_CHANGED, "the advice has changed: it is NO-GO now", go)
    refused.add(
        Code.ADVICE_NEEDS_REASON, "a reason is required to accept or dismiss the advice", story.decided(True, "")
    )
    dismissal = story.decided(False, "known")
    story.see("b", BAD)
    refused.add(Code.NEW_REASON, "the advice has a new reason: [R] 1 b: b fail 1/1: 9 (must be < 5)", dismissal)
    story.do(ack := commands.AcknowledgeAlarm("ana"))
    refused.add(Code.ALREADY_ACKNOWLEDGED, "the alarm was already acknowledged by ana", ack)
    story.see("a", GOOD)
    story.see("b", GOOD)
    nothing = "nothing to acknowledge: no rollback is advised and no required item regressed"
    refused.add(Code.NO_ALARM, nothing, ack)
    return refused.all


def baseline() -> list[Refused]:
    plan_ = BaselinePlan(("p95",), 60.0, "deployment")
    refused = Refusals(story := Story(plan(signals=(number("p95"),), baseline=plan_)))
    set_value = commands.RecordBaseline
    refused.add(
        Code.TOO_FEW_POINTS,
        "p95 has 0 points in the last 1m: a baseline needs at least 5 points; "
        "`:baseline p95=VALUE REASON` sets a known value",
        commands.RecordBaseline("ana"),
    )
    refused.add(Code.UNKNOWN_SIGNAL, "unknown signal 'x'; known: p95", set_value("ana", {"x": 1.0}, "x"))
    refused.add(Code.NOT_A_NUMBER, "the baseline of p95 must be a number", set_value("ana", {"p95": float("inf")}, "x"))
    refused.add(
        Code.BASELINE_NEEDS_REASON,
        "a reason is required to set a value of the baseline, such as its origin",
        set_value("ana", {"p95": 1.0}),
    )
    story.go("known")
    refused.add(
        Code.TOO_FEW_POINTS,
        "p95 has 0 points in the 1m before deployment opened: a baseline needs at least 5 points; "
        "later values belong to the new production; `:baseline p95=VALUE REASON` sets a known value",
        commands.RecordBaseline("ana"),
    )
    return refused.all


def identities() -> list[Refused]:
    refused = Refusals(story := Story(plan(signals=(number("p95"),))))
    other = Identity("10.0.0.9")
    refused.add(
        Code.UNKNOWN_SOURCE, "unknown source 'x'; known: prometheus", commands.AcceptIdentity("ana", "x", "moved")
    )
    refused.add(
        Code.SAME_SYSTEM,
        "prometheus: no other system has responded; nothing to accept",
        commands.AcceptIdentity("ana", "prometheus", "moved"),
    )
    story.tell(facts.IdentityDiffered("prometheus", other))
    refused.add(
        Code.SYSTEM_CHANGED,
        f"prometheus: yet another system responds now: {other}",
        commands.AcceptIdentity("ana", "prometheus", "moved", Identity("10.0.0.8")),
    )
    refused.add(
        Code.IDENTITY_NEEDS_REASON,
        "a reason is required: `:accept-identity prometheus REASON`",
        commands.AcceptIdentity("ana", "prometheus", " ", other),
    )
    return refused.all


def steps() -> list[Refused]:
    refused = Refusals(story := night())
    done = commands.SettleStep("ana", "back", "history", True)
    refused.add(Code.UNKNOWN_PROCEDURE, "unknown procedure 'x'; known: back, later", commands.OpenProcedure("ana", "x"))
    refused.add(Code.PROCEDURE_NOT_OPEN, "this procedure is not open; run :emergency to open it", done)
    story.do(commands.OpenProcedure("ana", "back"))
    refused.add(Code.PROCEDURE_ALREADY_OPEN, "Back is already open", commands.OpenProcedure("ana", "back"))
    refused.add(
        Code.PROCEDURE_OPEN,
        "Back is open: finish or abandon it first",
        commands.OpenPhase("ana", "ready", "x", override=True),
    )
    refused.add(
        Code.ABANDON_NEEDS_REASON,
        "a reason is required to abandon a procedure",
        commands.AbandonProcedure("ana", "back", ""),
    )
    refused.add(
        Code.UNKNOWN_STEP, "unknown step 'x'; known: history, undo, tell", commands.SkipStep("ana", "back", "x", "x")
    )
    refused.add(Code.STEP_STATE, "Undo is pending", commands.SkipStep("ana", "back", "undo", "x"))
    refused.add(Code.NOTHING_RUNNING, "no command is running", commands.StopStep("ana", "back", "history"))
    refused.add(Code.RESULT_NEEDS_REASON, "a reason is required to record the result of History", done)
    refused.add(
        Code.SKIP_NEEDS_REASON, "a reason is required to skip History", commands.SkipStep("ana", "back", "history", "")
    )
    story.do(run(story, "history", "list", "prod"))
    refused.add(
        Code.STEP_RUNNING,
        "History is still running; run :run-step in the procedures panel to stop it first",
        commands.LeaveSession("ana"),
    )
    story.tell(facts.StepProcess("back", "history", 4711, "1"), facts.Resumed("bo", "here", 9.0))
    story.tell(facts.StepProcess("back", "history", 4711, "1", runs=True))
    story.do(commands.SettleStep("bo", "back", "history", False, "no output"))
    refused.add(
        Code.PROCESS_RUNNING,
        "process 4711 of History is still running: wait until it ends, or end it",
        run(story, "history", "list", "prod"),
    )
    return refused.all


def rollback() -> list[Refused]:
    refused = Refusals(story := night())
    listed(story)
    refused.add(
        Code.NO_VALUE,
        "revision has no value yet: choose one first",
        run(story, "undo", "undo", "41", typed=("muxer",)),
    )
    refused.add(
        Code.UNKNOWN_VALUE,
        "unknown value '-f'; known: 40, 41",
        commands.ChooseValue("ana", "back", "revision", "-f"),
    )
    story.do(commands.ChooseValue("ana", "back", "revision", "40"))
    refused.add(Code.TYPE_TO_RUN, "type muxer to run Undo", run(story, "undo", "undo", "40"))
    refused.add(
        Code.COMMAND_CHANGED,
        "the command has changed since the dialog showed it: review it again",
        run(story, "undo", "undo", "41", typed=("muxer",)),
    )
    refused.add(
        Code.REPEAT_NEEDS_REASON,
        "a reason is required to repeat steps",
        commands.RepeatSteps("ana", "back", "history", ""),
    )
    story.do(run(story, "undo", "undo", "40", typed=("muxer",)))
    refused.add(
        Code.VALUE_USED,
        "revision was already used: repeat the step that lists the values to choose again",
        commands.ChooseValue("ana", "back", "revision", "41"),
    )
    refused.add(
        Code.STEP_NOT_OVER,
        "Undo is running: only a finished step can be repeated",
        commands.RepeatSteps("ana", "back", "undo", "x"),
    )
    story.tell(facts.Resumed("bo", "here", 9.0))
    refused.add(
        Code.RESULT_UNKNOWN,
        "the result of Undo is unknown: record it first",
        commands.RepeatSteps("bo", "back", "history", "x"),
    )
    return refused.all


def forbidden_steps() -> list[Refused]:
    captures = (Capture("revision", r"^(\d+)", running="highest"),)
    procedure = msgspec.structs.replace(BACK, steps=(Step("list", "List", argv=("list",), captures=captures), TELL))
    refused = Refusals(story := night(allowed=False, procedures=(procedure,)))
    story.do(commands.OpenProcedure("ana", "back"))
    refused.add(
        Code.STEPS_NOT_ALLOWED,
        "running steps is not allowed: set allow.procedures to true, or run :copy to copy the command",
        run(story, "list", "list"),
    )
    story.tell(facts.StepChanged("back", "list", StepState.RUNNING, "ana", argv=("list",)))
    ended(story, "list", 0, found={"revision": ("40", "41")})
    refused.add(
        Code.VALUE_IN_USE,
        "revision 41 is in use now: choose another value",
        commands.ChooseValue("ana", "back", "revision", "41"),
    )
    refused.add(Code.NO_COMMAND, "Tell has no command: record its result", run(story, "tell"))
    return refused.all


def messages() -> list[Refused]:
    refused = Refusals(story := night())
    story.settle()
    now = change(story.session)
    refused.add(
        Code.UNKNOWN_MESSAGE,
        "unknown message 'x'; known: stakeholders, status",
        commands.SendMessage("ana", "x", now, "text"),
    )
    refused.add(Code.EMPTY_MESSAGE, "the message is empty", commands.SendMessage("ana", "status", now, " "))
    refused.add(
        Code.SITUATION_CHANGED,
        "the situation has changed since the message was written: review the message",
        commands.SendMessage("ana", "status", "earlier", "text"),
    )
    story.do(commands.SendMessage("ana", "status", now, "text"))
    refused.add(
        Code.ALREADY_SENT,
        "the message was already sent, and nothing has changed since",
        commands.SendMessage("ana", "status", now, "text"),
    )
    webhook = msgspec.structs.replace(story.session.cockpit, webhook={})
    without = Refusals(Story(webhook))
    without.story.settle()
    without.add(
        Code.NO_WEBHOOK,
        "the cockpit file has no webhook: set messages.webhook",
        commands.SendMessage("ana", "status", now, "text", "webhook"),
    )
    refused.add(
        Code.UNKNOWN_CHANNEL,
        "unknown channel 'pager'; known: webhook",
        commands.SendMessage("ana", "status", now, "text", "pager"),
    )
    return [*refused.all, *without.all]


def handovers() -> list[Refused]:
    story = Story(plan(manual("audit"), people=(Person("ana"), Person("bo"), Person("cy"))))
    refused = Refusals(story)
    refused.add(
        Code.NO_HANDOVER,
        "no such handover waits to be acknowledged; `:handover` shows the present one",
        commands.AcknowledgeHandover("bo", 1),
    )
    story.do(commands.PrepareHandover("ana", "bo"))
    number = story.session.handover_number
    acknowledge = commands.AcknowledgeHandover("cy", number)
    refused.add(Code.NOT_RECEIVER, "only bo can acknowledge this handover", acknowledge)
    story.tell(facts.SeatJoined(Seat("s1", "unix:bo", "bo")))
    witnessed = commands.AcknowledgeHandover("bo", number, witnessed=True)
    sentence = "bo has a seat: the handover is acknowledged there, by `:handover ack`"
    refused.add(Code.RECEIVER_IS_HERE, sentence, witnessed)
    return refused.all


SCENARIOS: tuple[Callable[[], list[Refused]], ...] = (
    *(marks, marks_by_known_people, gates, first_gate, hold_and_poll, session_commands),
    *(advice, baseline, identities, steps, rollback, forbidden_steps, messages, handovers),
)
