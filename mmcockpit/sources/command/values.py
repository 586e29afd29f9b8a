"""What the command probe returns."""

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from mmcockpit.sources.common.values import Value, field


class RunValue(Value):
    """The end of a command."""

    exit: Annotated[int, field("Negative for a program that a signal ended.")]
    stdout: Annotated[str, field("Its first 4096 characters.")]
    stderr: Annotated[str, field("Its first 4096 characters.")]
    ms: Annotated[float, field("How long it ran.", title="duration", unit="ms")]
    truncated: Annotated[bool, field("Whether it printed more than 64 KiB.")]
    json: Annotated[Any | UnsetType, field("Its output, where JSON was requested and is valid.", generic=True)] = UNSET
