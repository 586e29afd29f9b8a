"""Nights with procedures: a rollback that is called for, and how far it was followed."""

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Resumed, StepChanged, StepOutput, StepState
from mmcockpit.core.model.cockpit import Allowed
from mmcockpit.core.model.cockpit import Cockpit as CockpitFile
from mmcockpit.core.model.procedure import Capture, Cluster, Danger, Message, Procedure, Step
from mmcockpit.core.rules.gate import gate
from tests.ui.feeds import pods
from tests.ui.go_lives import ALERTS, ROLLOUT, GoLive, go_live_file, made_once

SERVER = "https://api.prod-eu.example.com:6443"
KUBECTL = ("kubectl", "--kubeconfig", "${cluster.kubeconfig}", "--context", "${cluster.context}", "-n", "modelmuxer")
TARGET = "deployment/modelmuxer"

HISTORY = Step(
    "history",
    "See the history",
    "Look for the revision that served before this night. Its change cause names the version.",
    (*KUBECTL, "rollout", "history", TARGET),
    estimate=5.0,
    if_fails="The context is wrong or the token has expired: log in again in another pane.",
    captures=(Capture("revision", r"^(\d+)\s", about="to go back to", running="highest"),),
)
UNDO = Step(
    "undo",
    "Go back to the revision",
    "Pods are replaced one after the other; callers see the old version within a minute. "
    "Migrations stay where they are.",
    (*KUBECTL, "rollout", "undo", TARGET, "--to-revision=${values.revision}"),
    Danger.DANGEROUS,
    "modelmuxer",
    signal="error_rate",
    hold=60.0,
    estimate=90.0,
    if_fails="Undo says 'unable to find specified revision': choose another one. Else call the database role.",
)
WATCH = Step(
    "watch",
    "Watch the rollout",
    "",
    (*KUBECTL, "rollout", "status", TARGET, "--timeout=10m"),
    signal="pods_ready",
    estimate=60.0,
)
TELL = Step("tell", "Tell the stakeholders", "Say what was done, and when the next word comes.", message="status")
ROLLBACK = Procedure(
    "rollback-kubectl",
    "Roll back by kubectl",
    (HISTORY, UNDO, WATCH, TELL),
    "The revision before, by name.",
    aborts=("error_rate",),
)
DNS = Procedure(
    "dns-back",
    "DNS back to the old target",
    (Step("record", "Restore the stored record", danger=Danger.DANGEROUS, target="modelmuxer", signal="health"),),
    "The stored record; callers follow within two TTLs.",
)
SEVEN = Procedure(
    "emergency",
    "Emergency: the seven steps",
    tuple(
        Step(name.lower().replace(" ", "-"), name, f"{name}: as the runbook says.", estimate=60.0)
        for name in ("Assess", "Communicate", "Investigate", "Mitigate", "Roll back", "Document", "Post-mortem")
    ),
    "For everything that has no procedure of its own.",
    alerts=({"alertname": "ErrorBudgetBurn"},),
    after=("rollback-helm",),
)
HELM = Procedure(
    "rollback-helm", "Roll back by helm", (TELL,), "In the world of releases.", after=("rollback-kubectl",)
)
LISTING = "REVISION  CHANGE-CAUSE\n39        modelmuxer 2.3.8\n40        modelmuxer 2.3.9\n41        modelmuxer 2.4.1"


def emergency_file(allowed: bool = True, webhook: bool = True) -> CockpitFile:
    """Return the nights' cockpit file with procedures in it."""
    base = go_live_file()
    return msgspec.structs.replace(
        base,
        checklist=msgspec.structs.replace(base.checklist, procedures=(ROLLBACK, HELM, DNS, SEVEN)),
        allow=Allowed(procedures=allowed),
        cluster=Cluster("/home/ana/.kube/prod-eu.yaml", "prod-eu", SERVER),
        messages=(Message("status", "Status", "${environment} ${target}: ${advice}\n${reasons}"),),
        webhook={"env": "HOOK"} if webhook else {},
    )


