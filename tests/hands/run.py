"""One run of a schedule: machines, people and faults in real time, then calm, then the invariants."""

import heapq
import signal
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from tests.hands.chain import read_chain
from tests.hands.database import Database
from tests.hands.driving import Driving
from tests.hands.fork_server import ForkServer
from tests.hands.people import SeatProcess
from tests.hands.schedules import LASTS_S, LONG, SEATS, Fault, FaultKind, Schedule
from tests.hands.world import Store
from tests.servers.links import Links
from tests.servers.together import Together
from tests.servers.wait import PATIENCE_S, wait_until

TICK_S = 0.1


class Run(Together):
    """The processes of one schedule; a context."""

    def __init__(self, schedule: Schedule, folder: Path, forks: ForkServer, store: Store) -> None:
        super().__init__()
        self.schedule = schedule
        self._folder, self._forks, self._store = folder, forks, store
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self.seats: dict[str, SeatProcess] = {}
        self.lost_commits = 0
        self._began = 0.0

    def _start(self) -> None:
        links = self._open.enter_context(Links())
        standby = any(fault.kind is FaultKind.FAILED_OVER for fault in self.schedule.faults)
        database = Database(self._folder / "database", links, self._store.server, standby)
        self.database = self._open.enter_context(database)
        self.driving = Driving(self._folder, self._forks, self._store, self.database, self.schedule.successors)
        self._open.callback(self._end_processes)
        self.driving.begin()
        for name in SEATS:
            machine, door = self.driving.machine(name)
            self.seats[name] = SeatProcess(name, machine, door, self._forks, self.driving.session)
            self.seats[name].join()
        everybody = self.seats.values()
        wait_until(lambda: all(seat.seen for seat in everybody), "every seat has the first facts")

    def play(self) -> None:
        """Let the schedule happen, mend everything, and wait until all is calm."""
        for act in self.schedule.acts:
            self._at(act.at, partial(self.seats[act.seat].act, act))
        for fault in self.schedule.faults:
            self._at(fault.at, partial(self._begin, fault))
        self._began = time.monotonic()
        while self._due or time.monotonic() - self._began < LASTS_S:
            while self._due and self._due[0][0] <= time.monotonic() - self._began:
                heapq.heappop(self._due)[2]()
            self.driving.tick()
            time.sleep(TICK_S)
        self._calm()

    def _at(self, at: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._due, (at, next(self._order), what))

    def _begin(self, fault: Fault) -> None:
        """Inject a fault, and plan its end."""
        end = fault.at + fault.lasts_s
        match fault.kind:
            case FaultKind.DRIVER_KILLED:
                self.driving.kill()
            case FaultKind.DRIVER_STOPPED | FaultKind.DRIVER_PAUSED:
                self._once_over(end, self.driving.stop, fault.kind in LONG)
            case FaultKind.DRIVER_CUT_OFF | FaultKind.REPLIES_LOST:
                self._once_over(end, self.driving.cut_off, fault.kind in LONG)
            case FaultKind.SERVER_KILLED | FaultKind.SERVER_AWAY:
                self.database.kill()
                self._at(end, self.database.restart)
                if fault.kind in LONG:
                    self.driving.rival()
            case FaultKind.FAILED_OVER:
                self._lose_commits(end)
            case _:
                self._seat_fault(fault, end)

    def _once_over(self, end: float, begin: Callable[[bool], Callable[[], None]], past_lease: bool) -> None:
        """Begin a fault of the driver, and mend it at its end: past a lease not before another machine took over."""
        driver, takeovers, mend = self.driving.driver, self.driving.takeovers, begin(past_lease)

        def over() -> None:
            waits = past_lease and self.driving.takeovers == takeovers and self.driving.driver is driver
            if waits and time.monotonic() - self._began < end + PATIENCE_S / 2:
                self._at(time.monotonic() - self._began + TICK_S, over)
            else:
                mend()

        self._at(end, over)

    def _lose_commits(self, end: float) -> None:
        """Let the standby miss commits that no seat has seen, then fail over to it."""
        self.database.stop_streaming()
        for seat in self.seats.values():
            seat.door.freeze()

        def fail_over() -> None:
            # Another fault may have killed the primary.
            before = self.database.commits if self.database.server.running else None
            self.database.fail_over()
            self.lost_commits += (before or self.database.commits) - self.database.commits
            for seat in self.seats.values():
                seat.door.mend()

        self._at(end, fail_over)

    def _seat_fault(self, fault: Fault, end: float) -> None:
        seat = self.seats[fault.seat]
        match fault.kind:
            case FaultKind.SEAT_CUT:
                seat.door.cut()
            case FaultKind.SEAT_FROZEN:
                seat.door.freeze()
            case FaultKind.SEAT_SLOW:
                seat.door.delay(0.3)
            case FaultKind.SEAT_STOPPED:
                child = seat.child
                child.send(signal.SIGSTOP)
                self._at(end, lambda: child.send(signal.SIGCONT))
                return
            case FaultKind.SEAT_KILLED:
                seat.child.kill()
                self._at(end, seat.join)
                return
        self._at(end, seat.door.mend)

    def _calm(self) -> None:
        """Wait until one driver drives and every seat has the same facts as the database."""
        for seat in self.seats.values():
            seat.door.mend()
        self.driving.settle()
        self.driving.returned()
        for seat in self.seats.values():
            if not seat.lives:
                seat.join()
        self.driving.end()
        dsn, session = self.database.dsn, self.driving.session
        head = read_chain(dsn, session).head

        def caught_up() -> bool:
            return all(seat.seen and seat.seen[-1][1] == head for seat in self.seats.values())

        wait_until(caught_up, "every seat has every fact")
        for seat in self.seats.values():
            seat.ask_state()
        wait_until(lambda: all(seat.state for seat in self.seats.values()), "every seat gives its state")

    def _end_processes(self) -> None:
        for seat in self.seats.values():
            if seat.lives:
                seat.child.kill()
        self.driving.end_processes()
