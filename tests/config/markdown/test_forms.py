"""Other forms of boxes, lists, fields, tables, commands and headings that people write in Markdown."""

import pytest

from mmcockpit.config.markdown.lengths import length_s
from mmcockpit.config.text.error import FileError
from mmcockpit.core.model.checklist import Item
from mmcockpit.core.model.procedure import Danger
from tests.config.markdown.reading import imported, items


@pytest.mark.parametrize(
    ("line", "noted"),
    [
        ("- [  ] tell support", ""),
        ("- [ x ] tell support", "done"),
        ("- ( ) tell support", ""),
        ("- (x) tell support", "done"),
        ("- ~~[ ] tell support~~", "crossed out"),
        ("-[ ] tell support", ""),
        ("*[x] tell support", "done"),
        ("1.[ ] tell support", ""),
        ("• [ ] tell support", ""),
        ("· ☐ tell support", ""),
        ("\u2013 [ ] tell support", ""),
        ("\u2014 ☑ tell support", "done"),
        ("&nbsp;&nbsp;☐ tell support", ""),
        ("    - [ ] tell support", ""),
        ("\t* [X] tell support", "done"),
        ("- [ ] tell<br>support", ""),
    ],
)
def test_a_box_as_people_type_or_paste_it_is_an_item(line: str, noted: str) -> None:
    result = imported(f"# List\n\n{line}\n")
    assert [item.title for item in result.checklist.items] == ["tell support"]
    assert not result.lost
    assert [noted in note.message for note in result.notes] == [True] * bool(noted)


@pytest.mark.parametrize(
    "line",
    [
        "🚧 This page is not complete.",
        ":construction: This page is not complete.",
        "- [1] see there",
        "- [x](https://example.com) a link",
        "```\n- [ ] code\n```",
        "    $ run\n    - [ ] after a command",
    ],
)
def test_what_only_looks_like_a_box_is_no_item_and_is_noted(line: str) -> None:
    result = imported(f"- [ ] first\n\n# Then\n\n{line}\n")
    assert [item.title for item in result.checklist.items] == ["first"]
    assert result.lost


def test_boxes_on_lines_of_one_paragraph_are_items_with_their_lines() -> None:
    result = imported("- [ ] one\n  [ ] two\n  wrapped\n  [x] three\n    - Owner: ops\n")
    assert [(item.title, item.role) for item in result.checklist.items] == [
        ("one", ""),
        ("two wrapped", ""),
        ("three", "ops"),
    ]
    assert [note.line for note in result.notes] == [4]


def test_a_list_that_is_indented_as_a_whole_keeps_its_lines_and_levels() -> None:
    result = imported(
        "# T\n\n    - [ ] parent\n      - [ ] child\n\n        ```sh\n        ls\n        ```\n    - [ ]\n"
    )
    assert [item.title for item in result.checklist.items] == ["parent", "parent: child"]
    assert [(note.line, note.message) for note in result.notes] == [(9, "a box without a text")]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("@ana check it", ("check it", "ana", 0.0, True)),
        ("@types/node is new", ("@types/node is new", "", 0.0, True)),
        ("check it (Owner: ana, bo)", ("check it", "ana, bo", 0.0, True)),
        ("check it (Owner: ops) (5-10 min)", ("check it", "ops", 600.0, True)),
        ("(optional) check it", ("check it", "", 0.0, False)),
        ("**Optional:** check it", ("check it", "", 0.0, False)),
        ("check it (optional)", ("check it", "", 0.0, False)),
        ("(optional) **(QA)** check it", ("check it", "QA", 0.0, False)),
        ("optional checks", ("optional checks", "", 0.0, True)),
        ("(if needed) check it", ("(if needed) check it", "", 0.0, True)),
        ("(P1) check it", ("(P1) check it", "", 0.0, True)),
        ("(QA) check it", ("check it", "QA", 0.0, True)),
        ("check it\n  Owner: ops\n  Time: 20 min", ("check it", "ops", 1200.0, True)),
        ("check it and\n  verify: twice", ("check it and verify: twice", "", 0.0, True)),
    ],
)
def test_fields_of_a_title(title: str, expected: tuple[str, str, float, bool]) -> None:
    (item,) = items(f"- [ ] {title}\n")
    assert (item.title, item.role, item.estimate, item.required) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h30", 5400), ("10-15 min", 900), ("2 to 3 hours", 10_800), ("1 week", 604_800), ("T-0:15", 0), ("1:30", 0)],
)
def test_lengths_and_ranges_of_time(text: str, seconds: float) -> None:
    assert length_s(text) == seconds


