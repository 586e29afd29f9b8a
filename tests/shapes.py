"""The shapes that the shipped probes declare, for tests that make signals without a cockpit file."""

from typing import Any

import msgspec

from mmcockpit import sources
from mmcockpit.config.catalog import CUSTOMARY
from mmcockpit.core.model.shape import Shape
from mmcockpit.core.model.signal import Signal


def shape(kind: str, probe: str, **args: Any) -> Shape:
    """Return the shape of a shipped probe's value; `args` matter only where its value depends on them."""
    described = sources.kind(kind).probes[probe]
    return described.shape(described.args.model_construct(**args))


def with_shapes(signals: tuple[Signal, ...]) -> tuple[Signal, ...]:
    """Return these signals with the shapes of their probes, as config resolves them; sources have customary names."""
    return tuple(
        msgspec.structs.replace(one, shape=shape(CUSTOMARY[one.source], one.probe, **one.args)) for one in signals
    )
