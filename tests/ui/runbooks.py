"""Go-lives with a procedure that has a step of every kind, and an item whose work it does."""

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import StepChanged, StepOutput, StepState
from mmcockpit.core.model.checklist import ItemStep
from mmcockpit.core.model.cockpit import Cockpit as CockpitFile
from mmcockpit.core.model.procedure import ASK, Danger, Procedure, Step, StepQuestion, StepRetry, StepWait
from tests.ui.emergencies import DNS, emergency_file
from tests.ui.go_lives import GoLive

APPLY = ("kubectl", "apply", "-f", "eu.yaml")
SCALE = ("kubectl", "scale", "deployment/pool", "--replicas=3")
DEPLOY = Procedure(
    "deploy",
    "Deploy 2.4.1",
    (
        Step("region", "Choose the region", ask=StepQuestion("region", "which region is first", choices=("eu", "us"))),
        Step(
            "apply",
            "Apply the manifests",
            argv=("kubectl", "apply", "-f", "${values.region}.yaml"),
            danger=Danger.CHANGES,
            retry=StepRetry(2, 10.0),
            on_fail="dns-back",
        ),
        Step("soak", "Let it settle", wait=StepWait(for_s=300.0)),
        Step("eu", "Scale the pool eu", argv=SCALE, danger=Danger.CHANGES, group="scale", on_fail=ASK),
        Step("us", "Scale the pool us", argv=SCALE, danger=Danger.CHANGES, group="scale"),
        Step("call", "Call the provider", argv=("curl", "https://provider.example.com/quota"), manual=True),
        Step("ticket", "Note the ticket", ask=StepQuestion("ticket", "its number", pattern="OPS-[0-9]+")),
        Step("extra", "Look at a new signal", argv=SCALE, when='values.region == "us"'),
    ),
    groups={"scale": "Scale the pools"},
)
WORK = (ItemStep("Log in", "kubectl auth whoami"), ItemStep("Look", "kubectl get pods"))


def runbook_file() -> CockpitFile:
    """Return a cockpit file whose first item is done by a procedure with every kind of step."""
    base = emergency_file()
    first, *phases = base.checklist.phases
    section, *sections = first.sections
    item, *items = section.items
    item = msgspec.structs.replace(item, procedure="deploy", steps=WORK)
    section = msgspec.structs.replace(section, items=(item, *items))
    first = msgspec.structs.replace(first, sections=(section, *sections))
    checklist = msgspec.structs.replace(base.checklist, phases=(first, *phases), procedures=(DEPLOY, DNS))
    return msgspec.structs.replace(base, checklist=checklist)


def prepared() -> GoLive:
    """The go-live has begun; the procedure is not started."""
    return GoLive(runbook_file()).watched(620)


def asking() -> GoLive:
    """The first step asks for the region."""
    return prepared().ask(commands.OpenProcedure("ana", "deploy"))


def applying() -> GoLive:
    """The region is answered: the command with retries is ready."""
    return asking().ask(commands.AnswerStep("ana", "deploy", "region", "eu"))


def retrying() -> GoLive:
    """The command failed once, and starts again by itself."""
    night = applying()
    night.ask(commands.RunStep("ana", "deploy", "apply", APPLY, night.session.cockpit.cluster_of("").server)).wait(1)
    return night.tell(StepChanged("deploy", "apply", StepState.RETRYING, exit=1, ms=900.0)).wait(2)


def given_up() -> GoLive:
    """All three attempts of the command failed."""
    night = retrying()
    for attempt, now in ((2, StepState.RETRYING), (3, StepState.FAILED)):
        night.tell(StepChanged("deploy", "apply", StepState.RUNNING, argv=APPLY, attempt=attempt)).wait(1)
        night.tell(StepChanged("deploy", "apply", now, exit=1, ms=900.0)).wait(9)
    return night


def waiting() -> GoLive:
    """The second attempt worked, and the wait has begun."""
    night = retrying().tell(StepChanged("deploy", "apply", StepState.RUNNING, argv=APPLY, attempt=2)).wait(1)
    night.tell(StepChanged("deploy", "apply", StepState.OK, exit=0, ms=900.0))
    return night.ask(commands.RunStep("ana", "deploy", "soak")).wait(50)


def parallel() -> GoLive:
    """The wait is over, and one member of the group runs."""
    night = waiting().watched(300)
    return night.ask(commands.RunStep("ana", "deploy", "eu", SCALE, night.session.cockpit.cluster_of("").server))


def both_run() -> GoLive:
    """Both members of the group run; each wrote 30 lines of its own."""
    night = parallel()
    night.ask(commands.RunStep("ana", "deploy", "us", SCALE, night.session.cockpit.cluster_of("").server))
    for name in ("eu", "us"):
        night.tell(StepOutput("deploy", name, "\n".join(f"{name}: pod {n} created" for n in range(30))))
    return night


def asked() -> GoLive:
    """One member of the group failed, whose failure asks at once."""
    return parallel().wait(1).tell(StepChanged("deploy", "eu", StepState.FAILED, exit=1, ms=900.0))


def manual() -> GoLive:
    """The group is over: a person does the next step."""
    night = asked().ask(commands.SkipStep("ana", "deploy", "eu", "not needed"))
    return night.ask(commands.SkipStep("ana", "deploy", "us", "not needed"))


def skipped() -> GoLive:
    """The ticket is noted: the last step is skipped, as its condition is false, and the procedure is done."""
    return text_asked().ask(commands.AnswerStep("ana", "deploy", "ticket", "OPS-12"))


def text_asked() -> GoLive:
    """The manual step is done: the next one asks for a text."""
    return manual().ask(commands.SettleStep("ana", "deploy", "call", True))