def test_what_a_field_cannot_hold_is_noted_and_stays_in_the_text() -> None:
    result = imported("- [ ] a\n  - Estimate: 90\n  - Evidence required\n  - Required: no\n")
    (item,) = result.checklist.items
    assert (item.text, item.evidence_required, item.required) == ("Estimate: 90\nEvidence: required", True, False)
    assert [note.message for note in result.notes] == [
        "estimate '90' is not a length of time; write 90 min or 1h 30m",
        "optional: the gate of its phase does not wait for it",
    ]
    assert not result.lost


LEVELS = """\
| Check | Bronze | Gold |
|---|:-:|:-:|
| One | ✅ | ❌ |
| Two | no | yes |
| Three | \u2013 | x |
| Four | | |
"""


def test_a_cross_a_dash_and_no_are_no_marks_of_a_level() -> None:
    assert [item.text for item in items(LEVELS)] == ["Levels: Bronze", "Levels: Gold", "Levels: Gold", ""]
    assert [item.title for item in imported(LEVELS, level="gold").checklist.items] == ["Two", "Three"]
    with pytest.raises(FileError, match=r"unknown column 'Golf'; did you mean 'Gold'\?"):
        imported(LEVELS, level="Golf")
    with pytest.raises(FileError, match=r"unknown column 'Gold'; no table has a column of marks"):
        imported("- [ ] a\n", level="Gold")


def test_columns_of_a_table_are_fields_and_no_state_is_dropped() -> None:
    result = imported(
        """\
        | # | Item | Assignee | Duration | Required | Status |
        |---|------|----------|----------|----------|--------|
        | 1 | One | ana | 10 min | yes | In progress |
        | 2 | Two | | | no | |
        """
    )
    one, two = result.checklist.items
    assert (one.assignee, one.estimate, one.required, one.text) == ("ana", 600.0, True, "Status: In progress")
    assert (two.assignee, two.required) == ("", False)


def test_columns_of_steps_are_fields_and_their_numbers_are_dropped() -> None:
    (procedure,) = imported(
        """\
        ## Rollback
        | # | Step | Command | Owner | Time | Expected |
        |---|------|---------|-------|------|----------|
        | 1 | Undo | `kubectl rollout undo deployment/shop` | ops | 2 min | old pods |
        """
    ).checklist.procedures
    (step,) = procedure.steps
    assert (step.title, step.text, step.estimate) == ("Undo", "Owner: ops\nExpected: old pods", 120.0)


def test_what_a_command_printed_is_no_command() -> None:
    (procedure,) = imported(
        """\
        ## Step 1: Look
        ```console
        root@db-1:~# systemctl status db
        active
        $ ls -l
        total 0
        ```
        """
    ).checklist.procedures
    assert [step.argv for step in procedure.steps] == [(), ("ls", "-l")]
    assert [step.text for step in procedure.steps] == [
        "Command on root@db-1: systemctl status db\nOutput: active",
        "Output: total 0",
    ]


def test_comments_between_commands_are_the_titles_of_steps() -> None:
    result = imported(
        """\
        ## Rollback
        ```bash
        # undo it
        helm rollback shop 3
        helm history shop

        # see that it works
        # from outside
        curl https://example.com/health
        ```
        """
    )
    (procedure,) = result.checklist.procedures
    assert [(step.title, step.danger) for step in procedure.steps] == [
        ("undo it (1 of 2)", Danger.DANGEROUS),
        ("undo it (2 of 2)", Danger.READS),
        ("see that it works", Danger.READS),
    ]
    assert procedure.steps[2].text == "from outside"
    assert not result.lost


def test_numbered_phases_with_commands_are_steps_and_those_with_tasks_are_phases() -> None:
    commands = imported("# Move\n## Phase 1: Stop\n```sh\nkubectl get pods\n```\n## Phase 2: Wait\n```sh\nls\n```\n")
    (procedure,) = commands.checklist.procedures
    assert [step.title for step in procedure.steps] == ["Stop", "Wait"]
    assert not commands.lost
    assert [item.title for item in items("# Move\n## Phase 1: Stop\n- [ ] drain\n")] == ["drain"]


