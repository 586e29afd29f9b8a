"""Which lists, headings and commands are steps of a procedure, and which are conditions, sections or rollbacks."""

import textwrap

import pytest

from mmcockpit.core.model.procedure import Procedure
from tests.config.markdown.reading import imported, titles


def steps(procedure: Procedure) -> list[tuple[str, bool]]:
    """Return the title of each step, and whether it can run."""
    return [(step.title, bool(step.argv)) for step in procedure.steps]


def test_numbers_before_sections_are_no_steps_of_one_procedure() -> None:
    result = imported(
        """\
        # Upgrade
        ## 1. Before
        - [ ] snapshot exists
        ## 2. Control plane
        ### 2.1 First node
        ```sh
        kubeadm upgrade plan
        ```
        ### 2.2 Other nodes
        ```sh
        kubeadm upgrade node
        ```
        ## 3. Workers
        1. Drain it

           `kubectl drain worker-1`
        ## 4. Rollback criteria
        - too many errors
        ## 5. Rollback
        - point back
        """
    )
    assert [(procedure.title, steps(procedure)) for procedure in result.checklist.procedures] == [
        ("2. Control plane", [("First node", True), ("Other nodes", True)]),
        ("3. Workers", [("Drain it", True)]),
        ("5. Rollback", [("point back", False)]),
    ]
    assert [item.title for item in result.checklist.items] == ["snapshot exists"]
    assert [note.line for note in result.lost] == [17, 18]


def test_numbered_headings_without_tasks_are_steps_and_what_is_no_step_among_them_is_left_out() -> None:
    result = imported(
        """\
        # Move
        ## 1. Background
        Why we move.
        ## 2. Stop
        ```sh
        kubectl get pods
        ```
        ## 3. Wait
        Ten minutes.
        ## 4. Rollback
        1. Start it again
        """
    )
    assert [(procedure.title, steps(procedure)) for procedure in result.checklist.procedures] == [
        ("Move", [("Stop", True), ("Wait", False)]),
        ("4. Rollback", [("Start it again", False)]),
    ]
    assert [note.line for note in result.lost] == [2, 3]


STEP = """\
# Move
## Step 1: Copy
```sh
pg_dump shop -f shop.sql
```
{between}
```sh
dropdb shop
```
"""


@pytest.mark.parametrize(
    "between", ["**Rollback:**", "Rollback:", "If it fails:", "Otherwise:", "How to roll back:", "**If it fails**"]
)
def test_commands_for_one_case_do_not_run_as_a_part_of_the_step(between: str) -> None:
    result = imported(STEP.format(between=between))
    (procedure,) = result.checklist.procedures
    assert [step.argv[0] for step in procedure.steps if step.argv] == ["pg_dump"]
    assert any("dropdb shop" in step.text for step in procedure.steps)
    assert ["dropdb" in note.message and "only" in note.message for note in result.notes] == [True]


@pytest.mark.parametrize("between", ["Then drop it:", "**Cleanup**", "If you are on call, stay."])
def test_commands_after_other_words_run_as_a_part_of_the_step(between: str) -> None:
    (procedure,) = imported(STEP.format(between=between)).checklist.procedures
    assert [step.argv[0] for step in procedure.steps] == ["pg_dump", "dropdb"]


def test_a_rollback_below_a_step_is_a_procedure_of_its_own() -> None:
    result = imported(STEP.format(between="### Rollback of step 1"))
    assert [(procedure.title, steps(procedure)) for procedure in result.checklist.procedures] == [
        ("Move", [("Copy", True)]),
        ("Rollback of step 1", [("dropdb shop", True)]),
    ]


def test_numbered_entries_with_commands_below_a_step_are_steps() -> None:
    (procedure,) = imported(
        "# T\n## Step 1: Switch\n1. Change the secret\n2. Start\n   ```sh\n   kubectl get pods\n   ```\n"
    ).checklist.procedures
    assert steps(procedure) == [("Switch: Change the secret", False), ("Switch: Start", True)]


def test_commands_directly_after_a_numbered_list_belong_to_its_last_entry() -> None:
    (procedure,) = imported("## Rollback\n1. Tell\n2. Look\n\n```sh\nkubectl get pods\n```\n").checklist.procedures
    assert steps(procedure) == [("Tell", False), ("Look", True)]


