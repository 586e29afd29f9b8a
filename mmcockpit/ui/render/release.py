"""A release as short text: its image, since when it exists, and what is known of it."""

from collections.abc import Sequence
from datetime import datetime

from mmcockpit.core.rules.releases.known_revisions import moment
from mmcockpit.core.state.options import Option
from mmcockpit.ui.render.text import Role, age, plain

_HELM_TIME = "%a %b %d %H:%M:%S %Y"
_SHORT_DIGEST = 8
LONG_IMAGE = 20
"""Characters of an image from which on its name is left out beside others of that name."""


def short_image(images: str) -> str:
    """Return images without registry and with a short digest: `modelmuxer:2.4.0@56120270`."""
    names = [part.rsplit("/", 1)[-1] for part in images.split(",")]
    return plain(", ".join(_cut_digest(part) for part in names), 120)


def short_images(images: Sequence[str]) -> list[str]:
    """Return images in short; long ones that have the same name only as their tags: `2.4.0@56120270`."""
    short = [short_image(image) for image in images]
    names = {image.partition(":")[0] for image in short}
    tags = [image.partition(":")[2] for image in short]
    long = any(len(image) > LONG_IMAGE for image in short)
    return tags if long and len(names) == 1 and all(tags) else short


def image_change(now: str, then: str) -> str:
    """Return what replaces an image, without repeating its name: `modelmuxer:2.4.1@151be194 → 2.4.0@56120270`."""
    old, new = short_image(now), short_image(then)
    name, colon, tag = new.partition(":")
    return f"{old or 'unknown'} → {tag if colon and old.startswith(f'{name}:') else new or 'unknown'}"


def since_words(since: str, wall: float) -> str:
    """Return how long ago a time was, as kubectl or helm print it; any other text as it is."""
    moment = _moment(since)
    return f"{age(wall - moment)} ago" if moment is not None else plain(since, 24)


def known_words(option: Option, wall: float) -> tuple[str, Role]:
    """Return what is known of a value: whether it is in use, failed, or was good."""
    if option.running:
        return "runs now", "warn"
    if option.failed:
        return "given up before", "fail"
    if option.bad:
        return plain(option.bad, 20), "fail"
    if option.same:
        return "same as now", "warn"
    if option.broken:
        return "failed here", "fail"
    if option.passed is not None:
        return f"ran well {age(wall - option.passed.wall)} ago", "pass"
    if option.good:
        return "still serves" if option.good.isdecimal() else plain(option.good, 20), "pass"
    return "not proven", "muted"


def _cut_digest(image: str) -> str:
    head, at, digest = image.partition("@sha256:")
    return f"{head}@{digest[:_SHORT_DIGEST]}" if at else head


def _moment(text: str) -> float | None:
    if (known := moment(text)) is not None:
        return known
    try:
        # Helm prints the local time of the machine it runs on.
        return datetime.strptime(text, _HELM_TIME).astimezone().timestamp()
    except ValueError:
        return None
