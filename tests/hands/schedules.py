"""Random schedules: who does what when, and which faults happen; made by hypothesis from a seed, without shrinking."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

OPERATORS = ("bo", "carla", "dan")
VIEWERS = tuple(f"viewer{number}" for number in range(10))
SEATS = (*OPERATORS, *VIEWERS)
ITEMS = 20
LASTS_S = 12.0
"""Seconds in which people act and faults begin."""


class Deed(StrEnum):
    """What a seat does: a command, with what a person may do in it."""

    NOTE = "note"
    MARK = "mark"
    UNDO = "undo"
    VOTE = "vote"
    HOLD = "hold"
    RELEASE = "release"
    POLL = "poll"
    CONTROLS = "controls"
    GRANT = "grant"
    AGAIN = "again"
    """Submit the latest command once more with its id, as after a broken connection."""


class FaultKind(StrEnum):
    """What happens to a process, to PostgreSQL or to the link of a process to it."""

    DRIVER_KILLED = "driver killed"
    DRIVER_STOPPED = "driver stopped past its lease"
    DRIVER_PAUSED = "driver paused within its lease"
    DRIVER_CUT_OFF = "driver cut off past its lease"
    REPLIES_LOST = "driver's acknowledgements lost"
    SERVER_KILLED = "PostgreSQL killed and restarted"
    SERVER_AWAY = "PostgreSQL away past the lease"
    FAILED_OVER = "failed over to a standby without the last commits"
    SEAT_CUT = "seat cut off"
    SEAT_FROZEN = "seat frozen off"
    SEAT_SLOW = "seat behind a slow link"
    SEAT_STOPPED = "seat stopped"
    SEAT_KILLED = "seat killed"


LONG = frozenset({FaultKind.DRIVER_STOPPED, FaultKind.DRIVER_CUT_OFF, FaultKind.SERVER_AWAY})
"""Faults that last longer than the lease, so that another machine may take over."""
MAJOR = (
    FaultKind.DRIVER_KILLED, FaultKind.DRIVER_STOPPED, FaultKind.DRIVER_PAUSED, FaultKind.DRIVER_CUT_OFF,
    FaultKind.REPLIES_LOST, FaultKind.SERVER_KILLED, FaultKind.SERVER_AWAY, FaultKind.FAILED_OVER,
)  # fmt: skip
MINOR = (
    FaultKind.SEAT_CUT, FaultKind.SEAT_FROZEN, FaultKind.SEAT_SLOW, FaultKind.SEAT_STOPPED, FaultKind.SEAT_KILLED,
)  # fmt: skip


@dataclass(frozen=True)
class Act:
    """A seat does something at a second of the schedule; `detail` chooses the item, the person and the answer."""

    at: float
    seat: str
    deed: Deed
    detail: int


@dataclass(frozen=True)
class Fault:
    """A fault begins at a second of the schedule and lasts; `seat` is whose link or process it is."""

    at: float
    kind: FaultKind
    seat: str
    lasts_s: float


@dataclass(frozen=True)
class Schedule:
    """What happens in one run; `successors` are the operators whose machines try to take over, at once if several."""

    acts: tuple[Act, ...]
    faults: tuple[Fault, ...]
    successors: tuple[str, ...]

    def __str__(self) -> str:
        """Return its faults in a line."""
        faults = ", ".join(f"{fault.kind} at {fault.at:.1f}s" for fault in self.faults)
        return f"{len(self.acts)} commands; {faults}; taken over by {' or '.join(self.successors)}"


_times = st.integers(5, int(LASTS_S * 10)).map(lambda tenth: tenth / 10)
_acts = st.builds(
    Act,
    _times,
    st.sampled_from([*OPERATORS, *OPERATORS, *OPERATORS, *VIEWERS]),
    st.sampled_from(Deed),
    st.integers(0, ITEMS - 1),
)
_minor = st.builds(Fault, _times, st.sampled_from(MINOR), st.sampled_from(SEATS), st.sampled_from([1.0, 3.0, 6.0]))


def _major(kind: FaultKind) -> st.SearchStrategy[Fault]:
    lasts = st.sampled_from([11.0, 12.5, 14.0]) if kind in LONG else st.sampled_from([0.5, 1.5, 3.0, 5.0])
    return st.builds(Fault, st.sampled_from([2.0, 3.0, 4.0, 6.0]), st.just(kind), st.sampled_from(OPERATORS), lasts)


_second = st.builds(
    Fault,
    st.sampled_from([8.0, 9.5, 11.0]),
    st.sampled_from([FaultKind.DRIVER_KILLED, FaultKind.SERVER_KILLED, FaultKind.REPLIES_LOST]),
    st.sampled_from(OPERATORS),
    st.sampled_from([0.5, 1.5, 3.0]),
)


@st.composite
def _schedules(draw: st.DrawFn, kind: FaultKind) -> Schedule:
    faults = [draw(_major(kind)), *draw(st.lists(_second, max_size=1)), *draw(st.lists(_minor, max_size=4))]
    acts = draw(st.lists(_acts, min_size=15, max_size=40))
    successors = draw(st.lists(st.sampled_from(OPERATORS), min_size=1, max_size=3, unique=True))
    ordered = sorted(faults, key=lambda fault: fault.at)
    return Schedule(tuple(sorted(acts, key=lambda act: act.at)), tuple(ordered), tuple(successors))


def schedules(count: int, number: int, kinds: Sequence[FaultKind] = MAJOR) -> list[Schedule]:
    """Return so many schedules of a seed, with the kinds of the first fault by turns."""
    drawn = [_drawn(kind, -(-count // len(kinds)), number + place) for place, kind in enumerate(kinds)]
    return [schedule for turn in zip(*drawn, strict=True) for schedule in turn][:count]


def _drawn(kind: FaultKind, count: int, number: int) -> list[Schedule]:
    drawn: list[Schedule] = []

    @seed(number)
    @settings(max_examples=count + 1, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(_schedules(kind))
    def draw(schedule: Schedule) -> None:
        drawn.append(schedule)

    draw()
    # Hypothesis begins with the simplest example.
    return drawn[1 : count + 1]


def fault_counts(run: Iterable[Schedule]) -> Counter[FaultKind]:
    """Return how often each kind of fault was injected."""
    return Counter(fault.kind for schedule in run for fault in schedule.faults)
