"""`python -m tests.hands --schedules N --seed S`: random schedules of faults on a shared session; prints the counts."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.hands.outcome import Outcome, run_all, summary
from tests.hands.schedules import MAJOR, FaultKind, schedules


def main() -> int:
    """Run the schedules; 1 if any of them violated an invariant."""
    parser = argparse.ArgumentParser(prog="python -m tests.hands", description=__doc__)
    parser.add_argument("--schedules", type=int, default=16, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same schedules")
    parser.add_argument("--at-once", type=int, default=3, help="how many run at the same time")
    parser.add_argument("--only", metavar="FAULT", help="the first fault of every schedule, such as 'driver killed'")
    parser.add_argument("--folder", type=Path, help="where their files stay; default: a temporary folder")
    options = parser.parse_args()
    kinds = [FaultKind(options.only)] if options.only else MAJOR
    chosen = schedules(options.schedules, options.seed, kinds)
    with tempfile.TemporaryDirectory() as temporary:
        outcomes = run_all(chosen, options.folder or Path(temporary), options.at_once, show)
    print(summary(outcomes, options.seed))
    return int(any(outcome.violations for outcome in outcomes))


def show(outcome: Outcome) -> None:
    """Print what a schedule did as soon as it is over."""
    print(outcome, flush=True)


if __name__ == "__main__":
    sys.exit(main())
