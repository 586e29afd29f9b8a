"""Items that apply in one case only, and labels that follow an entry of a list without an empty line."""

import pytest

from tests.config.markdown.reading import imported, titles


def cases(text: str) -> list[str]:
    """Return the case in which alone each item applies; empty for each other item."""
    texts = [item.text for item in imported(text).checklist.items]
    return [text.removeprefix("Applicable only: ").partition(".")[0] if "Applicable" in text else "" for text in texts]


@pytest.mark.parametrize(
    "label", ["**If GO**", "__If GO__", "**If GO:**", "**If GO**:", "_If GO:_", "*If GO:*", "If GO:"]
)
def test_a_label_directly_after_an_entry_is_a_section_and_no_part_of_the_entry(label: str) -> None:
    result = imported(f"# T\n## T-0\n- [ ] decide\n{label}\n- [ ] remove it\n**Later**\n- [ ] close\n")
    assert titles(result) == {"T-0 / T-0": ["decide"], "T-0 / If GO": ["remove it"], "T-0 / Later": ["close"]}
    assert [item.text for item in result.checklist.items] == [
        "",
        "Applicable only: If GO. Otherwise mark it as not applicable.",
        "",
    ]
    assert [(note.line, note.lost) for note in result.notes] == [(5, False)]


@pytest.mark.parametrize(
    ("line", "title", "role"),
    [
        ("**Owner: Bo**", "decide", "Bo"),
        ("with all of them", "decide with all of them", ""),
        ("  **with all of them**", "decide with all of them", ""),
        ("which means:", "decide which means", ""),
    ],
)
def test_other_lines_directly_after_an_entry_are_a_part_of_it(line: str, title: str, role: str) -> None:
    first, second = imported(f"# T\n- [ ] decide\n{line}\n- [ ] remove it\n").checklist.items
    assert (first.title, first.role, second.title) == (title, role, "remove it")


def test_times_in_bold_between_lists_are_sections() -> None:
    result = imported("# T\n**T-60 min**\n- [ ] a\n**T-0 (22:00 UTC)**\n- [ ] b\n")
    assert titles(result) == {"T / T-60 min": ["a"], "T / T-0 (22:00 UTC)": ["b"]}


@pytest.mark.parametrize(
    "heading",
    [
        *("Upon approval", "Should the import fail", "Scenario A: all green", "Option 2 - roll forward", "Plan B"),
        *("Decision: GO", "Go path", "No-go branch", "Rollback case", "NO-GO only"),
    ],
)
def test_more_headings_of_one_case(heading: str) -> None:
    assert cases(f"# T\n## {heading}\n- [ ] a\n") == [heading]


@pytest.mark.parametrize("heading", ["Go-live", "Success criteria", "Optional features", "Case studies", "Rollback"])
def test_headings_that_are_of_every_case(heading: str) -> None:
    assert cases(f"# T\n## {heading}\n- [ ] backup was tested\n") == [""]


def test_an_outcome_above_entries_is_their_case() -> None:
    text = "# T\n- [ ] Decide\n  - GO:\n    - [ ] a\n  - NO-GO:\n    - [ ] b\n- [ ] Close\n"
    assert cases(text) == ["", "GO", "NO-GO", ""]
    assert [note.line for note in imported(text).notes] == [4, 6]


def test_a_branch_without_a_colon_before_a_list_is_its_label() -> None:
    assert titles(imported("# T\n- [ ] a\n\nIf GO\n\n- [ ] b\n")) == {"T / T": ["a"], "T / If GO": ["b"]}


@pytest.mark.parametrize(
    ("title", "case"),
    [
        ("If ROLLBACK: restore it", "If ROLLBACK"),
        ("On failure, tell the provider", "On failure"),
        ("If the rollback is needed: tell them", "If the rollback is needed"),
        ("close it (only if GO)", "if GO"),
        ("close it - NO-GO only", "NO-GO only"),
        ("page them if it fails", ""),
        ("failure of a node is handled", ""),
        ("the cache is warm (if used)", ""),
    ],
)
def test_an_item_whose_title_begins_or_ends_with_an_outcome(title: str, case: str) -> None:
    assert cases(f"# T\n- [ ] {title}\n") == [case]
