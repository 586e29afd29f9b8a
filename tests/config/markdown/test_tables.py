"""Tables as trackers, wikis and office documents write them: which column is the title, and what the others are."""

import textwrap

import pytest

from mmcockpit.core.model.checklist import Contact
from tests.config.markdown.reading import imported, items, titles


@pytest.mark.parametrize(
    ("header", "row", "title"),
    [
        ("Key | Summary | Type | Status", "REL-1 | tell support | Task | Done", "tell support"),
        ("Step | Description | Server | Status", "1 | tell support | web-1 | ", "tell support"),
        ("Area | Requirement | Status", "Docs | tell support | WIP", "tell support"),
        ("Requirement | Area | Status", "tell support | Docs | WIP", "tell support"),
        (" | Bronze | Gold", "tell support | Y | N", "tell support"),
        (" | Owner | Done", "tell support | ana | ☐", "tell support"),
        ("Aufgabe | Verantwortlich | Erledigt", "tell support | ana | ☐", "tell support"),
        ("Nr. | Check | Ref", "1 | tell support | 2", "tell support"),
        ("Check | Ref", "S3 | 2", "S3"),
        ("序号 | 任务 | 状态", "1 | tell support | ☐", "tell support"),
    ],
)
def test_the_column_of_titles_is_found_by_headers_and_cells(header: str, row: str, title: str) -> None:
    (item,) = items(f"| {header} |\n{'|---' * (header.count('|') + 1)}|\n| {row} |\n")
    assert item.title == title


def test_plain_numbers_below_a_header_of_their_own_are_kept() -> None:
    (item,) = items("| Port | Service | Status |\n|-|-|-|\n| 8080 | shop | ☐ |\n")
    assert (item.title, item.text) == ("shop", "Port: 8080")


def test_the_properties_of_a_document_are_no_items() -> None:
    result = imported("- [ ] a\n\n| **Status** | DRAFT |\n|---|---|\n| **Owner** | @ana |\n| **Ticket** | PAY-1 |\n")
    assert [item.title for item in result.checklist.items] == ["a"]
    assert [note.line for note in result.lost] == [3]


def test_the_words_after_a_symbol_are_the_state_of_a_row() -> None:
    result = imported(
        """\
        | Task | Status |
        |---|---|
        | a | 🟢 DONE |
        | b | 🟢 |
        | c | 🔴 BLOCKED |
        | d | Won't do |
        | e | Done 2025-02-01 |
        | f | ⚪ Not started |
        | g | [ ] yes [x] no |
        | h | - [x] |
        """
    )
    assert [item.text for item in result.checklist.items] == [
        *("", "Status: 🟢", "Status: 🔴 BLOCKED", "", "Status: Done 2025-02-01", "", "Status: [ ] yes [x] no", ""),
    ]
    assert [(note.line, note.message.split(" ")[0]) for note in result.notes] == [
        *((3, "marked"), (4, "marked"), (6, "crossed"), (7, "marked"), (10, "marked")),
    ]


def test_a_cell_with_several_boxes_is_several_items_of_its_group() -> None:
    result = imported(
        """\
        | Area | Checks | Owner |
        |---|---|---|
        | Network | [ ] VPN up<br>[x] DNS delegated | Net |
        | Data | - [ ] Replica<br/>- [ ] Backup (Owner: SRE) | DBA |
        """
    )
    assert [(item.title, item.role, item.text) for item in result.checklist.items] == [
        ("Network: VPN up", "Net", ""),
        ("Network: DNS delegated", "Net", ""),
        ("Data: Replica", "DBA", ""),
        ("Data: Backup", "SRE", "Owner: DBA"),
    ]
    assert [note.line for note in result.notes] == [3]


def test_an_empty_cell_of_a_group_continues_the_one_above_it() -> None:
    result = items("| Area | Requirement |\n|---|---|\n| Docs | a |\n| | b |\n| Data | c |\n")
    assert [item.text for item in result] == ["Area: Docs", "Area: Docs", "Area: Data"]


RACI = """\
| # | Activity | R | A | C | I | Duration (min) |
|---|---|---|---|---|---|---|
| 1 | Copy | DBA | Ana | - | PMO | 90 |
"""


def test_the_letters_of_a_responsibility_matrix_are_words_and_units_of_headers_count() -> None:
    (item,) = items(RACI)
    assert (item.role, item.estimate) == ("DBA", 5400.0)
    assert item.text == "Accountable: Ana\nInformed: PMO"


WORDS = """\
| ID | Requirement | Tier 1 | Tier 2 |
|---|---|---|---|
| A-1 | one | MUST | SHOULD |
| A-2 | two | MUST | - |
"""


def test_words_of_levels_are_in_the_text_and_choose_rows() -> None:
    assert [item.text for item in items(WORDS)] == [
        "ID: A-1\nTier 1: MUST\nTier 2: SHOULD",
        "ID: A-2\nTier 1: MUST",
    ]
    first, second = imported(WORDS, level="tier 1"), imported(WORDS, level="tier 2")
    assert [(item.title, item.required) for item in first.checklist.items] == [("one", True), ("two", True)]
    assert [(item.title, item.required) for item in second.checklist.items] == [("one", False)]