def test_bullets_of_a_rollback_are_steps_and_its_conditions_are_not() -> None:
    result = imported("# T\n## Back-out plan\n- point back\n- scale up\n## Rollback criteria\n- errors > 5%\n")
    (procedure,) = result.checklist.procedures
    assert (procedure.title, [step.title for step in procedure.steps]) == ("Back-out plan", ["point back", "scale up"])
    assert [note.line for note in result.lost] == [5, 6]


def test_code_between_the_entries_of_a_list_belongs_to_the_entry_before_it() -> None:
    result = imported(
        """\
        ## Procedure
        1. Stop
        ```bash
        kubectl scale deployment/a --replicas=0
        ```
        2. Look
        ```bash
        kubectl get pods
        ```
        3. Done

        ## Before
        - [ ] tell them
        ```sh
        ./tell.sh
        ```
        - [ ] wait
        """
    )
    (procedure,) = result.checklist.procedures
    assert [(step.title, bool(step.argv)) for step in procedure.steps] == [
        ("Stop", True),
        ("Look", True),
        ("Done", False),
    ]
    assert [len(item.steps) for item in result.checklist.items] == [1, 0]
    assert not result.lost


TABLE = """\
| ID | Description | Owner(s) | Done? | Runbook |
|----|-------------|----------|-------|---------|
| A-1 | Read it | ana, bo | ✅ Done | x |
| A-2 | Write it | | 🚧 at the lawyers | |
"""


def test_a_table_whose_items_are_its_descriptions() -> None:
    result = imported(TABLE)
    assert [(item.title, item.role, item.text) for item in result.checklist.items] == [
        ("Read it", "ana, bo", "ID: A-1\nLevels: Runbook"),
        ("Write it", "", "ID: A-2\nDone?: at the lawyers"),
    ]


def test_cells_of_commands_may_hold_several_or_none() -> None:
    (procedure,) = imported(
        """\
        ## Backout
        | Action | Command | Owner |
        |--------|---------|-------|
        | Restart | `kubectl rollout restart deploy/a`<br>`kubectl rollout status deploy/a` | ops |
        | Call | N/A | |
        | Wait | \u2013 | |
        """
    ).checklist.procedures
    assert [(step.title, len(step.argv) > 0) for step in procedure.steps] == [
        ("Restart (1 of 2)", True),
        ("Restart (2 of 2)", True),
        ("Call", False),
        ("Wait", False),
    ]


def test_fields_in_further_lines_and_lists_of_fields() -> None:
    first, second, third = items(
        """\
        +++
        title = "Release"
        +++
        - [ ] deploy
              owner: ops
              evidence: https://example.com/x
        - [ ] verify
            - Evidence:
                - a picture
            - Command:
                - `ls`
        - [ ] see [the page] **(5 min)**

        [the page]: https://example.com/page
        """
    )
    assert (first.title, first.role, first.evidence_required, first.links) == (
        "deploy",
        "ops",
        True,
        ("https://example.com/x",),
    )
    assert (second.text, [step.command for step in second.steps]) == ("Evidence: a picture", ["ls"])
    assert (third.title, third.estimate, third.links) == ("see the page", 300.0, ("https://example.com/page",))


@pytest.mark.parametrize(
    ("heading", "case"),
    [
        ("If GO:", "If GO"),
        ("Otherwise", "in the other case"),
        ("Unless it is green", "Unless it is green"),
        ("On rollback", "On rollback"),
        ("In the event of failure", "In the event of failure"),
        ("NO-GO", ""),
        ("Restore (only if needed)", "Restore (only if needed)"),
        ("When to page", ""),
        ("Verify if it works", ""),
    ],
)
def test_headings_of_one_case_only(heading: str, case: str) -> None:
    (item,) = items(f"## {heading}\n- [ ] a\n")
    assert item.text == (f"Applicable only: {case}. Otherwise mark it as not applicable." if case else "")


