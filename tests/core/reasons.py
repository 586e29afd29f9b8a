"""Reasons of an advice as short labels, to compare them in tests."""

from collections.abc import Iterable

from mmcockpit.core.facts.reasons import Coverage


def label(reason: Coverage) -> str:
    """Return what a reason is about: `item open ready/s/errors`, `abort rule failed rate deployment 10`."""
    state = reason.state.name.lower() if reason.state is not None else ""
    seconds = f"{reason.for_s:g}" if reason.for_s else ""
    return " ".join(filter(None, [reason.kind, state, reason.subject, reason.phase, seconds]))


def labels(reasons: Iterable[Coverage]) -> list[str]:
    """Return the labels of reasons, in their order."""
    return [label(reason) for reason in reasons]
