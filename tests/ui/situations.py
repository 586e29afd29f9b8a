"""The ten situations of a go-live in which the screen has to answer in ten seconds, made from facts."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.feed import Feed
from mmcockpit.core.model.checklist import Checklist, Item
from mmcockpit.core.model.cockpit import BaselinePlan, SourceSpec, Window
from mmcockpit.core.model.cockpit import Cockpit as CockpitFile
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.states import Mark
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.state.session import Session
from tests.ui.emergencies import HISTORY, SERVER, argv, emergency_file
from tests.ui.feeds import START, Notebook, pods
from tests.ui.go_lives import ROLLOUT, GoLive, item, made_once
from tests.ui.replays import replay

NO_ANSWER = Fault(FaultKind.TIMEOUT, "no answer within 3 s")
OLD = {**ROLLOUT, "updated": 6, "ready": 6, "available": 6, "complete": True, "reason": "", "revision": "40"}
NEW = {**OLD, "updated": 4, "complete": False, "revision": "41"}
FAILING = {"error_rate": 0.081, "rollout": NEW}
SYSTEMS = ("prometheus", "cluster", "cache", "database", "api", "alertmanager")


def file() -> CockpitFile:
    """Return the cockpit file of the situations: a window of four hours, a baseline, and a point of no return."""
    base = emergency_file()
    return msgspec.structs.replace(
        base,
        checklist=_checklist(base.checklist),
        sources=tuple(SourceSpec(name, name) for name in SYSTEMS),
        window=Window(START, START + 4 * 3600),
        baseline=BaselinePlan(("error_rate", "p95"), 600.0, "deployment"),
    )


def _checklist(base: Checklist) -> Checklist:
    phases = tuple(
        msgspec.structs.replace(
            phase,
            estimate={"Readiness": 3600.0, "Deployment": 1200.0}.get(phase.title, 1800.0),
            sections=tuple(
                msgspec.structs.replace(section, items=tuple(map(_changed, section.items)))
                for section in phase.sections
            ),
        )
        for phase in base.phases
    )
    contacts = tuple(msgspec.structs.replace(one, name="Ana Example") for one in base.contacts)
    return msgspec.structs.replace(base, phases=phases, contacts=contacts)


def _changed(one: Item) -> Item:
    return msgspec.structs.replace(one, no_return=True) if one.title == "DNS Cutover" else one


def fresh_start() -> GoLive:
    """The session has been open for two seconds; nothing was polled."""
    return GoLive(file()).wait(2)


@made_once
def ticking() -> GoLive:
    """Everything responds; an operator ticks."""
    night = GoLive(file()).good(rollout=OLD).watched(120, rollout=OLD)
    return night.ask(commands.MarkItem("ana", item("Secrets Management")))


@made_once
def one_signal_failing() -> GoLive:
    """The database has too many connections."""
    full = {"connections": 190, "max_connections": 200, "share": 0.95, "idle_in_transaction": 2, "longest_s": 4.2}
    return ticking().watched(60, pg_connections=full, rollout=OLD)


@made_once
def a_source_down() -> GoLive:
    """Prometheus has not responded for 40 seconds."""
    silent = dict.fromkeys(("error_rate", "p95", "rps"), NO_ANSWER)
    night = _deployed().watched(60, rollout=NEW)
    return night.watched(50, **silent, rollout=NEW)


@made_once
def a_settle_time() -> GoLive:
    """All ticks of the first phase are given; one item settles for some more minutes."""
    return _ticked(GoLive(file()).good(rollout=OLD).watched(620, rollout=OLD))


@made_once
def gate_ready() -> GoLive:
    """Everything that the first gate requires is satisfied."""
    night = a_settle_time().ask(commands.RecordBaseline("ana"))
    return night.watched(300, rollout=OLD)


@made_once
def rollback_advised() -> GoLive:
    """The new version fails for longer than its abort rule allows."""
    return _deployed().wait(60).good(rollout=NEW).watched(30, rollout=NEW).watched(180, **FAILING)


def rollback_running() -> GoLive:
    """The first step of the rollback is running."""
    night = rollback_advised().ask(commands.OpenProcedure("ana", "rollback-kubectl"))
    night.ask(commands.RunStep("ana", "rollback-kubectl", "history", argv(HISTORY), SERVER))
    return night.wait(4)


@made_once
def past_no_return() -> GoLive:
    """DNS points to the new version, which then fails."""
    night = _deployed().watched(60, rollout=OLD, pods_ready=pods(6))
    night.ask(commands.OpenPhase("ana", gate(night.session).phase, "agreed", override=True))
    night.ask(commands.MarkItem("ana", item("DNS Cutover")))
    return night.watched(180, **FAILING | {"rollout": OLD})


@made_once
def _deployed() -> GoLive:
    night = gate_ready()
    return night.ask(commands.OpenPhase("ana", gate(night.session).phase))


def _ticked(night: GoLive) -> GoLive:
    """Give every tick of the open phase, and the second person's agreement where one is needed."""
    for one in _manual(night.session):
        night.ask(commands.MarkItem("ana", one.id, "seen"))
        if one.approvals > 1:
            night.ask(commands.MarkItem("bo", one.id, mark=Mark.VERIFY))
    return night


def _manual(session: Session) -> list[Item]:
    return [one for one in session.cockpit.checklist.phases[session.phase].items if one.mode != "sensed"]


SITUATIONS: dict[str, Callable[[], GoLive]] = {
    "fresh start": fresh_start,
    "ticking": ticking,
    "one signal failing": one_signal_failing,
    "a source down": a_source_down,
    "a settle time": a_settle_time,
    "gate ready": gate_ready,
    "rollback advised": rollback_advised,
    "rollback running": rollback_running,
    "past no return": past_no_return,
    "replay at an alarm": rollback_advised,
}


def feed_of(name: str, folder: Path) -> Feed:
    """Return the feed of a situation; that of the replay is stopped at the alarm."""
    night = SITUATIONS[name]()
    if name != "replay at an alarm":
        return night.feed(Notebook())
    feed, _ = replay(folder, night.events, playing=False)
    while feed.transport.jump("alarm", 1):
        pass
    return feed
