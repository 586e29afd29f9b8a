"""What the file probes return."""

from typing import Annotated, Any, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field


class StatValue(Value):
    """A file or a folder; if it does not exist, the other fields are left out."""

    cells: ClassVar = (Cell("exists", when="exists"), Cell("does not exist"))

    exists: Annotated[bool, field(alarm=False, alarm_text="does not exist", alone=True)]
    kind: Annotated[str | UnsetType, field("file, folder or other (a device, a pipe).")] = UNSET
    size: Annotated[int | UnsetType, field("Of a file.", unit="bytes")] = UNSET
    entries: Annotated[int | UnsetType, field("Of a folder.")] = UNSET
    modified: Annotated[float | UnsetType, field("Unix seconds.", shown=False)] = UNSET
    age_s: Annotated[int | UnsetType, field("Seconds since then by this machine's clock.")] = UNSET
    sha256: Annotated[str | UnsetType, field("Of a file of at most 64 MiB.")] = UNSET


JSON = Any
"""The file's JSON value, or the selected paths by name; {exists: false} if there is no file."""
