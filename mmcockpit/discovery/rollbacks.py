"""Which abort rules queue which rollback, and which signal shows that a rollback helped."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from mmcockpit.discovery.findings import FoundSignal, FoundUse

_OTHER = re.compile(r"[^a-z0-9]+")


def queued_by(uses: Sequence[FoundUse], aborts: Sequence[FoundSignal]) -> dict[str, tuple[str, ...]]:
    """Return the procedures of packs by id, with the names of the abort rules' signals that queue them."""
    queued: dict[str, tuple[str, ...]] = {}
    for use in uses:
        signals = tuple(signal.name for signal in aborts if use in _rollbacks(signal, uses))
        queued |= dict.fromkeys(use.procedures, signals) if signals else {}
    return queued


def confirmed(uses: Sequence[FoundUse], aborts: Sequence[FoundSignal]) -> Iterator[FoundUse]:
    """Yield the packs; the first abort rule that queues a rollback also shows whether it helped."""
    queued = queued_by(uses, aborts)
    for use in uses:
        signals = queued.get(use.procedures[0], ()) if use.procedures else ()
        variables = {**use.options.get("vars", {}), **({"confirmed_by": signals[0]} if signals else {})}
        yield msgspec.structs.replace(use, options={**use.options, "vars": variables})


def _rollbacks(signal: FoundSignal, uses: Sequence[FoundUse]) -> list[FoundUse]:
    """Return the rollbacks that a signal queues: that of the workload with the longest name that it begins with.

    A signal that names none of the workloads queues all rollbacks.
    """
    named = [use for use in uses if f"{signal.name}_".startswith(f"{_name(use)}_")]
    longest = max((len(_name(use)) for use in named), default=0)
    return [use for use in named if len(_name(use)) == longest] or list(uses)


def _name(use: FoundUse) -> str:
    return _OTHER.sub("_", use.subject.lower()).strip("_")
