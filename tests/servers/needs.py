"""What a test cannot do without."""

import os
from typing import TypeVar

import pytest

T = TypeVar("T")


def need(thing: T | None, reason: str) -> T:
    """Return the thing; where it is missing, skip the test with a reason, or fail it in CI, which has everything."""
    if thing is not None:
        return thing
    if os.environ.get("CI") == "true":
        pytest.fail(f"must not be missing in CI: {reason}")
    pytest.skip(f"NOT TESTED: {reason}")
