"""A night of the shipped ModelMuxer checklist on test servers: what an incident does to it, counted in polls."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from mmcockpit import sources
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import Advised, Event, ItemChanged, Noted, Observed, Reason
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.states import Advice, State
from mmcockpit.core.state.items import ItemState
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.journal.reader import read
from tests.engine.engine_run import Watcher, running
from tests.items.item_session import shipped

EVERY = "500ms"
MOST_LATE = 13
"""Answers that say it already before the item follows, at the most: those that its persistence needs, and some that a
signal put together of others may lag behind. It counts answers, so that it does not depend on the machine."""


class Seen(NamedTuple):
    """How an item reacted to what was done: its states from then on, and after how many answers of the signal.

    `late` are those of the answers that already had the final state of the item.
    """

    states: str
    polls: int
    late: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.polls} polls, {self.late} of which said so; {self.seconds:.1f} s"


class Night:
    """A running session whose item is observed through one of the signals that it rests on."""

    def __init__(self, watcher: Watcher, journal: Path) -> None:
        self.watcher, self.journal = watcher, journal

    @property
    def session(self) -> Session:
        return self.watcher.session

    def open(self, phase: str) -> None:
        """Open every gate before a phase by force."""
        phases = [one.id for one in self.session.cockpit.checklist.phases]
        for number, name in enumerate(phases[: phases.index(phase)], 1):
            self.watcher.do(commands.OpenPhase("ana", name, "a rehearsal of incidents", override=True))
            self.until(lambda session, number=number: session.phase == number, f"the gate of {name} is passed")

    def item(self, title: str) -> ItemState:
        """Return the first item of this title that a signal decides."""
        return next(one for one in self.session.items.values() if one.item.title == title and one.item.signal)

    def until(self, reached: Any, what: str) -> None:
        """Draw frames until the session is so."""
        self.watcher.until(reached, what)

    def until_state(self, title: str, *states: State) -> None:
        """Draw frames until an item is in one of these states."""
        ids = self.item(title).item.id
        wanted = " or ".join(f"[{state}]" for state in states)
        try:
            self.until(lambda session: session.items[ids].state in states, f"{title} is {wanted}")
        except AssertionError as error:
            state = self.item(title)
            raise AssertionError(f"{error}; it is [{state.state}] because {state.because}") from error

    def mark(self, text: str) -> None:
        """Write down what is done now; the delays count from here."""
        self.watcher.do(commands.AddNote("ana", text, marker=True))
        noted = self._noted
        self.until(lambda _: noted(text) is not None, f"the marker {text} is recorded")

    def since(self, text: str, title: str, signal: str) -> Seen:
        """Return how an item changed since a marker."""
        name = self.item(title).item.id
        changes = [
            event for event in self.after(text) if isinstance(event.body, ItemChanged) and event.body.item == name
        ]
        return self.delay(text, signal, changes)

    def delay(self, text: str, signal: str, changes: Sequence[Event]) -> Seen:
        """Return what is between a marker and the last of these changes, in answers of a signal."""
        marked, last = self._noted(text), changes[-1]
        assert marked is not None
        before = [event.body for event in self.after(text) if event.seq < last.seq]
        polls = [body.verdict for body in before if isinstance(body, Observed) and body.signal == signal]
        late = sum(verdict.raw is polls[-1].level for verdict in polls)
        bodies = [event.body for event in changes if isinstance(event.body, ItemChanged)]
        states = [*(body.was for body in bodies[:1]), *(body.now for body in bodies)]
        said = " ".join(f"[{state}]" for state in states)
        return Seen(said, len(polls), late, last.stamp.at - marked.stamp.at)

    def after(self, text: str) -> list[Event]:
        """Return the facts in the journal after a marker."""
        marked = self._noted(text)
        assert marked is not None
        return [event for event in read(self.journal) if event.seq > marked.seq]

    def advice(self, title: str, level: Advice, *words: str) -> Advised:
        """Wait until the advice is of this level and names the item with all of these words; return it."""

        def named(session: Session) -> bool:
            told = session.advised
            return told is not None and told.advice is level and all(word in self.says(title) for word in words)

        try:
            self.until(named, f"{level} says {', '.join(words)} of {title}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it says {self.session.advised}") from error
        assert self.session.advised is not None
        return self.session.advised

    def says(self, title: str) -> str:
        """Return the advice's text about an item, empty if it does not name it."""
        return next((reason_text(one) for one in self._reasons(title)), "")

    def before(self, title: str) -> str:
        """Return the advice's text about what happened just before, empty if there is none."""
        return next((one.before for one in self._reasons(title)), "")

    def silent(self, title: str) -> None:
        """Wait until no reason of the advice names an item."""
        self.until(lambda _: not self.says(title), f"the advice says nothing of {title}")

    def _reasons(self, title: str) -> list[Reason]:
        name = self.item(title).item.id
        told = self.session.advised.reasons if self.session.advised else ()
        return [one for one in told if one.subject == name]

    def _noted(self, text: str) -> Event | None:
        noted = [event for event in read(self.journal) if isinstance(event.body, Noted) and event.body.text == text]
        return noted[-1] if noted else None


