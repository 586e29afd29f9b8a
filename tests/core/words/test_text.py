"""Foreign text is harmless on every way out."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmcockpit.core.model.signal import Signal
from mmcockpit.core.rules.explanations.clauses import broken_clauses
from mmcockpit.core.text import clean, plain
from mmcockpit.core.words.values import value_cell, value_line
from tests.shapes import shape

BIDI = {"RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"}


@given(st.text(st.characters()))
def test_nothing_a_terminal_obeys_survives_cleaning(text: str) -> None:
    for char in clean(text):
        assert char == "\n" or unicodedata.category(char) not in ("Cc", "Cs"), hex(ord(char))
        assert unicodedata.bidirectional(char) not in BIDI


@given(st.text(st.characters()))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(st.characters()), st.integers(1, 50))
def test_the_limit_holds_and_a_cut_is_shown(text: str, limit: int) -> None:
    cut = clean(text, limit)
    assert len(cut) <= limit
    if len(text.replace("\r\n", "\n")) > limit and "\t" not in text and cut == clean(text)[:limit]:
        assert cut.endswith("…")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred", "␛[31mred"),
        ("a\x07b\x00c", "a␇b␀c"),
        ("\x9b2J", "\ufffd2J"),
        ("del\x7f", "del\ufffd"),
        ("evil\u202etxt.exe", "eviltxt.exe"),
        ("line\r\nline", "line\nline"),
        ("a\tb", "a    b"),
        ("\ud800", "\ufffd"),
    ],
)
def test_each_kind_of_danger_becomes_visible_or_goes(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_plain_text_is_one_line() -> None:
    assert plain(" two\n lines\tand  a tab ") == "two lines and a tab"


def test_a_value_shows_its_cause_first_and_names_what_it_lists() -> None:
    stuck = {"exists": True, "desired": 3, "updated": 1, "ready": 3, "reason": "Late", "message": "no progress"}
    rollout = Signal("r", "R", "cluster", "rollout", shape=shape("kubernetes", "rollout"))
    assert value_line(stuck, rollout) == "message no progress, reason Late, exists yes, desired 3"
    pods = Signal("p", "P", "cluster", "pods", shape=shape("kubernetes", "pods"))
    assert value_line({"total": 3, "ready": 2, "waiting": ["ImagePullBackOff"]}, pods) == (
        "waiting ImagePullBackOff, total 3, ready 2"
    )
    assert value_line([{"name": name} for name in "abcdef"]) == "a, b, c, d and 2 more"
    series = Signal("e", "E", "prometheus", "query", shape=shape("prometheus", "query", each=True))
    assert value_line([{"labels": {"of": "chats"}, "value": 0.25}], series) == "chats 0.25"
    silences = Signal("s", "S", "alertmanager", "silences", shape=shape("alertmanager", "silences"))
    assert value_line([{"matchers": ['job="x"'], "by": "bo"}], silences) == 'job="x" by bo'
    assert value_line([{"name": "a"}, {"id": 1}]) == "2 entries"


def test_a_list_is_counted_with_the_same_words_in_the_log_the_panel_and_a_reason() -> None:
    counts = {
        ("alertmanager", "alerts"): ("0 alerts", "2 alerts"),
        ("postgres", "rows"): ("0 rows", "2 rows"),
        ("kubernetes", "events"): ("0 events", "2 events"),
    }
    for (kind, probe), words in counts.items():
        signal = Signal("l", "L", kind, probe, shape=shape(kind, probe))
        for value, counted in zip(([], [{"x": 1}, {"x": 2}]), words, strict=True):
            assert value_line(value, signal) == value_cell(value, signal) == counted
            (text,), _ = broken_clauses(["size(value) == 1"], {"value": value}, signal)
            assert text.startswith(counted if value else f"{counted[2:]}: 0")
    undeclared = Signal("l", "L", "file", "json")
    assert value_line([], undeclared) == value_cell([], undeclared) == "0 entries"
