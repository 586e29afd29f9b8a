"""Boxes and their lists as people type them: what each means, and what is beside it."""

import pytest

from tests.config.markdown.reading import imported, items, titles


@pytest.mark.parametrize(
    ("written", "note"),
    [
        ("[✔️]", "marked"),
        ("[\u2013]", "crossed"),
        ("[\u2014]", "crossed"),
        ("[n/a]", "crossed"),
        ("[N/A]", "crossed"),
        ("[Skipped]", "crossed"),
        ("[DONE]", "marked"),
        ("\\[OK\\]", "marked"),
        ("[WIP]", "neither"),
        ("[in progress]", "neither"),
        ("[TODO]", ""),
    ],
)
def test_a_state_in_brackets_is_a_box(written: str, note: str) -> None:
    result = imported(f"- {written} tell support\n")
    assert [item.title for item in result.checklist.items] == ["tell support"]
    assert [each.message.split(" ")[0] for each in result.notes] == ([note] if note else [])


def test_other_words_in_brackets_and_links_are_no_boxes() -> None:
    result = imported(
        "- [ ] a\n- [new] b\n- [done](https://example.com/1) c\n- [ok]: d\n\n[WIP] This page is a draft.\n"
    )
    assert [item.title for item in result.checklist.items] == ["a"]
    assert [note.line for note in result.lost] == [2, 3, 4, 6]


def test_lines_with_crosses_after_lines_with_boxes_are_items() -> None:
    result = imported("☑ one\n☒ two\n❌ three\ngoes on\n\n❌ not like that\n")
    assert [item.title for item in result.checklist.items] == ["one", "two", "three goes on"]
    assert [(note.line, note.lost) for note in result.notes] == [(1, False), (2, False), (3, False), (6, True)]


def test_numbers_and_letters_in_parentheses_are_markers() -> None:
    result = imported("(1) [ ] one\n(2) [x] two\n\n(a) Group\n    - [ ] three\n")
    assert titles(result) == {"Checklist / Checklist": ["one", "two"], "Checklist / Group": ["three"]}


def test_bullets_beside_the_boxes_below_an_item_are_its_details() -> None:
    first, second = items("- [ ] sign\n  - use the new key\n    - of March\n  - [ ] check it\n")
    assert (first.title, first.text) == ("sign", "- use the new key\n  - of March")
    assert (second.title, second.text) == ("sign: check it", "")


@pytest.mark.parametrize("label", ["*Publish*", "_Publish_", "*Publish:*", "__Publish__", "_Publish_:"])
def test_a_line_in_italics_before_a_list_is_its_section(label: str) -> None:
    assert list(titles(imported(f"# T\n{label}\n\n- [ ] a\n"))) == ["T / Publish"]


@pytest.mark.parametrize("text", ["*All of them are needed.*", "_Owner: ana_", "* * *"])
def test_a_sentence_in_italics_is_no_section(text: str) -> None:
    assert list(titles(imported(f"# T\n{text}\n\n- [ ] a\n"))) == ["T / T"]
