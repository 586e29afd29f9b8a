"""Columns of tables by their headers and cells: titles, states, levels, grades, and rows that are titles or sums."""

import pytest

from tests.config.markdown.reading import imported, items, titles


@pytest.mark.parametrize(
    ("header", "row", "title"),
    [
        ("Ref | Pre-flight check | Responsible | Result", "P1 | tell support | ana | ", "tell support"),
        ("Task name | Owner | Comments", "tell support | ana | none", "tell support"),
        ("Action/Task | Owner", "tell support | ana", "tell support"),
        ("Owner | Cutover activity", "ana | tell support", "tell support"),
        ("ID | Category | Description | Priority | Status", "1 | Docs | tell support | High | Open", "tell support"),
        ("Description | Bronze | Gold | CWE", "tell support | ✓ | | 521", "tell support"),
        ("Approver | Role | Signature | Date", "- | Support | ⬜ | -", "Support"),
        ("Task | Dev | Prod | Owner", "tell support | ✅ | ⬜ | ana", "tell support"),
    ],
)
def test_the_column_of_titles_is_found(header: str, row: str, title: str) -> None:
    (item,) = items(f"| {header} |\n{'|---' * (header.count('|') + 1)}|\n| {row} |\n")
    assert item.title == title


@pytest.mark.parametrize(
    "header", ["Risk | Mitigation action", "Symptom | Check", "Metric | Next action", "Condition | Action"]
)
def test_what_to_do_in_several_cases_is_no_list_of_items(header: str) -> None:
    result = imported(f"- [ ] a\n\n| {header} |\n|---|---|\n| slow | restart it |\n")
    assert [item.title for item in result.checklist.items] == ["a"]
    assert [note.line for note in result.lost] == [3]


def test_a_column_of_results_is_a_state_if_it_has_only_states() -> None:
    result = imported("| Check | Result |\n|---|---|\n| a | PASS |\n| b | FAIL |\n| c | N/A |\n| d | |\n")
    assert [item.text for item in result.checklist.items] == ["", "Result: FAIL", "", ""]
    assert [(note.line, note.message.split(" ")[0]) for note in result.notes] == [(3, "marked"), (5, "crossed")]
    (item,) = items("| Check | Result |\n|---|---|\n| a | 3 rows |\n")
    assert item.text == "Result: 3 rows"


def test_a_cell_of_each_environment_is_a_state_of_its_own() -> None:
    text = "| Task | DEV | PROD |\n|---|---|---|\n| a | ✅ | ⬜ |\n| b | ✅ | ✅ |\n| c | ⬜ | - |\n"
    result = imported(text)
    assert [item.text for item in result.checklist.items] == ["DEV: ✅\nPROD: ⬜", "DEV: ✅\nPROD: ✅", "DEV: ⬜"]
    assert [note.line for note in result.notes] == [1]
    result = imported(text, level="PROD")
    assert [item.title for item in result.checklist.items] == ["a", "b"]
    assert [note.message.split(" ")[0] for note in result.notes] == ["marked", "left"]


def test_required_is_a_level_beside_recommended() -> None:
    text = "| Check | Required | Recommended |\n|---|---|---|\n| a | ✓ | |\n| b | | ✓ |\n"
    assert [(item.text, item.required) for item in items(text)] == [
        *(("Levels: Required", True), ("Levels: Recommended", True)),
    ]
    assert [item.title for item in imported(text, level="required").checklist.items] == ["a"]


def test_rows_of_a_column_of_must_and_should_are_optional_unless_must() -> None:
    result = imported("| Level | Requirement | Done |\n|-|-|-|\n| MUST | a | [ ] |\n| SHOULD | b | [ ] |\n")
    assert [(item.title, item.text, item.required) for item in result.checklist.items] == [
        ("a", "Level: MUST", True),
        ("b", "Level: SHOULD", False),
    ]
    assert [note.line for note in result.notes] == [4]


def test_a_row_with_only_a_cell_in_bold_is_the_section_of_those_after_it() -> None:
    result = imported(
        """\
        # T

        | # | Task | Owner |
        |---|------|-------|
        | **Before** | | |
        | 1 | a | ana |
        | | | |
        | **🚀 After:** | | |
        | 2 | b | ana |
        | **Sum** | 2 | |
        """
    )
    assert titles(result) == {"T / Before": ["a"], "T / After": ["b"]}
    assert [note.line for note in result.lost] == [10]


def test_an_empty_row_continues_no_group() -> None:
    first, second = items("| Area | Task |\n|-|-|\n| Net | a |\n| | |\n| | b |\n")
    assert (first.text, second.text) == ("Area: Net", "Area: Net")


def test_a_header_such_as_rollback_step_makes_its_rows_steps() -> None:
    result = imported(
        "# Upgrade\n- [ ] a\n\n| Rollback step | Expected |\n|---|---|\n| Pin the old version | 200 |\n| Wait | |\n"
    )
    (procedure,) = result.checklist.procedures
    assert procedure.title == "Rollback: Upgrade"
    assert [step.title for step in procedure.steps] == ["Pin the old version", "Wait"]
    assert [item.title for item in result.checklist.items] == ["a"]


