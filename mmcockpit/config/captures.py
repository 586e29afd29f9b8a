"""The values that steps capture: mistakes in their patterns and in the groups of these."""

import re
from collections.abc import Iterator

from mmcockpit.config.text.document import Place
from mmcockpit.core.model.procedure import Capture

LONGEST_PATTERN = 400
"""Maximum number of characters in a regular expression: some take very long to compile."""


def capture_mistakes(capture: Capture) -> Iterator[tuple[Place, str]]:
    """Yield the mistakes within a captured value: a place below it, and the message."""
    if wrong := wrong_pattern(capture.pattern, groups=1):
        yield ("pattern",), wrong
        return
    known = re.compile(capture.pattern).groupindex
    if capture.differs and capture.differs not in known:
        yield ("differs",), _unknown_group(capture.differs)
        return
    for group in capture.means:
        if group not in known:
            yield ("means", group), _unknown_group(group)


def _unknown_group(group: str) -> str:
    return f"unknown group '{group}' of the pattern; write (?P<{group}>…) in it"


def wrong_pattern(pattern: str, groups: int | None = None) -> str:
    """Return what is wrong with a regular expression, which must have this number of groups without a name."""
    if len(pattern) > LONGEST_PATTERN:
        return f"a pattern must have at most {LONGEST_PATTERN} characters"
    try:
        compiled = re.compile(pattern)
        unnamed = compiled.groups - len(compiled.groupindex)
    except (RecursionError, OverflowError):
        return "invalid regular expression: nested too deeply"
    except re.error as error:
        return f"invalid regular expression: {error}"
    if groups is not None and 1 in compiled.groupindex.values():
        return "the first group of the pattern has a name; the first group must be the value, without a name"
    if groups is not None and unnamed != groups:
        return f"the pattern must have 1 group, not {unnamed}; put (…) around the value, (?:…) around the rest"
    return ""
