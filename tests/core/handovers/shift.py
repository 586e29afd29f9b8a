"""A session at the end of a shift: something of everything that a handover has to name."""

from typing import Any

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.checklist import Hold
from mmcockpit.core.model.cockpit import Allowed, BaselinePlan, Cockpit, Person
from mmcockpit.core.model.procedure import Procedure, Step
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.model.states import Mark
from tests.core.sessions import BAD, GOOD, Story, attested, manual, number, plan, sensed
from tests.shapes import shape

DAY_S = 86_400.0
RESTART = Procedure("restart", "Restart the cache", (Step("drain", "Drain it"), Step("start", "Start it")))
FIRING = {
    "name": "ErrorBudgetBurn",
    "severity": "critical",
    "state": "active",
    "since": "2026-12-06T02:10:00Z",
    "summary": "",
    "labels": {"alertname": "ErrorBudgetBurn"},
}
SILENCED = {**FIRING, "name": "RedisMemoryHigh", "state": "silenced", "labels": {"alertname": "RedisMemoryHigh"}}
ALERTS = Signal(
    "alerts",
    "Alerts",
    "alertmanager",
    "alerts",
    rule=Rule("value.size() == 0", empty="value"),
    shape=shape("alertmanager", "alerts"),
    stale_after=3600.0,
)


def shift_file(**more: Any) -> Cockpit:
    """Return the cockpit file of the shift: the last phase has the settle times of a day."""
    items = (
        manual("audit"),
        sensed("access"),
        manual("backup"),
        manual("docs"),
        manual("deploy", "deployment"),
        sensed("stability", "cutover", hold=Hold(60.0, DAY_S)),
        sensed("errors", "cutover", hold=Hold(60.0, DAY_S)),
        attested("users", "cutover", hold=Hold(60.0, DAY_S)),
        manual("debrief", "cutover"),
    )
    numbered = tuple(msgspec.structs.replace(item, number=n + 1) for n, item in enumerate(items))
    given = {
        "signals": (msgspec.structs.replace(number("latency"), title="p95 latency", unit="ms"), ALERTS),
        "procedures": (RESTART,),
        "people": (Person("ana", "conductor"), Person("bo", "database"), Person("carla", "support")),
        "baseline": BaselinePlan(("latency",), 600.0, "deployment"),
        "allow": Allowed(procedures=True),
        "handovers": (8 * 3600.0, 20 * 3600.0),
    }
    return plan(*numbered, **{**given, **more})


def polled(story: Story, **answers: float) -> None:
    """Poll the signals of the last phase and of access; what `answers` does not name passes."""
    for name in ("access", "stability", "errors", "users"):
        story.see(name, answers.get(name, GOOD), every=0.0)


def last_phase(**more: Any) -> Story:
    """Return the session in its last phase: one item is overridden, one deferred, everything settles."""
    story = Story(shift_file(**more))
    for _ in range(12):
        polled(story)
        story.see("latency", GOOD, every=5.0)
    story.do(commands.RecordBaseline("ana"))
    story.do(commands.MarkItem("ana", "ready/s/audit"))
    override = commands.MarkItem("ana", "ready/s/backup", "restored by hand", Mark.OVERRIDE, for_s=7200.0)
    story.do(override)
    story.do(commands.MarkItem("ana", "ready/s/docs", "after the go-live", Mark.DEFER))
    story.go()
    story.do(commands.MarkItem("ana", "deployment/s/deploy"))
    story.go()
    for _ in range(3):
        polled(story)
        story.wait(10)
    return story


def troubled() -> Story:
    """Return the session a little later: a regression, an alert, an open procedure, a hold."""
    story = last_phase()
    story.see("alerts", Reading([FIRING, SILENCED]))
    story.see("access", BAD, BAD, BAD)
    story.do(commands.OpenProcedure("ana", "restart"))
    story.do(commands.HoldSession("ana", True, "wait for the database"))
    story.wait(600)
    return story
