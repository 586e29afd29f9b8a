"""Small sessions to test with, and the events that make them."""

from mmcockpit.core import event as facts
from mmcockpit.core.checklist import Checklist, Item, Mode, Phase, Section
from mmcockpit.core.clock import Stamp
from mmcockpit.core.cockpit import Cockpit, SourceSpec
from mmcockpit.core.event import AnyBody, Event, SessionMode
from mmcockpit.core.evolve import evolve
from mmcockpit.core.judge import judge
from mmcockpit.core.layout import Layout
from mmcockpit.core.reading import Answer, Reading
from mmcockpit.core.session import Session
from mmcockpit.core.signal import Rule, Signal

START = 1_796_522_400.0
"""2026-12-06T02:00:00Z"""


def item(phase: str, section: str, title: str, number: int, mode: Mode = Mode.MANUAL, signal: str = "") -> Item:
    """Return an item whose id is made of its phase, section and title."""
    return Item(f"{phase}/{section}/{title}".lower().replace(" ", "-"), number, title, mode=mode, signal=signal)


def cockpit(*signals: Signal) -> Cockpit:
    """Return a cockpit of two phases: manual, sensed and attested items, then an ordered section."""
    first = (
        item("ready", "core", "Audit", 1),
        item("ready", "core", "Errors", 2, Mode.SENSED, "error_rate"),
        item("ready", "core", "Access", 3, Mode.ATTESTED, "access"),
    )
    steps = (item("cutover", "steps", "DNS", 4), item("cutover", "steps", "Traffic", 5))
    checklist = Checklist(
        "small",
        "Small",
        (
            Phase("ready", "Ready", (Section("core", "Core", first),)),
            Phase("cutover", "Cutover", (Section("steps", "Steps", steps, ordered=True),)),
        ),
    )
    shipped = {
        "error_rate": Signal(
            "error_rate",
            "5xx share",
            "prometheus",
            "query",
            {"query": "up"},
            Rule("value < 0.01", "value < 0.05", 3, 3, numeric=True),
            unit="ratio",
        ),
        "access": Signal("access", "Access", "cluster", "get", {"name": "x"}, Rule("value.exists")),
    }
    shipped.update({signal.name: signal for signal in signals})
    sources = (SourceSpec("prometheus", "prometheus"), SourceSpec("cluster", "kubernetes"))
    return Cockpit("Small", "staging", checklist, tuple(shipped.values()), Layout("none", ()), sources)


class Story:
    """A session under test: facts are told one after the other, a second apart unless said otherwise."""

    def __init__(self, told: Cockpit | None = None) -> None:
        self.session = Session()
        self.events: list[Event] = []
        self.at = 0.0
        self.tell(facts.Opened("s1", "0", "ana", "here", SessionMode.LIVE, told or cockpit()))

    @property
    def now(self) -> Stamp:
        """This moment of the story."""
        return Stamp(self.at, START + self.at)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.at = round(self.at + seconds, 3)

    def tell(self, *bodies: AnyBody) -> None:
        """Make facts true."""
        for body in bodies:
            event = Event(self.session.seq + 1, self.now, body)
            self.events.append(event)
            evolve(self.session, event)

    def answer(self, signal: str, answer: Answer | float) -> None:
        """Let a signal answer, judge the answer as the engine does, and let a second pass."""
        given = Reading(answer) if isinstance(answer, int | float) else answer
        definition = self.session.signals[signal].signal
        verdict = judge(definition, given, self.session, self.now)
        self.tell(facts.Observed(signal, given, verdict, 1.0))
        self.wait(1)
