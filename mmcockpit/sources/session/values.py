"""What the session probes return."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field


class BaselineValue(Value):
    """The baseline."""

    recorded: Annotated[bool, field("Whether every signal has one that needs it.")]
    signals: Annotated[list[str], field("Signals with a baseline.")]
    missing: Annotated[list[str] | UnsetType, field("Signals that need one and have none.")] = UNSET


class WindowValue(Value):
    """The maintenance window."""

    configured: Annotated[bool, field("Whether the cockpit file has one.")]
    inside: Annotated[bool, field("Whether it is now.")]


class MembersValue(Value):
    """The members of a combination, by name."""

    cells: ClassVar = (Cell("{passing:count} of {passing+failing+unknown:count} pass"),)

    passing: list[str]
    failing: Annotated[list[str], field("Members that fail or warn.")]
    warning: Annotated[list[str] | UnsetType, field("Those of the failing that only warn.")] = UNSET
    unknown: Annotated[list[str] | UnsetType, field("Left out if there are none.")] = UNSET
