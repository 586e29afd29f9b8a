"""What is done in the recorded session, and when: a table of moments and commands."""

from collections.abc import Callable, Sequence

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.states import Advice, Mark, StepState
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.advice import coverage
from mmcockpit.core.rules.messages.templates import change, filled, messages
from mmcockpit.core.state.session import Session
from mmcockpit.core.state.step_command import resolved
from tests.sample.production import ROLLOUT_S

CONDUCTOR, DATABASE = "conductor", "database"
WAY_BACK = "rollback-kubectl"
TARGET = "modelmuxer"

When = Callable[[Session, float, float], bool]
"""Whether it is time: the session, its second, and the second of the last action."""

Said = Callable[[Session, Stamp], Sequence[commands.AnyCommand]]
Step = tuple[When, Said]


def at(seconds: float) -> When:
    """At a second of the session."""
    return lambda session, now, spoken: now >= seconds


def judged(name: str, seconds: float) -> When:
    """At a second of the session, but not before a signal passes."""
    return lambda session, now, spoken: now >= seconds and session.signals[name].verdict.level is Level.PASS


def after(seconds: float) -> When:
    """Some seconds after the last action."""
    return lambda session, now, spoken: now >= spoken + seconds


def advised(advice: Advice, for_s: float) -> When:
    """Once an advice has stood for some seconds."""

    def reached(session: Session, now: float, spoken: float) -> bool:
        stands = session.advised is not None and session.advised.advice is advice
        return stands and session.advised_at is not None and now - session.advised_at.at >= for_s

    return reached


def called(for_s: float) -> When:
    """Once the rollback is called for, some seconds after the last action."""
    return lambda session, now, spoken: WAY_BACK in session.calls and now >= spoken + for_s


def step_is(name: str, state: StepState, for_s: float) -> When:
    """Once a step of the rollback has been in a state for some seconds."""

    def reached(session: Session, now: float, spoken: float) -> bool:
        one = session.procedures[WAY_BACK].steps[name]
        return one.state is state and one.since is not None and now - one.since.at >= for_s

    return reached


def passing(name: str, for_s: float) -> When:
    """Once the last action was that long ago, and a signal has passed since then for as long."""

    def reached(session: Session, now: float, spoken: float) -> bool:
        state = session.signals[name]
        return state.verdict.level is Level.PASS and state.passing.since(spoken) >= for_s

    return reached


def say(*asked: commands.AnyCommand) -> Said:
    """These commands, whatever the session is like."""
    return lambda session, now: asked


def mark(kind: Mark, item: str, reason: str = "", by: str = CONDUCTOR) -> commands.MarkItem:
    """A mark on an item, named by its section and itself, or by its phase too."""
    return commands.MarkItem(by, item if item.count("/") == 2 else f"readiness/{item}", reason, kind)


def tick(*items: str, by: str = CONDUCTOR) -> Said:
    """Tick these items."""
    return say(*(mark(Mark.DONE, item, by=by) for item in items))


def start_in(seconds: float) -> Said:
    """Close the poll, and set the start."""
    return lambda session, now: [
        commands.ClosePoll(CONDUCTOR, True, "nobody is against it"),
        commands.SetT0(CONDUCTOR, float(round(now.wall + seconds))),
    ]


def go(reason: str) -> Said:
    """Pass the gate, which is not green in a demo, for a reason."""
    return lambda session, now: [
        commands.OpenPhase(CONDUCTOR, session.cockpit.checklist.phases[session.phase].id, reason, override=True)
    ]


def accept(reason: str) -> Said:
    """Accept what is advised, for a reason."""

    def asked(session: Session, now: Stamp) -> Sequence[commands.AnyCommand]:
        assert session.advised is not None, "something was advised"
        seen = coverage(session.advised.reasons)
        return [commands.DecideAdvice(CONDUCTOR, session.advised.advice, seen, True, reason)]

    return asked


def run(name: str, *typed: str) -> Said:
    """Run a step of the rollback as its dialog shows it."""

    def asked(session: Session, now: Stamp) -> Sequence[commands.AnyCommand]:
        cluster, back = session.cockpit.cluster, session.procedures[WAY_BACK]
        argv, _ = resolved(back.steps[name].step, back.values, session.cockpit.cluster_of)
        return [commands.RunStep(CONDUCTOR, WAY_BACK, name, argv, cluster.server if argv else "", typed)]

    return asked


def choose_last_but_one(session: Session, now: Stamp) -> Sequence[commands.AnyCommand]:
    """Choose the revision that ran before the one that runs."""
    return [commands.ChooseValue(CONDUCTOR, WAY_BACK, "revision", session.procedures[WAY_BACK].found["revision"][-2])]


def settle(name: str, reason: str = "") -> commands.SettleStep:
    """Record that a step of the rollback ended well."""
    return commands.SettleStep(CONDUCTOR, WAY_BACK, name, True, reason)


