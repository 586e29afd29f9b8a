"""Every text that people read is in plain English: no word or phrase that readers have to translate."""

from pathlib import Path

from tests.wording import ALLOWED, allowed_uses, hits

PENDING = Path(__file__).parent / "wording_pending.txt"
"""Files that still have to be put into plain English, one in a line, empty lines between them."""
MOST_ALLOWED = 20


def test_texts_of_people_have_no_word_that_readers_have_to_translate() -> None:
    pending = set(PENDING.read_text(encoding="utf-8").split())
    assert [hit for hit in hits() if hit.path not in pending] == []


def test_each_file_that_waits_for_plain_english_still_has_an_avoided_word() -> None:
    done = set(PENDING.read_text(encoding="utf-8").split()) - {hit.path for hit in hits()}
    assert done == set(), "plain already: delete its line from tests/wording_pending.txt"


def test_each_exception_is_used_and_there_are_few() -> None:
    assert set(ALLOWED) - set(allowed_uses()) == set()
    assert len(ALLOWED) <= MOST_ALLOWED
