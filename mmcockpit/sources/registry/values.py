"""What the registry probes return."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from mmcockpit.core.model.shape import Cell
from mmcockpit.sources.common.values import Value, field


class TagValue(Value, kw_only=True):
    """A tag and what it points to: one image, or an index of images for several platforms."""

    cells: ClassVar = (Cell("{digest} built {age_s} ago"), Cell("{digest}", when="exists"), Cell("{reason}"))
    causes: ClassVar = ("reason",)
    good: ClassVar = "exists"

    exists: bool
    reason: Annotated[str, field("Why it does not exist, else empty.")]
    digest: Annotated[
        str, field("Of the tag, verified over its bytes; empty if it does not exist.", unit="digest", tracked="changed")
    ]
    digests: Annotated[
        list[str], field("The digest of the tag and those of its images; pods may report either.", unit="digest")
    ]
    created: Annotated[str, field("RFC 3339; empty if it is not known.", shown=False)]
    age_s: Annotated[
        int | UnsetType,
        field("Since it was built, by the server's clock; left out if that is not known.", title="age", unit="age"),
    ] = UNSET
    platforms: Annotated[list[str], field("Such as linux/amd64 or linux/arm64/v8.")]
