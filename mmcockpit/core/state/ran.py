"""Which images ran in production during the session, and whether the abort rules' signals passed meanwhile."""

from dataclasses import dataclass
from typing import Any

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.shape import Shape

RAN_KEPT = 32


@dataclass(slots=True)
class Ran:
    """A time in which a signal reported an image.

    `passed` is when signals of abort rules last passed in it and none failed, `failed` when one of them last failed.
    """

    image: str
    first: Stamp
    last: Stamp
    passed: Stamp | None = None
    failed: Stamp | None = None

    @property
    def good(self) -> bool:
        """Whether the signals passed, and have not failed since."""
        return self.passed is not None and (self.failed is None or self.failed.at < self.passed.at)


def image_in(value: Any, shape: Shape) -> str:
    """Return the running image in a value whose shape declares one; empty if there is none."""
    if not isinstance(value, dict):
        return ""
    key = shape.key_of("image")
    image = value.get(key) if key else None
    return image if isinstance(image, str) else ""


def reported(times: list[Ran], image: str, stamp: Stamp, passing: bool, failing: bool) -> None:
    """Add a reading of the running image to the times of a signal."""
    if not times or times[-1].image != image:
        times.append(Ran(image, stamp, stamp))
        del times[:-RAN_KEPT]
    ran = times[-1]
    ran.last = stamp
    if passing:
        ran.passed = stamp
    if failing:
        ran.failed = stamp