@made_once
def called(allowed: bool = True, webhook: bool = True) -> GoLive:
    """A night in its last phase with errors: a rollback is advised, two procedures are called for."""
    return _advised(emergency_file(allowed, webhook))


def _advised(file: CockpitFile) -> GoLive:
    night = GoLive(file).watched(620)
    night.ask(commands.RecordBaseline("ana"))
    for reason in ("rehearsed last week", "all hands agree"):
        night.ask(commands.OpenPhase("ana", gate(night.session).phase, reason, override=True)).watched(60)
    return night.watched(180, **BAD)


BAD = {"error_rate": 0.081, "rollout": ROLLOUT, "alerts": ALERTS, "pods_ready": pods(5)}


def argv(step: Step, revision: str = "40") -> tuple[str, ...]:
    """Return a step's command as it runs."""
    known = {"cluster.kubeconfig": "/home/ana/.kube/prod-eu.yaml", "cluster.context": "prod-eu"}
    known["values.revision"] = revision
    words = step.argv
    for name, value in known.items():
        words = tuple(word.replace("${" + name + "}", value) for word in words)
    return words


@made_once
def begun(allowed: bool = True) -> GoLive:
    """The rollback is begun: its first step is ready."""
    return called(allowed).ask(commands.OpenProcedure("ana", "rollback-kubectl"))


@made_once
def by_hand() -> GoLive:
    """The seven steps are begun: the first one is done manually."""
    return called().ask(commands.OpenProcedure("ana", "emergency"))


@made_once
def telling() -> GoLive:
    """A rollback is advised, and the step to be done manually tells the stakeholders."""
    file = emergency_file()
    helm = msgspec.structs.replace(HELM, after=())
    checklist = msgspec.structs.replace(file.checklist, procedures=(ROLLBACK, helm))
    night = _advised(msgspec.structs.replace(file, checklist=checklist))
    return night.ask(commands.OpenProcedure("ana", "rollback-helm"))


@made_once
def closed() -> GoLive:
    """The rollback was begun and given up."""
    return begun().ask(commands.AbandonProcedure("ana", "rollback-kubectl", "helm has it"))


@made_once
def listed() -> GoLive:
    """The history was listed; which revision is for the operator to choose."""
    night = begun().ask(commands.RunStep("ana", "rollback-kubectl", "history", argv(HISTORY), SERVER))
    night.wait(1).tell(
        StepOutput("rollback-kubectl", "history", LISTING),
        StepChanged(
            "rollback-kubectl", "history", StepState.OK, exit=0, ms=412.0, found={"revision": ("39", "40", "41")}
        ),
    )
    return night.watched(10, **BAD)


@made_once
def chosen() -> GoLive:
    """A revision is chosen: the dangerous step is ready."""
    return listed().ask(commands.ChooseValue("ana", "rollback-kubectl", "revision", "40"))


@made_once
def running() -> GoLive:
    """The dangerous step runs and writes."""
    run = commands.RunStep("ana", "rollback-kubectl", "undo", argv(UNDO), SERVER, ("modelmuxer",))
    night = chosen().ask(run).watched(30, **BAD)
    return night.tell(
        StepOutput("rollback-kubectl", "undo", "deployment.apps/modelmuxer rolled back\nwaiting for 4 of 6 pods"),
        StepOutput("rollback-kubectl", "undo", "Warning: image is not pinned by digest [/b]\x1b[31m", error=True),
    ).watched(10, **BAD)


@made_once
def failed() -> GoLive:
    """The dangerous step failed."""
    says = "error: unable to find specified revision 40 in history"
    return running().tell(
        StepOutput("rollback-kubectl", "undo", says, error=True),
        StepChanged("rollback-kubectl", "undo", StepState.FAILED, exit=1, ms=41_200.0),
    )


@made_once
def unknown() -> GoLive:
    """The cockpit died while the dangerous step ran."""
    return running().wait(70).tell(Resumed("ana", "bastion", 70.0)).watched(20, **BAD)