def tell(session: Session, now: Stamp) -> Sequence[commands.AnyCommand]:
    """Send the message to the stakeholders, and be done with the last step."""
    text = next(one.text for one in messages(session) if one.id == "stakeholders")
    sent = commands.SendMessage(CONDUCTOR, "stakeholders", change(session), filled(text, session, now))
    return [sent, settle("announce-the-end")]


READINESS: tuple[Step, ...] = (
    (at(8), tick("security-compliance/audit-logging", "database-storage/backup-testing", by=DATABASE)),
    (at(12), say(commands.AddNote(CONDUCTOR, "everybody is in the call", marker=True))),
    (
        judged("rights", 16),
        tick("security-compliance/rbac", "security-compliance/encryption-keys", "operations/on-call"),
    ),
    (
        at(20),
        say(
            mark(Mark.OVERRIDE, "security-compliance/security-scanning", "scanned by hand this afternoon"),
            mark(Mark.NOT_APPLICABLE, "networking-load-balancing/ddos-protection", "the provider in front does it"),
            mark(Mark.CLAIM, "database-storage/database-migrations", by=DATABASE),
        ),
    ),
    (at(24), say(commands.OpenPoll(CONDUCTOR), commands.Vote(DATABASE, True, "database", "replicas follow"))),
    (at(27), say(commands.Vote(CONDUCTOR, True, "network"), commands.Vote(CONDUCTOR, True, "support", "two on shift"))),
    (at(29), say(commands.Vote(CONDUCTOR, True, "conductor"))),
    (at(31), start_in(11)),
    (at(33), go("what is open was proven in the rehearsal")),
    (at(35), tick("preparation/pre-deployment-steps/documentation")),
    (at(36), say(mark(Mark.DEFER, "preparation/pre-deployment-steps/performance-testing", "with the vendor, later"))),
    (at(39), say(commands.RecordBaseline(CONDUCTOR))),
    (at(42), go("the preparation was done in the afternoon")),
)

ROLLOUT: tuple[Step, ...] = (
    (at(ROLLOUT_S), say(commands.AddNote(CONDUCTOR, "rollout begins", marker=True))),
    (at(57), tick("database-storage/database-migrations", by=DATABASE)),
    (at(80), say(commands.HoldSession(CONDUCTOR, True, "the load balancer's team asks for a minute"))),
    (at(110), say(commands.HoldSession(CONDUCTOR, False, "they are ready"))),
    (at(130), say(commands.AddNote(DATABASE, "errors rise since the rollout; the database looks fine"))),
    (at(160), say(mark(Mark.BLOCK, "deployment/deployment-steps/cache-warming", "5xx first", DATABASE))),
    (advised(Advice.ROLLBACK, 9), say(commands.AddNote(CONDUCTOR, "users report failures", marker=True))),
    (after(8), accept("5xx far over the limit, and rising")),
)

BACK: tuple[Step, ...] = (
    (called(6), say(commands.OpenProcedure(CONDUCTOR, WAY_BACK))),
    (after(4), run("show-the-history")),
    (step_is("show-the-history", StepState.OK, 4), run("show-the-images-of-the-revisions")),
    (step_is("show-the-images-of-the-revisions", StepState.OK, 5), choose_last_but_one),
    (after(3), run("check-the-revision-to-roll-back-to")),
    (step_is("check-the-revision-to-roll-back-to", StepState.OK, 4), run("is-the-rollout-paused")),
    (
        step_is("is-the-rollout-paused", StepState.OK, 6),
        say(commands.AddNote(DATABASE, "no migration ran: the old version fits the schema")),
    ),
    (after(4), run("roll-back", TARGET)),
    (step_is("roll-back", StepState.OK, 0.2), run("watch-the-rollout")),
    (step_is("watch-the-rollout", StepState.OK, 3), run("every-pod-runs-the-old-image")),
    (
        step_is("every-pod-runs-the-old-image", StepState.OK, 2),
        say(commands.AddNote(CONDUCTOR, "the old version serves again", marker=True)),
    ),
    (after(2), run("errors-are-back-to-normal")),
    (passing("error_rate", 30), say(settle("errors-are-back-to-normal", "under 1 % for half a minute, and falling"))),
    (after(4), run("latency-is-back-to-normal")),
    (after(6), say(settle("latency-is-back-to-normal", "p95 never left its limits tonight"))),
    (after(3), run("no-critical-alert")),
    (passing("critical_alerts", 15), say(settle("no-critical-alert", "none since the errors went"))),
    (
        step_is("smoke-request", StepState.READY, 2),
        lambda session, now: [
            commands.SenseNow(CONDUCTOR, ("smoke_chat",), confirmed=True),
            *run("smoke-request")(session, now),
        ],
    ),
    (step_is("announce-the-end", StepState.READY, 5), tell),
    (after(10), say(commands.EndSession(CONDUCTOR, "rolled back, nothing lost; next try tomorrow"))),
)

STORY: tuple[Step, ...] = (*READINESS, *ROLLOUT, *BACK)