def test_a_remark_after_the_mark_of_a_level_is_kept() -> None:
    (item,) = imported("| Check | A | B |\n|-|-|-|\n| x | N | Y (prod only) |\n", level="B").checklist.items
    assert item.text == "B: Y (prod only)\nLevels: B"


@pytest.mark.parametrize("person", ["unassigned", "TBD", "N/A", "?"])
def test_a_placeholder_is_no_person(person: str) -> None:
    (item,) = items(f"| Task | Assignee | Owner |\n|-|-|-|\n| a | {person} | {person} |\n")
    assert (item.assignee, item.role) == ("", "")
    assert person in item.text


def test_a_table_without_commands_below_a_rollback_has_steps_and_one_of_its_conditions_has_no_items() -> None:
    result = imported(
        """\
        - [ ] a
        ## 4. Rollback
        | Step | Description | Owner |
        |---|---|---|
        | 1 | Restore it | DBA |
        ## Rollback triggers
        | Trigger | Action |
        |---|---|
        | 5xx | roll back |
        """
    )
    (procedure,) = result.checklist.procedures
    assert [(step.title, step.text) for step in procedure.steps] == [("Restore it", "Owner: DBA")]
    assert [item.title for item in result.checklist.items] == ["a"]
    assert [note.line for note in result.lost] == [6, 7]


def test_every_column_of_a_table_of_contacts_is_kept() -> None:
    result = imported("- [ ] a\n\n| Role | Name | Time zone |\n|-|-|-|\n| DBA | Bo | CET |\n")
    assert result.checklist.contacts == (Contact("DBA", "Bo, Time zone: CET"),)


def test_the_heading_of_a_table_of_contacts_is_taken_with_it() -> None:
    result = imported("- [ ] a\n## On-call\n| Role | Name |\n|---|---|\n| DBA | Bo |\n### Pager\ntext\n")
    assert result.checklist.contacts == (Contact("DBA", "Bo"),)
    assert [(note.line, note.message) for note in result.lost] == [
        (6, "not taken: ### Pager"),
        (7, "not taken: text"),
    ]


def test_rows_with_only_a_title_in_bold_are_the_titles_of_those_after_them() -> None:
    result = imported(
        """\
        ## Launch
        | Task | Owner | Status |
        |---|---|---|
        | **Phase 1:** |||
        | Reserve it | PM | |
        | __Phase 2__ |||
        | Flip it | Dev | |
        """
    )
    assert titles(result) == {"Launch / Phase 1": ["Reserve it"], "Launch / Phase 2": ["Flip it"]}
    assert not result.lost


@pytest.mark.parametrize(
    "rows",
    [
        "| **a** | |\n| b | |\n",
        "| **a** | |\n| **b** | ana |\n",
        "| **a** | |\n| **b** | |\n| c | ana |\n",
        "| b | ana |\n| **a** | |\n",
    ],
)
def test_titles_in_bold_that_may_be_items_are_items(rows: str) -> None:
    assert len(items(f"| Item | Owner |\n|---|---|\n{rows}")) == rows.count("\n")


def test_rows_of_a_group_only_are_no_items_and_a_check_is_one_beside_its_area() -> None:
    found = items("| Area | Check | Owner | Ready? |\n|-|-|-|-|\n| **Net** | | | |\n| | Pools | Ada | [ ] |\n")
    assert [(item.title, item.role, item.text) for item in found] == [("Pools", "Ada", "Area: Net")]


@pytest.mark.parametrize(
    ("table", "titles"),
    [
        (
            """\
            | Component | Status | Risk Level | Notes |
            |---|---|---|---|
            | Pipeline | ⬜ | Low | async |
            | Oracle | ⬜ | Low | |
            | Calculator | ⬜ | High | |
            """,
            ["Pipeline", "Oracle", "Calculator"],
        ),
        (
            """\
            | Category | Progress | Status |
            |---|---|---|
            | Login | 100% | ✅ Complete |
            | Search | 95% | in review |
            """,
            ["Login", "Search"],
        ),
        (
            """\
            | Role | Name | Signature | Date |
            |---|---|---|---|
            | Tech lead | - | ☐ | - |
            | QA lead | ________ | ☐ | ____ |
            """,
            ["Tech lead", "QA lead"],
        ),
        (
            """\
            | Role | Name | Approved |
            |---|---|---|
            | Tech lead | Ana Pop | ☐ |
            | QA lead | Bo Lund | ☐ |
            """,
            ["Tech lead", "QA lead"],
        ),
        (
            "| Area | Items | Done | % |\n|---|---|---|---|\n| Code | 26 | 26 | 100% |\n| Tests | 4 | 4 | 100% |\n",
            [],
        ),
    ],
)
def test_the_titles_of_rows_tell_them_apart(table: str, titles: list[str]) -> None:
    result = imported(f"# T\n- [ ] one\n\n## Status\n\n{textwrap.dedent(table)}")
    assert [item.title for item in result.checklist.items] == ["one", *titles]


def test_cells_in_which_nothing_is_written_are_no_text() -> None:
    first, second = items(
        "| Task | Owner | Date | Actual |\n|---|---|---|---|\n| a | qa | - | — |\n| b | qa | ____ | 7 ms |\n"
    )
    assert (first.text, second.text) == ("", "Actual: 7 ms")