@contextmanager
def night(
    folder: Path,
    sources_: Mapping[str, Any],
    asked: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, Any] | None = None,
    phase: str = "verification",
    **more: Any,
) -> Iterator[Night]:
    """Run the shipped checklist with only the signals in `asked` (with what of them is changed), up to a phase."""
    journal = folder / "session" / "journal.jsonl"
    with running(written(folder, sources_, asked, variables or {}, more), journal) as (_, watcher):
        made = Night(watcher, journal)
        made.until(lambda session: session.opened is not None, "the session is opened")
        made.open(phase)
        yield made


def written(
    folder: Path,
    sources_: Mapping[str, Any],
    asked: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, Any],
    more: Mapping[str, Any],
) -> Cockpit:
    """Write the cockpit file and load it as `run` does."""
    names = shipped().keys()
    assert asked.keys() <= names, f"not in the shipped checklist: {asked.keys() - names}"
    document = {
        "name": "Incidents",
        "environment": "test",
        "checklist": "modelmuxer",
        "layout": "layout.yaml",
        "vars": dict(variables),
        "sources": {name: {**source, "every": EVERY} for name, source in sources_.items()},
        "signals": {name: {"every": EVERY, **asked[name]} if name in asked else "off" for name in sorted(names)},
        "abort": [],
        "readiness": [],
        "baseline": {"over": "5m", "signals": sorted(asked)},
        **more,
    }
    panels = {"name": "one", "panels": {"log": {"kind": "log"}}}
    layout = {**panels, "arrangements": [{"min_width": 0, "columns": [{"slots": ["log"]}]}]}
    (folder / "layout.yaml").write_text(json.dumps(layout), encoding="utf-8")
    # JSON is YAML.
    (folder / "cockpit.yaml").write_text(json.dumps(document), encoding="utf-8")
    return load_cockpit(folder / "cockpit.yaml", sources).cockpit


class Incident(NamedTuple):
    """What happens, the item that has to notice, and the signal whose answers count the delay."""

    name: str
    item: str
    signal: str
    broken: State = State.BAD
    whole: State = State.HOLDING
    advice: Advice = Advice.NO_GO


def go_through(
    session: Night, incident: Incident, deed: Callable[[], Any], repair: Callable[[], Any], *words: str
) -> Advised:
    """Let an incident happen and be repaired; the advice names the item with these words. Prints both."""
    session.until_state(incident.item, incident.whole)
    session.mark(incident.name)
    deed()
    session.until_state(incident.item, incident.broken)
    advised = session.advice(incident.item, incident.advice, *words)
    seen = session.since(incident.name, incident.item, incident.signal)
    says = f"{session.says(incident.item)}; {session.before(incident.item)}"
    session.mark(f"repaired: {incident.name}")
    repair()
    session.until_state(incident.item, incident.whole)
    session.silent(incident.item)
    back = session.since(f"repaired: {incident.name}", incident.item, incident.signal)
    table(incident, f"{seen.states}, then {back.states}", f"{advised.advice}: {says}", str(seen), str(back))
    assert 1 <= seen.late <= MOST_LATE
    assert 1 <= back.late <= MOST_LATE
    return advised


def table(incident: Incident, states: str, advice: str, seen: str, recovered: str) -> None:
    """Print one incident."""
    rows = {
        "incident": incident.name,
        "item": incident.item,
        "states": states,
        "advice": advice,
        "signal": incident.signal,
        "until seen": seen,
        "until recovered": recovered,
    }
    for name, text in rows.items():
        print(f"{name:>15} | {text}")
