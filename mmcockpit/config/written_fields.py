"""The fields of a cockpit that its file gives as they are."""

from typing import Any

from mmcockpit.config.models.cockpit import CockpitFile
from mmcockpit.core.model.cockpit import Anchor, Window


def as_written(entry: CockpitFile) -> dict[str, Any]:
    """Return these fields by name, for the resolved cockpit."""
    return {
        "name": entry.name,
        "environment": entry.environment,
        "t0": entry.t0,
        "window": Window(entry.window.start, entry.window.end) if entry.window else None,
        "poll": entry.poll,
        "handovers": tuple(sorted(entry.handovers)),
        "anchor": Anchor(entry.anchor.key, entry.anchor.namespace) if entry.anchor else None,
    }