@pytest.mark.parametrize(
    ("title", "procedure"),
    [
        ("Abort criteria", False),
        ("When to roll back", False),
        ("Rollback triggers", False),
        ("Change details", False),
        ("Prerequisites:", False),
        ("Roles and responsibilities", False),
        ("3. Assumptions", False),
        ("How to roll back", True),
        ("Rollback (if needed)", True),
        ("Deployment", True),
        ("Summary of steps", True),
    ],
)
def test_a_numbered_list_of_conditions_or_descriptions_is_no_procedure(title: str, procedure: bool) -> None:
    text = f"- [ ] first\n\n## {title}\n1. orders fall below 40\n2. the provider calls\n"
    result = imported(text)
    assert bool(result.checklist.procedures) == procedure
    assert [note.line for note in result.lost] == ([] if procedure else [3, 4, 5])
    assert len(list(imported(text, plain_lists=True).checklist.items)) == (1 if procedure else 3)


def test_a_label_before_a_list_makes_it_a_rollback() -> None:
    result = imported("# T\n## Switch\n- [ ] switch it\n\n**Rollback**\n\n- switch it back\n- tell support\n")
    (procedure,) = result.checklist.procedures
    assert (procedure.title, procedure.about) == ("Rollback: Switch", "Switch")
    assert steps(procedure) == [("switch it back", False), ("tell support", False)]
    assert not result.lost


def test_a_block_without_a_language_that_begins_with_a_prompt_has_commands_and_their_output() -> None:
    (procedure,) = imported(
        "## Rollback\n1. Run\n\n   ```\n   $ ./undo.sh 41\n   Undone.\n   ```\n"
    ).checklist.procedures
    assert [(step.argv, step.text) for step in procedure.steps] == [(("./undo.sh", "41"), "Output: Undone.")]


@pytest.mark.parametrize(
    "before",
    ["Expected output:", "**Output**", "The result should look like", "You should see:", "Check it. It should print:"],
)
def test_what_a_command_prints_is_no_command_in_any_language(before: str) -> None:
    entry = f"```sh\nkubectl get pods\n```\n\n{before}\n\n```sh\npods are gone\n```\n"
    text = f"## Rollback\n1. Undo\n{textwrap.indent(entry, '   ')}"
    headed = f"# T\n## Step 1: Undo\n{entry}"
    for document in (text, headed):
        (procedure,) = imported(document).checklist.procedures
        assert [step.argv[-1:] for step in procedure.steps] == [("pods",)]
        assert "pods are gone" in procedure.steps[0].text


@pytest.mark.parametrize("code", ["replicas: 3", "server is up", "/etc/hosts"])
def test_code_that_is_no_known_command_does_not_run(code: str) -> None:
    (procedure,) = imported(f"## Rollback\n1. Wait for\n\n   `{code}`\n").checklist.procedures
    assert [(step.argv, step.text) for step in procedure.steps] == [((), code)]


@pytest.mark.parametrize("title", ["Rollback", "Rollback steps", "Rollback checklist", "5. Rollback plan"])
def test_boxes_below_a_rollback_are_its_steps(title: str) -> None:
    result = imported(f"# T\n- [ ] one\n## {title}\n- [ ] `kubectl rollout undo deploy/a`\n- [x] tell support\n")
    (procedure,) = result.checklist.procedures
    assert [step.title for step in procedure.steps] == ["kubectl rollout undo deploy/a", "tell support"]
    assert procedure.steps[0].argv[-1] == "deploy/a"
    assert [item.title for item in result.checklist.items] == ["one"]


def test_boxes_that_check_a_rollback_are_items_and_those_of_its_execution_apply_in_one_case_only() -> None:
    execution = "## Rollback execution\n- [ ] users are informed\n- [ ] revert it\n"
    result = imported(f"# T\n{execution}## Rollback\n- [ ] rollback was tested\n")
    assert [bool(item.text) for item in result.checklist.items] == [True, True, False]
    assert not result.checklist.procedures


@pytest.mark.parametrize(
    "title",
    [
        "Don'ts ❌",
        "Go-live do's",
        "Best practices",
        "Key metrics to watch",
        "Requirements (must read)",
        "Common issues",
    ],
)
def test_numbered_lists_of_advice_are_no_procedures(title: str) -> None:
    assert not imported(f"# T\n- [ ] one\n## {title}\n1. skip testing\n2. work alone\n").checklist.procedures


def test_numbered_steps_beside_one_with_boxes_below_it_are_a_procedure() -> None:
    result = imported(
        """\
        ## Procedure
        1. Stop the writers
        2. Promote:

               psql -c 'select pg_promote()'

        3. Verify
           - [ ] writes work
        """
    )
    (procedure,) = result.checklist.procedures
    assert [(step.title, bool(step.argv)) for step in procedure.steps] == [
        ("Stop the writers", False),
        ("Promote", True),
    ]
    assert titles(result) == {"Procedure / Verify": ["writes work"]}
    assert not result.lost
