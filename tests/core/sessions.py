"""Small sessions to test with, and the events that make them."""

from typing import Any

import msgspec

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.decide import decide
from mmcockpit.core.decide.elapse import elapse
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event, SessionMode, State
from mmcockpit.core.model.checklist import Checklist, Item, Mode, Phase, Section
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.layout import Layout
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.advice import coverage
from mmcockpit.core.rules.gate import gate
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.state.evolve import evolve
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.refusals import refusal_words

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


PHASES = ("ready", "deployment", "cutover")
GOOD, WARNS, BAD = 0.0, 2.0, 9.0
"""What passes, warns and fails the rule of `number`."""
GONE = Fault(FaultKind.REFUSED, "gone")


def number(name: str, **rule: Any) -> Signal:
    """Return a signal whose value is a number: below 1 passes, below 5 warns."""
    made = Rule("value < 1.0", "value < 5.0", numeric=True)
    return Signal(
        name, name, "prometheus", "query", {"query": name}, msgspec.structs.replace(made, **rule), stale_after=20.0
    )


def plan(*items: Item, signals: tuple[Signal, ...] = (), ordered: bool = False, **more: Any) -> Cockpit:
    """Return a cockpit of the phases of PHASES with these items; signals that they name are numbers unless given."""
    named = {item.signal: number(item.signal) for item in items if item.signal}
    named.update({signal.name: signal for signal in signals})
    phases = tuple(
        Phase(one, one.title(), (Section("s", "S", tuple(i for i in items if i.id.startswith(f"{one}/")), ordered),))
        for one in PHASES
    )
    sources = (SourceSpec("prometheus", "prometheus"),)
    contacts, procedures = more.pop("contacts", ()), more.pop("procedures", ())
    checklist = Checklist("night", "Night", phases, procedures, contacts)
    return Cockpit("Night", "staging", checklist, tuple(named.values()), Layout("none", ()), sources, **more)


def manual(title: str, phase: str = "ready", **more: Any) -> Item:
    """Return a manual item `PHASE/s/TITLE`."""
    return Item(f"{phase}/s/{title}", 1, title, **more)


def sensed(title: str, phase: str = "ready", **more: Any) -> Item:
    """Return a sensed item `PHASE/s/TITLE` whose signal has the same name."""
    return Item(f"{phase}/s/{title}", 1, title, **{"mode": Mode.SENSED, "signal": title, **more})


def attested(title: str, phase: str = "ready", **more: Any) -> Item:
    """Return an attested item `PHASE/s/TITLE` whose signal has the same name."""
    return sensed(title, phase, mode=Mode.ATTESTED, **more)


class Story:
    """A session under test: facts follow one another, by default a second apart."""

    def __init__(self, told: Cockpit | None = None) -> None:
        self.session = Session()
        self.events: list[Event] = []
        self.at = 0.0
        self.tell(facts.Opened("s1", "0", "ana", "here", SessionMode.LIVE, told or cockpit(), facts.SCHEMA))

    @property
    def now(self) -> Stamp:
        """This moment of the story."""
        return Stamp(self.at, START + self.at)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.at = round(self.at + seconds, 3)

    @property
    def phase(self) -> str:
        """The id of the open phase."""
        return gate(self.session).phase

    def decided(self, accept: bool, reason: str, by: str = "ana") -> commands.DecideAdvice:
        """Return the command that decides the present advice."""
        self.settle()
        said = self.session.advised
        assert said is not None
        return commands.DecideAdvice(by, said.advice, coverage(said.reasons), accept, reason)

    def tell(self, *bodies: AnyBody) -> None:
        """Make facts true."""
        for body in bodies:
            event = Event(self.session.seq + 1, self.now, body)
            self.events.append(event)
            evolve(self.session, event)

    def answer(self, signal: str, answer: Answer | float) -> None:
        """Let a signal answer, judge the answer as the engine does, and let a second pass."""
        self._answer(signal, answer)
        self.wait(1)

    def _answer(self, signal: str, answer: Answer | float) -> None:
        given = Reading(answer) if isinstance(answer, int | float) else answer
        definition = self.session.signals[signal].signal
        verdict = judge(definition, given, self.session, self.now)
        self.tell(facts.Observed(signal, given, verdict, 1.0))

    def settle(self) -> list[AnyBody]:
        """Make true what time and verdicts change by themselves, and return it."""
        told: list[AnyBody] = []
        for _ in range(10):
            changes = elapse(self.session, self.now)
            if not changes:
                return told
            self.tell(*changes)
            told += changes
        raise AssertionError(f"the session does not settle: {changes}")

    def see(self, signal: str, *answers: Answer | float, every: float = 1.0) -> None:
        """Let a signal answer, each time followed by what that changes and `every` seconds."""
        for answer in answers:
            self._answer(signal, answer)
            self.settle()
            self.wait(every)

    def do(self, command: commands.AnyCommand) -> list[AnyBody]:
        """Obey a command, let what it changes follow, let a second pass; return the command's own facts."""
        self.settle()
        bodies = decide(self.session, command, self.now)
        self.tell(*bodies)
        self.settle()
        self.wait(1)
        return bodies

    def refusal(self, command: commands.AnyCommand) -> str:
        """Obey a command that has to be refused, and return why it was."""
        (body,) = self.do(command)
        assert isinstance(body, facts.Refused)
        return refusal_words(body.refusal)

    def state(self, item: str) -> State:
        """Return the state of an item: by its id, or by its title in the first section of any phase."""
        ids = [one for one in self.session.items if item in (one, one.rsplit("/", 1)[-1])]
        return self.session.items[ids[0]].state

    def go(self, reason: str = "") -> facts.PhaseChanged:
        """Pass the gate of the open phase, by force where there is a reason."""
        (body,) = self.do(commands.OpenPhase("ana", self.phase, reason, override=bool(reason)))
        assert isinstance(body, facts.PhaseChanged), body
        return body
