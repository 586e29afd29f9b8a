"""What the Loki probes return."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import ByArguments, Value, field


class LogSeriesValue(Value):
    """One series of a metric query."""

    named_by: ClassVar = ("{labels}",)
    number: ClassVar = "value"
    noun: ClassVar = ("series", "series")

    labels: dict[str, str]
    value: Annotated[float, field("The number, in the unit of the signal.", generic=True)]


class LogLineValue(Value):
    """One line of a log."""

    named_by: ClassVar = ("{line}",)
    noun: ClassVar = ("line", "lines")

    time: Annotated[str, field("RFC 3339.", unit="since", title="age", rank=1)]
    line: Annotated[str, field("Its first 400 characters, credentials struck out.", rank=1)]


class LogLinesValue(Value, kw_only=True):
    """The lines of a window: how many, and the last of them."""

    cells: ClassVar = (Cell("lines: {count}, last {newest_age_s} ago"), Cell("lines: {count}"))

    count: Annotated[int, field("All lines of the window, also those that are not listed.")]
    newest_age_s: Annotated[
        float | UnsetType, field("Of the last line, by the server's clock; left out without lines.", unit="age")
    ] = UNSET
    truncated: Annotated[bool, field("Whether the window has more lines than are listed.")]
    lines: Annotated[list[LogLineValue], field("The last ones, oldest first.")]


QUERY = ByArguments(
    (float | list[LogSeriesValue], list[LogSeriesValue]),
    lambda args: list[LogSeriesValue] if args.each else float | list[LogSeriesValue],
)
