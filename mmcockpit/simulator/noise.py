"""Noise that is a pure function of seed, name and time."""

import math
from zlib import crc32


def uniform(seed: int, name: str, index: int) -> float:
    """Return a uniformly distributed number in [0, 1) for this seed, name and index."""
    mixed = crc32(b"%d/%s/%d" % (seed, name.encode(), index))
    # crc32 is linear: without this multiplication, neighbouring indices would be correlated.
    return ((mixed * 2654435761) & 0xFFFFFFFF) / 4294967296.0


def wave(seed: int, name: str, at: float, period: float) -> float:
    """Return smooth noise in [-1, 1] that changes about once per `period` seconds."""
    place = at / period
    index = math.floor(place)
    part = place - index
    before, after = uniform(seed, name, index), uniform(seed, name, index + 1)
    return 2.0 * (before + (after - before) * part * part * (3.0 - 2.0 * part)) - 1.0


def name_suffix(seed: int, name: str, length: int) -> str:
    """Return a suffix like those of pod names in Kubernetes."""
    letters = "bcdfghjklmnpqrstvwxz2456789"
    return "".join(letters[int(uniform(seed, name, index) * len(letters))] for index in range(length))
