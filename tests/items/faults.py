"""Faults that happen to a good production and are repaired: which signals have to notice, while all others pass.

Faults of one system happen one after the other, those of different systems at the same time, all in one session.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep

from mmcockpit.core.facts.event import Observed
from mmcockpit.core.model.verdict import Level
from tests.items.item_session import ItemSession

WITHIN_S = 100.0
"""How long a verdict is waited for on a slow machine."""
LOOK_S = 0.1
"""Seconds between two looks at the session."""
Wait = tuple[str, Callable[[], bool]]
Steps = Generator[Wait, None, None]


@dataclass(frozen=True)
class Fault:
    """What happens and is repaired. `says` are the signals that have to notice, the first of them counts the polls.

    `words` must be in that one's text. `touches` may have any verdict meanwhile. `recovers` is false where only an
    operator ends it. `leaves` stay as they are after the repair, because their server counts from its start.
    """

    system: str
    name: str
    deed: Callable[[], object]
    repair: Callable[[], object]
    says: Mapping[str, Level | tuple[Level, ...]]
    words: str = ""
    touches: frozenset[str] = frozenset()
    recovers: bool = True
    leaves: frozenset[str] = frozenset()


@dataclass
class Seen:
    """What the cockpit made of a fault."""

    fault: Fault
    polls: int = 0
    back: int = 0
    said: str = ""
    items: list[str] = field(default_factory=list)
    wrong_green: list[str] = field(default_factory=list)
    wrong_red: list[str] = field(default_factory=list)
    wrong_unknown: list[str] = field(default_factory=list)

    def row(self) -> str:
        """The fault as a row of the table."""
        items = ", ".join(self.items[:3]) + (f" and {len(self.items) - 3} more" if len(self.items) > 3 else "")
        back = f"{self.back}" if self.fault.recovers else "never by itself"
        cells = (
            f"{self.fault.system}: {self.fault.name:<44}",
            f"{items:<60}",
            f"{self.polls:>3}",
            f"{back:>3}",
            self.said,
        )
        return " | ".join(cells)


class Faults:
    """Lets the faults happen in a session whose items all pass, and judges what it shows."""

    def __init__(
        self, asked: ItemSession, good: set[str], faults: Sequence[Fault], over: Callable[[Seen], None]
    ) -> None:
        """`good` are the polled signals that pass before anything happens; `over` is called after each fault."""
        self._asked = asked
        self._faults = faults
        self._active: list[Seen] = []
        self._good = good
        self._slow = set[str]()
        self._over = over
        self.seen: list[Seen] = []

    def run(self) -> list[Seen]:
        """Go through all; return what was seen, in order of the systems."""
        systems = dict.fromkeys(fault.system for fault in self._faults)
        running = [_Course(self._course(system)) for system in systems]
        while running:
            # The engine's thread needs the processor, too.
            sleep(LOOK_S)
            self._asked.watcher.look()
            self._watch()
            running = [course for course in running if course.go_on()]
        return sorted(self.seen, key=lambda one: self._faults.index(one.fault))

    def _course(self, system: str) -> Steps:
        for fault in self._faults:
            if fault.system == system:
                yield from self._happen(fault)

    def _happen(self, fault: Fault) -> Steps:
        seen = Seen(fault)
        self._active.append(seen)
        self.seen.append(seen)
        first = next(iter(fault.says))
        begun = len(self._asked.watcher.events)
        fault.deed()
        yield f"{fault.name}: {', '.join(fault.says)}", lambda: not self._unnoticed(fault)
        seen.wrong_green = [name for name in self._unnoticed(fault) if self._level(name) is Level.PASS]
        seen.polls = self._polls(first, begun)
        seen.said = f"{self._level(first)}: {self._asked.because(first)}"[:150]
        if self._unnoticed(fault):
            seen.said = f"NOT NOTICED by {', '.join(self._unnoticed(fault))}; {seen.said}"
        seen.items = [
            f"{one.title} {self._level(one.signal)}"
            for one in self._asked.items
            if self._level(one.signal) is not Level.PASS and set(self._names(one.signal)) & set(fault.says)
        ]
        begun = len(self._asked.watcher.events)
        fault.repair()
        yield f"{fault.name} is repaired", lambda: self._whole(fault)
        seen.back = self._polls(first, begun)
        if not self._whole(fault):
            left = [name for name in self._kept(fault) if self._level(name) is not Level.PASS and not self._late(name)]
            seen.wrong_red += [f"{name} stays {self._level(name)}: {self._asked.because(name)}"[:200] for name in left]
        self._active.remove(seen)
        self._over(seen)
        self._good -= fault.leaves if fault.recovers else {*fault.says, *fault.leaves}

    def _unnoticed(self, fault: Fault) -> list[str]:
        def right(name: str, wanted: Level | tuple[Level, ...]) -> bool:
            return self._level(name) in (wanted if isinstance(wanted, tuple) else (wanted,))

        first = next(iter(fault.says))
        silent = [name for name, wanted in fault.says.items() if not right(name, wanted)]
        return silent or ([] if fault.words in self._asked.because(first) else [first])

    def _whole(self, fault: Fault) -> bool:
        return all(self._level(name) is Level.PASS for name in self._kept(fault))

    def _kept(self, fault: Fault) -> set[str]:
        """Return what has to pass again after the repair."""
        touched = (set(fault.says) | fault.touches) & self._good - fault.leaves
        return touched if fault.recovers else touched - set(fault.says)

    def _watch(self) -> None:
        """Whatever no fault touches has to keep passing."""
        touched = {name for one in self._active for name in (*one.fault.says, *one.fault.touches)}
        for seen in self._active:
            for name in self._good - touched:
                level = self._level(name)
                where = seen.wrong_red if level in (Level.FAIL, Level.WARN) else seen.wrong_unknown
                late = self._late(name)
                if level is not Level.PASS and not late and name not in str(where):
                    where.append(f"{name} {level}: {self._asked.because(name)}"[:200])

    def _late(self, name: str) -> bool:
        """Return whether a query took too long, as it may on a busy machine; until the signal is decided again."""
        because = self._asked.because(name)
        if because.startswith("timeout") or "no response within" in because:
            self._slow.add(name)
        elif self._level(name) is not Level.UNKNOWN:
            self._slow.discard(name)
        return name in self._slow

    def _names(self, name: str) -> list[str]:
        return [one.name for one in self._asked.members(name)]

    def _level(self, name: str) -> Level:
        return self._asked.level(name)

    def _polls(self, name: str, begun: int) -> int:
        bodies = (event.body for event in self._asked.watcher.events[begun:])
        return sum(isinstance(body, Observed) and body.signal == name for body in bodies)


class _Course:
    """The faults of one system: continues when what it waits for is so, or has not come in time."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._since = monotonic()
        self._waits: Wait | None = None

    def go_on(self) -> bool:
        """Continue as far as possible; False at the end."""
        if self._waits and not self._waits[1]() and monotonic() - self._since < WITHIN_S:
            return True
        self._since = monotonic()
        try:
            self._waits = next(self._steps)
        except StopIteration:
            return False
        return True


def counts(seen: Sequence[Seen]) -> str:
    """The last line of the table."""
    green, red, unknown = (
        sum(len(getattr(one, name)) for one in seen) for name in ("wrong_green", "wrong_red", "wrong_unknown")
    )
    return f"{len(seen)} faults: {green} wrong green, {red} wrong red, {unknown} unknown where the data are there"
