"""Runs schedules, several at a time, and counts what they did and what they violated."""

import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from tests.hands.chain import Chain, chain_violations, command_violations, read_chain
from tests.hands.fork_server import ForkServer
from tests.hands.invariants import (
    acknowledged_violations,
    local_violations,
    origin_violations,
    seat_violations,
    tail_violations,
)
from tests.hands.run import Run
from tests.hands.schedules import FaultKind, Schedule, fault_counts
from tests.hands.world import Store

MOST_SHOWN = 10


@dataclass(frozen=True)
class Outcome:
    """What one schedule did: counts of what happened, and what it violated."""

    number: int
    schedule: Schedule
    violations: Sequence[str]
    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        """Return the schedule and what it violated."""
        counts = ", ".join(f"{count} {what}" for what, count in self.counts.items())
        lines = [f"schedule {self.number}: {self.schedule}", f"  {counts}; violations: {len(self.violations)}"]
        return "\n".join([*lines, *(f"  VIOLATION {what}" for what in self.violations[:MOST_SHOWN])])


def run_all(
    chosen: Sequence[Schedule], folder: Path, at_once: int, report: Callable[[Outcome], None] = lambda outcome: None
) -> list[Outcome]:
    """Run the schedules; `report` gets each outcome as it comes."""
    with ForkServer() as forks, Store(folder / "store") as store, ThreadPoolExecutor(at_once) as pool:
        running = {
            pool.submit(_run, number, schedule, folder / f"schedule-{number}", forks, store): (number, schedule)
            for number, schedule in enumerate(chosen)
        }
        outcomes = []
        for ended in as_completed(running):
            if (error := ended.exception()) is not None:
                # Whatever a schedule could not do is a violation of it; the others continue.
                outcome = Outcome(*running[ended], ["".join(traceback.format_exception(error))])
            else:
                outcome = ended.result()
            outcomes.append(outcome)
            report(outcome)
        return outcomes


def _run(number: int, schedule: Schedule, folder: Path, forks: ForkServer, store: Store) -> Outcome:
    with Run(schedule, folder, forks, store) as run:
        run.play()
        chain = read_chain(run.database.dsn, run.driving.session)
        return Outcome(number, schedule, list(_violations(run, chain)), _counts(run, chain))


def _violations(run: Run, chain: Chain) -> Iterator[str]:
    seats = list(run.seats.values())
    yield from run.driving.surprises
    if (head := run.driving.shared_head()) != chain.head:
        yield f"`verify --shared` prints the head {head} instead of {chain.head}"
    yield from chain_violations(chain)
    yield from command_violations(chain)
    yield from acknowledged_violations(chain, seats)
    yield from seat_violations(chain, seats)
    yield from origin_violations(chain, seats)
    yield from tail_violations(chain, run.driving.left_behind)
    yield from local_violations(chain, run.driving.verified(), run.driving.last_journal)


def _counts(run: Run, chain: Chain) -> Counter[str]:
    return Counter(
        {
            "facts": len(chain.events),
            "commits": len(chain.chunks),
            "commands decided": len({event.command_id for event in chain.events if event.command_id}),
            "commits lost by failovers": run.lost_commits,
            "takeovers": run.driving.takeovers,
            "takeovers refused": run.driving.refused,
            "facts acknowledged to seats": sum(len(seat.seen) for seat in run.seats.values()),
        }
    )


def summary(outcomes: Sequence[Outcome], seed: int) -> str:
    """Return counts of schedules, of faults by kind, of what happened, and of violations."""
    faults = fault_counts(outcome.schedule for outcome in outcomes)
    total: Counter[str] = sum((outcome.counts for outcome in outcomes), Counter())
    violations = sum(len(outcome.violations) for outcome in outcomes)
    lines = [f"{faults[kind]:6} {kind}" for kind in FaultKind]
    lines += [f"{count:6} {what}" for what, count in total.items()]
    ended = f"{len(outcomes)} schedules (seed {seed}), {faults.total()} faults, {violations} violations"
    return "\n".join([*lines, ended])
