"""Texts that were pasted or exported from other programs: their spaces, bullets, labels, headings and links."""

import pytest

from mmcockpit.core.model.checklist import Contact, Link
from tests.config.markdown.reading import imported, items, titles


def test_spaces_that_do_not_break_and_characters_without_width_are_plain_ones() -> None:
    result = imported(
        "\ufeff# T\u200b\r\n\r\n-\u00a0[\u00a0]\u00a0tell\u202fsupport\u00a0(Owner\u00a0:\u00a0ops)\r\n\u200b\r\n"
        "## Rollback\r\n1.\u00a0`kubectl\u00a0get\u00a0pods`\r\n"
    )
    assert [(item.title, item.role) for item in result.checklist.items] == [("tell support", "ops")]
    assert result.checklist.procedures[0].steps[0].argv[-2:] == ("get", "pods")
    assert not result.lost


def test_entries_with_letters_and_nested_numbers_are_ordered_items_below_their_parents() -> None:
    result = imported(
        """\
        # T
        A. Before

           a) [ ] freeze
           b) [x] back up
              i. [ ] check it
              ii. [ ] sign it

        1. After
           1.1. [ ] clean
           1.1.1 [ ] close
        """
    )
    assert titles(result) == {
        "T / Before": ["freeze", "back up", "back up: check it", "back up: sign it"],
        "T / After": ["clean", "close"],
    }
    assert all(section.ordered for phase in result.checklist.phases for section in phase.sections)
    assert not result.lost


@pytest.mark.parametrize("line", ["A. Weber wrote this.", "I. Introduction", "1.2 billion rows are copied", "a) yes"])
def test_letters_and_numbers_before_prose_are_no_items(line: str) -> None:
    result = imported(f"- [ ] first\n\n# T\n\n{line}\n")
    assert [item.title for item in result.checklist.items] == ["first"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (":large_green_circle:", "Status: 🟢"),
        (":red_circle:", "Status: 🔴"),
        (":warning: late", "Status: ⚠ late"),
        (":x:", ""),
    ],
)
def test_names_of_symbols_in_a_state_are_kept(cell: str, text: str) -> None:
    assert [item.text for item in items(f"| Item | Status |\n|-|-|\n| a | {cell} |\n")] == [text]


@pytest.mark.parametrize(
    ("label", "section"),
    [
        ('=== "Staging"', "Staging"),
        ('!!! warning "Read this"', "Read this"),
        ('??? note inline "Read this"', "Read this"),
        ("> [!todo]- Weekend\n>", "Weekend"),
        (":::tip Weekend", "Weekend"),
        ("**Weekend**", "Weekend"),
    ],
)
def test_titles_of_admonitions_and_tabs_are_sections(label: str, section: str) -> None:
    quote = "> " if label.startswith(">") else "    "
    result = imported(f"# T\n\n{label}\n\n{quote}- [ ] a\n{quote}- [ ] b\n\nProse.\n\n- [ ] c\n")
    assert [title for phase in titles(result) for title in phase.split(" / ")[1:]] == [section, "T"]


def test_lines_in_bold_are_the_headings_of_a_file_without_any() -> None:
    result = imported(
        """\
        **Release 7**

        **1\\. Before**

        [ ] freeze it
        Owner: ops
        wrapped
        [x] tag it

        __2. After__

        - [ ] tell support
        """
    )
    assert result.checklist.title == "Release 7"
    assert titles(result) == {
        "1. Before / 1. Before": ["freeze it wrapped", "tag it"],
        "2. After / 2. After": ["tell support"],
    }
    assert next(result.checklist.items).role == "ops"
    assert [note.line for note in result.notes] == [8]


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("## **Before** {#before}", "Before"),
        ("## Before {#before .unnumbered}", "Before"),
        ("Before {#before}\n------", "Before"),
        ("## **1\\. Before**", "1. Before"),
        ("## Before {{ env }}", "Before {{ env }}"),
    ],
)
def test_attributes_and_emphasis_of_headings_are_no_part_of_them(heading: str, title: str) -> None:
    (phase,) = imported(f"{heading}\n\n- [ ] a\n").checklist.phases
    assert phase.title == title


@pytest.mark.parametrize(
    ("written", "title", "links"),
    [
        ("freeze \\`main\\`", "freeze `main`", 0),
        ("see [it](https://example.com/a_(b))", "see it", 1),
        ("see [[Plan|the plan]] and [[Rack B]]", "see the plan and Rack B", 0),
        ("see [this]{.mark}", "see this", 0),
    ],
)
def test_inline_marks_of_other_programs(written: str, title: str, links: int) -> None:
    (item,) = items(f"- [ ] {written}\n")
    assert (item.title, len(item.links)) == (title, links)


def test_links_and_contacts_are_read_in_any_form() -> None:
    result = imported(
        """\
        - [ ] a
        ## Links
        - Repo: https://git.example.com/shop
        - <https://status.example.com/>
        - **Graphs** - [here](https://graphs.example.com)

        [Console](https://console.example.com)
        ## Contacts
        - DBA on call: Bo
        """
    )
    assert result.checklist.links == (
        Link("Repo", "https://git.example.com/shop"),
        Link("status.example.com", "https://status.example.com/"),
        Link("Graphs", "https://graphs.example.com"),
        Link("Console", "https://console.example.com"),
    )
    assert result.checklist.contacts == (Contact("DBA on call", "Bo"),)
    assert [note.line for note in result.lost] == []


def test_items_below_an_entry_of_one_case_apply_only_then() -> None:
    result = imported("# T\n## S\n**Label**\n\n- If it fails:\n  - [ ] stop\n- Look\n  - [ ] look\n")
    assert [item.text.split(".")[0] for item in result.checklist.items] == ["Applicable only: If it fails", ""]
    assert [note.line for note in result.notes] == [6]


def test_a_field_between_the_boxes_below_an_item_is_its_own() -> None:
    first, second = items("- [ ] a\n  - [ ] b\n  - Owner: ops\n")
    assert (first.role, second.role) == ("ops", "")


@pytest.mark.parametrize("title", ['!!! danger "Night"', '??? note "Night"', '=== "Night"'])
def test_a_list_directly_after_the_title_of_a_block_of_mkdocs_is_read(title: str) -> None:
    result = imported(f"# T\n\n{title}\n    - [ ] a\n        - Owner: ops\n    - [ ] b\n\nProse.\n")
    assert titles(result) == {"T / Night": ["a", "b"]}
    assert next(result.checklist.items).role == "ops"
    assert [note.line for note in result.lost] == [8]


def test_colours_are_states_in_a_list_of_boxes_only() -> None:
    result = imported("# T\n- 🟩 load test\n- 🟥 review\n- ⬜ tell support\n\n## Colours\n- 🟢 go\n- 🔴 no-go\n")
    assert [item.title for item in result.checklist.items] == ["load test", "review", "tell support"]
    assert [note.line for note in result.notes if note not in result.lost] == [2, 3]
    assert [note.line for note in result.lost] == [6, 7, 8]
