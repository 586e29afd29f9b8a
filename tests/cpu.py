"""CPU time in a unit of the machine, so that a busy machine fails no test."""

from collections.abc import Callable
from time import process_time


def million_steps() -> float:
    """Return the CPU time of an empty loop of a million steps, in seconds."""
    began = process_time()
    for _ in range(1_000_000):
        pass
    return process_time() - began


def loops(work: Callable[[], object]) -> float:
    """Return the CPU time of some work in loops of a million steps: a busy machine makes both slower."""
    before, began = million_steps(), process_time()
    work()
    spent = process_time() - began
    return spent / max(before, million_steps())