def test_merged_cells_of_html_are_titles_and_headers() -> None:
    result = imported(
        """\
        # T
        <table>
        <tr><th colspan="4">Tasks</th></tr>
        <tr><th rowspan="2">Task</th><th colspan="2">Size</th><th rowspan="2">Owner</th></tr>
        <tr><th>Small</th><th>Large</th></tr>
        <tr><td>quota</td><td>x</td><td>x</td><td>ops</td></tr>
        <tr><td colspan="4"><b>After</b></td></tr>
        <tr><td><strong>two</strong> zones</td><td></td><td>x</td><td>ana</td></tr>
        <tr><td>watch</td><td colspan="2">x</td><td>ana</td></tr>
        </table>
        """
    )
    assert titles(result) == {"T / Tasks": ["quota"], "T / After": ["two zones", "watch"]}
    assert [(item.text, item.role) for item in result.checklist.items] == [
        ("Levels: Small, Large", "ops"),
        ("Levels: Large", "ana"),
        ("Levels: Small, Large", "ana"),
    ]
    assert list(result.lines.values()) == [6, 8, 9]
    assert result.lost == ()


@pytest.mark.parametrize("span", ["0", "-1", "x", "²", "999999999"])
def test_a_strange_number_of_merged_cells_is_bounded(span: str) -> None:
    result = imported(
        f'<table><tr><th>Task</th><th>Owner</th></tr>\n<tr><td>a</td><td colspan="{span}">ana</td></tr></table>\n'
    )
    assert [(item.title, item.role) for item in result.checklist.items] == [("a", "ana")]


def test_rows_that_check_a_rollback_are_items_and_no_steps() -> None:
    header = "# Go\n- [ ] a\n\n## 2.7 Rollback\n\n| Check | Status |\n|---|---|\n"
    checks = imported(header + "| The plan is written and reviewed | Open |\n| It was tested | Done |\n")
    assert titles(checks)["2.7 Rollback / 2.7 Rollback"] == ["The plan is written and reviewed", "It was tested"]
    assert checks.checklist.procedures == ()
    steps = imported(header + "| Switch the DNS back | Open |\n| Tell support | Open |\n")
    (procedure,) = steps.checklist.procedures
    assert [step.title for step in procedure.steps] == ["Switch the DNS back", "Tell support"]


@pytest.mark.parametrize("heading", ["Legend", "2. Out of Scope", "Status codes", "How to use this checklist"])
@pytest.mark.parametrize("block", ["| Item | Status |\n|---|---|\n| b | Done |", "- [x] b", "- ✅ b\n- ❌ c"])
def test_what_is_below_a_heading_such_as_legend_has_no_items(heading: str, block: str) -> None:
    result = imported(f"# T\n- [ ] a\n\n## {heading}\n\n{block}\n")
    assert [item.title for item in result.checklist.items] == ["a"]
    assert [note.line for note in result.lost] == [4, 6]
    assert "an explanation" in result.lost[1].message


def test_a_row_that_adds_up_the_others_is_no_item() -> None:
    result = imported("| Task | Minutes |\n|---|---|\n| a | 5 |\n| **Total** | 5 |\n| Sum of all rows checked | 5 |\n")
    assert [item.title for item in result.checklist.items] == ["a", "Sum of all rows checked"]
    assert [note.line for note in result.lost] == [4]


def test_requirements_with_a_number_and_a_level_are_items() -> None:
    (item,) = items("| # | Description | Level |\n|---|---|---|\n| **1.1.1** | Verify that tokens expire. | 2 |\n")
    assert (item.title, item.text) == ("Verify that tokens expire.", "Level: 2")
    result = imported("- [ ] a\n\n| # | Description | Version |\n|---|---|---|\n| 1 | It was slow | 2 |\n")
    assert [item.title for item in result.checklist.items] == ["a"]


def test_titles_that_repeat_are_no_titles_beside_a_column_that_tells_the_rows_apart() -> None:
    rows = "".join(f"| {area} | {action} |\n" for area, action in zip("abcd", ["go", "go", "wait", "go"], strict=True))
    result = items(f"| Category | Action |\n|---|---|\n{rows}")
    assert [(item.title, item.text) for item in result] == [
        *(("a", "Action: go"), ("b", "Action: go"), ("c", "Action: wait"), ("d", "Action: go")),
    ]


@pytest.mark.parametrize("header", ["Met? (Yes/No)", "Tested?", "Verified", "Pass/Fail"])
def test_a_column_of_yes_and_no_is_a_state(header: str) -> None:
    result = imported(f"| Criteria | {header} | Evidence / Notes |\n|-|-|-|\n| a | Yes | log |\n| b | TBD | |\n")
    assert [item.text for item in result.checklist.items] == ["Evidence / Notes: log", ""]
    assert [(note.line, note.message.split(" ")[0]) for note in result.notes] == [(3, "marked")]


@pytest.mark.parametrize("words", ["e.g. in the other zone", "i.e. in the other zone", "vs. the old one"])
def test_a_long_title_is_not_cut_after_an_abbreviation(words: str) -> None:
    (item,) = items(f"- [ ] {'Restore the backup of the night and compare the rows ' * 3}({words})\n")
    assert item.title.endswith(f"({words})")


@pytest.mark.parametrize("part", ["Sub-task", "Subtask", "Step"])
def test_parts_of_a_task_are_items_if_its_cell_is_merged(part: str) -> None:
    found = items(
        f"| Task | {part} | Owner |\n|-|-|-|\n| DB | vacuum | ana |\n| | backup | bo |\n| App | stop | ana |\n"
    )
    assert [(item.title, item.text, item.role) for item in found] == [
        ("vacuum", "Task: DB", "ana"),
        ("backup", "Task: DB", "bo"),
        ("stop", "Task: App", "ana"),
    ]
