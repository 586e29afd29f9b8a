"""The result of one check of a step, with a sentence."""

from typing import Literal, NamedTuple

from mmcockpit.core.text import clean

LONGEST = 400
"""Characters of a sentence."""


class Check(NamedTuple):
    """One check: its result, and what was checked or why it failed."""

    result: Literal["ok", "failed", "unproven"]
    about: str


def ok(about: str) -> Check:
    """Return a check that proves something."""
    return Check("ok", clean(about, LONGEST))


def failed(about: str) -> Check:
    """Return a check that shows that a step cannot run."""
    return Check("failed", clean(about, LONGEST))


def unproven(about: str) -> Check:
    """Return a check that proves nothing, because there is no way to check it without changing something."""
    return Check("unproven", clean(about, LONGEST))