def test_comments_are_left_out_with_a_note_and_a_summary_is_a_section() -> None:
    result = imported(
        """\
        # Ready
        <!--
        - [ ] not yet
        -->
        <details>
        <summary><b>Data</b></summary>

        - [ ] restore it [^1]

        </details>

        - [ ] close it

        [^1]: on another
            machine
        """
    )
    (phase,) = result.checklist.phases
    assert [(part.title, [item.title for item in part.items]) for part in phase.sections] == [
        ("Data", ["restore it"]),
        ("Ready", ["close it"]),
    ]
    assert [item.text for item in result.checklist.items] == ["on another machine", ""]
    assert [(note.line, note.last, note.message) for note in result.notes] == [
        (2, 4, "comment left out: - [ ] not yet")
    ]
    assert not result.lost


@pytest.mark.parametrize(
    ("text", "way_out"),
    [
        ("| Sache | Stand |\n|---|---|\n| a | neu |\n", "or name a column of a table Item"),
        ("- a\n", "or import with --plain"),
        ("```sh\nls\n```\n", "or put commands below a heading such as `Rollback` or `Step 1`"),
    ],
)
def test_the_error_for_a_file_without_items_has_a_way_out_for_what_it_has(text: str, way_out: str) -> None:
    with pytest.raises(FileError, match="no items in this file") as caught:
        imported(text)
    assert way_out in caught.value.message


def test_an_item_of_every_form_survives_the_export() -> None:
    item = items("- [ ] (optional) a\n  - Assignee: @ana\n  - Owner: ops\n")[0]
    assert item == Item(
        id="checklist/checklist/a", number=1, title="a", role="ops", assignee="ana", required=False, text=""
    )


@pytest.mark.parametrize(
    ("title", "conditions"),
    [
        ("## NO-GO if ANY are TRUE", True),
        ("## Do not proceed if", True),
        ("**Abort if any of these:**", True),
        ("**Rollback triggers:**", True),
        ("## Stop when", True),
        ("## Rollback if needed", False),
        ("## Rollback if the error rate rises", False),
        ("## GO/NO-GO criteria", False),
        ("## GO if ALL are TRUE", False),
    ],
)
def test_boxes_of_conditions_are_no_items_because_a_tick_would_mean_the_opposite(title: str, conditions: bool) -> None:
    result = imported(f"# T\n## Before\n- [ ] one\n\n{title}\n\n- [ ] errors above 5%\n- [ ] pods restart\n")
    titles = [item.title for item in result.checklist.items]
    assert titles == ["one", *([] if conditions else ["errors above 5%", "pods restart"])]
    assert any("abort rules" in note.message for note in result.lost) is conditions


def test_boxes_about_the_conditions_of_a_rollback_are_items() -> None:
    result = items("# T\n## Rollback criteria\n- [ ] limits agreed with the product owner\n- [ ] on-call\n")
    assert [item.title for item in result] == ["limits agreed with the product owner", "on-call"]


def test_a_table_of_conditions_below_a_label_has_no_items() -> None:
    table = "| Condition | Action |\n|---|---|\n| errors > 5% | roll back |\n"
    result = imported(f"# T\n- [ ] one\n\n**Rollback decision criteria:**\n\n{table}")
    assert [item.title for item in result.checklist.items] == ["one"]


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("**Action:** send it twice", "Action: send it twice"),
        ("**Verify:** only one order", "Verify: only one order"),
        ("**STAGING TEST:** send it twice", "STAGING TEST: send it twice"),
        ("**Warm the caches**: both regions", "Warm the caches"),
        ("Database connected ✅", "Database connected"),
        ("Phase 2: drills ⏳", "Phase 2: drills"),
        ("Technical lead: _________", "Technical lead"),
        ("Reviewed by ______________", "Reviewed by"),
    ],
)
def test_a_title_is_what_to_do_without_marks_and_blanks(written: str, title: str) -> None:
    assert [item.title for item in imported(f"# T\n- [ ] {written}\n").checklist.items] == [title]


def test_a_blank_to_write_on_is_no_item() -> None:
    result = imported("# T\n- [ ] one\n- [ ] _______________________\n")
    assert [item.title for item in result.checklist.items] == ["one"]
    assert [note.line for note in result.lost] == [3]


def test_a_tick_after_a_title_is_reported_and_proves_nothing() -> None:
    result = imported("# T\n- [ ] Database connected ✅\n")
    assert [note.line for note in result.notes if "marked as done" in note.message] == [2]
