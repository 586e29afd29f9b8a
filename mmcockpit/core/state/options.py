"""The values that an operator chooses from: their details, which one is in use, which one is preselected."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.procedure import Capture
from mmcockpit.core.state.procedure_runs import ProcedureRun, capture_of, marks_of, running
from mmcockpit.core.state.releases.running_images import SeenImages


class Option(msgspec.Struct, frozen=True):
    """One value to choose; `running` is the one in use now, `failed` one given up before.

    `details` are the texts beside the value, by the names of the pattern's groups; `image` to `bad` are those with a
    meaning. `passed` is when the session last saw its image run while the abort rules' signals passed; `broken` is set
    where it saw the image run and fail.
    """

    value: str
    details: Mapping[str, str] = {}
    running: bool = False
    failed: bool = False
    same: bool = False
    """It has the same differing detail as the value in use, for example the same image, or runs the image of now."""
    image: str = ""
    cause: str = ""
    since: str = ""
    good: str = ""
    bad: str = ""
    passed: Stamp | None = None
    broken: bool = False

    @property
    def proven(self) -> bool:
        """Whether it is known to have been good: by its own listing, or because the session saw it run well."""
        return bool(self.good) or self.passed is not None

    @property
    def usable(self) -> bool:
        """Whether nothing is known against it: it is not in use, not given up, and not known to fail."""
        return not (self.running or self.failed or self.same or self.bad or self.broken) and bool(self.value)


NOTHING_SEEN = SeenImages()


def options(run: ProcedureRun, name: str, seen: SeenImages = NOTHING_SEEN) -> tuple[Option, ...]:
    """Return the values to choose from, newest first."""
    values, capture = run.found.get(name, ()), capture_of(run, name)
    known = dict(zip(values, run.details.get(name, ()), strict=False))
    current = running(values, capture)
    differs = capture.differs if capture else ""
    now = known.get(current, {}).get(differs, "")
    left = set(run.left.get(name, ())) - {now}
    choices = [
        _seen(
            Option(
                value,
                known.get(value, {}),
                running=value == current,
                failed=value != current and not left.isdisjoint(marks_of(run, name, value)),
                same=value != current and bool(now) and known.get(value, {}).get(differs) == now,
                **_details(known.get(value, {}), capture),
            ),
            seen,
        )
        for value in values
    ]
    numbers = all(value.isascii() and value.isdecimal() for value in values)
    return tuple(sorted(choices, key=lambda choice: -int(choice.value)) if numbers else reversed(choices))


def _details(texts: Mapping[str, str], capture: Capture | None) -> dict[str, Any]:
    """Return the texts of the groups that have a meaning, by their meanings."""
    meant = ((capture.meaning(group), text) for group, text in texts.items()) if capture else ()
    return {str(meaning): text for meaning, text in meant if meaning is not None}


def _seen(option: Option, seen: SeenImages) -> Option:
    """Return an option with what the session saw of its image; a list of images has one for each container."""
    images = option.image.split(",")
    ran = [one for one in seen.times if one.image in images]
    passed = [one.passed for one in ran if one.good and one.passed is not None]
    return msgspec.structs.replace(
        option,
        same=option.same or (not option.running and not seen.now.isdisjoint(images)),
        passed=max(passed, key=lambda stamp: stamp.at, default=None),
        broken=not passed and any(one.failed is not None for one in ran),
    )


def preselected(offered: Sequence[Option]) -> str:
    """Return the value that is offered first: the newest one that is known to have been good; empty if there is none.

    It is never the one in use, one with the same image, one given up before, or one that is known to fail. While it is
    unknown which one is in use, there is none.
    """
    if not any(one.running or one.same for one in offered):
        return ""
    return next((one.value for one in offered if one.usable and one.proven), "")
