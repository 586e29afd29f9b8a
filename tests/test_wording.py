"""Every text that people read is in plain English: no word or phrase that readers have to translate."""

import pytest

from tests.wording import ALLOWED, allowed_uses, hits

# In one process, which reads all texts once.
pytestmark = pytest.mark.xdist_group("wording")

MOST_ALLOWED = 20


def test_texts_of_people_have_no_word_that_readers_have_to_translate() -> None:
    assert list(hits()) == []


def test_each_exception_is_used_and_there_are_few() -> None:
    assert set(ALLOWED) - set(allowed_uses()) == set()
    assert len(ALLOWED) <= MOST_ALLOWED
