"""Blocks of commands as people write them: what runs alone, what belongs together, and what must not run."""

import pytest

from mmcockpit.config.markdown.shell.commands import commands
from tests.config.markdown.reading import imported

PLACE = "has a placeholder to fill in"


def read(text: str) -> list[tuple[str, str]]:
    """Return each command of a block with why it cannot run, and what belongs to one with its label."""
    return [(shell.written, shell.label or shell.why) for shell in commands(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cd /srv\ngit pull\n", [("cd /srv", "needs a shell (cd)"), ("git pull", "depends on `cd` before it")]),
        (
            "export A=b\nrun\nrun >x\n",
            [
                ("export A=b", "needs a shell (export)"),
                ("run", "depends on `export` before it"),
                ("run >x", "needs a shell (>)"),
            ],
        ),
        (
            "for i in 1 2; do\n  run\ndone\nrun\n",
            [
                ("for i in 1 2; do", "needs a shell (for)"),
                ("run", "depends on `for` before it"),
                ("done", "needs a shell (done)"),
                ("run", ""),
            ],
        ),
        ("set -eu\nrun\n", [("set -eu", "needs a shell (set)"), ("run", "")]),
        ("a |\n  b\nrun\n", [("a | b", "needs a shell (|)"), ("run", "")]),
        ("a &&\n\nrun\n", [("a &&", "needs a shell (&)"), ("run", "")]),
        (
            "run <<EOF\na: 1\n\nb: 2\nEOF\nrun\n",
            [
                ("run <<EOF", "needs a shell (<)"),
                ("a: 1", "Input"),
                ("b: 2", "Input"),
                ("EOF", "Input"),
                ("run", ""),
            ],
        ),
        ("run <<'EOF'\na: 1\n", [("run <<'EOF'", "needs a shell (<)"), ("a: 1", "Input")]),
        ("run '{\n  \"a\": 1\n}'\nrun\n", [("run '{\n  \"a\": 1\n}'", ""), ("run", "")]),
        ("run 'a\nrun b\n", [("run 'a", "has a quote that is not closed"), ("run b", "")]),
        ("$ run\nok\n# done\n$ run\n", [("run", ""), ("ok", "Output"), ("done", ""), ("run", "")]),
        ("ana@db-1:/srv$ run\nok\n", [("run", "its prompt is of ana@db-1"), ("ok", "Output")]),
        ("run [name]\nrun your-pod\nrun ...\n", [(f"run {each}", PLACE) for each in ("[name]", "your-pod", "...")]),
        (
            "├── local/\nterraform/live/\nmigrations/0016_a.SQL\nkind: Pod\n",
            [
                ("├── local/", "├── is no program"),
                ("terraform/live/", "terraform/live/ is no program"),
                ("migrations/0016_a.SQL", "migrations/0016_a.SQL is no program"),
                ("kind: Pod", "kind: is no program"),
            ],
        ),
        ("./run.sh\n/usr/bin/g++ a\nRscript a.R\n", [("./run.sh", ""), ("/usr/bin/g++ a", ""), ("Rscript a.R", "")]),
        ("grep '[a-z]' x\nrun ./...\n", [("grep '[a-z]' x", ""), ("run ./...", "")]),
    ],
)
def test_a_line_runs_only_if_it_is_a_command_of_its_own(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


def test_what_a_command_reads_stays_with_it_and_never_runs() -> None:
    result = imported(
        """\
        ## Rollback
        ```sh
        cat <<EOF > settings
        replicas: 3
        EOF
        kubectl patch deployment/a -p '{
          "spec": {}
        }'
        ```
        ## Before
        - [ ] patch it
          ```sh
          kubectl patch deployment/a -p '{
            "spec": {}
          }'
          cd /srv
          ```
        """
    )
    (procedure,) = result.checklist.procedures
    assert [step.argv[-1:] for step in procedure.steps] == [(), ('{\n  "spec": {}\n}',)]
    assert procedure.steps[0].text == "Command for a shell: cat <<EOF > settings\nInput: replicas: 3\nInput: EOF"
    (item,) = result.checklist.items
    assert [step.command for step in item.steps] == ["cd /srv"]
    assert item.text.startswith("Command: kubectl patch")


def test_commands_for_a_shell_keep_their_place_between_those_that_run() -> None:
    (procedure,) = imported(
        """\
        ## Rollback
        1. Move the data
           ```sh
           pg_dump shop | gzip > shop.gz
           ls -l $HOME
           kubectl delete pvc/old
           gunzip < shop.gz | psql shop
           kubectl get pvc
           ```
        """
    ).checklist.procedures
    assert [(step.title, bool(step.argv), step.text.count("for a shell")) for step in procedure.steps] == [
        ("Move the data (1 of 4)", False, 2),
        ("Move the data (2 of 4)", True, 0),
        ("Move the data (3 of 4)", False, 1),
        ("Move the data (4 of 4)", True, 0),
    ]


def test_a_password_in_a_url_is_neither_taken_nor_printed() -> None:
    result = imported(
        """\
        - [ ] ask postgres://bo:hunter2@db/shop and http://a:b:c@d@e/
        - nothing to take from redis://:hunter2@cache

        ## Rollback
        1. `psql "postgres://bo:hunter2@db/shop" -c vacuum`
        """
    )
    assert "hunter2" not in repr(result)
    assert result.checklist.procedures[0].steps[0].argv == ()
    assert [note.line for note in result.notes if "left out" in note.message] == [1, 2, 5]


def test_commands_that_never_end_are_shown_and_not_run() -> None:
    result = imported(
        "# T\n## Rollback\n1. Undo it\n   ```sh\n   kubectl rollout undo deploy/a\n   kubectl get pods -w\n   ```\n"
    )
    (procedure,) = result.checklist.procedures
    assert [(step.argv[-1:], step.text) for step in procedure.steps] == [
        (("deploy/a",), ""),
        ((), "Command for a shell: kubectl get pods -w"),
    ]
    assert [note.message for note in result.notes] == [
        "shown, not runnable: runs until it is stopped: kubectl get pods -w"
    ]


def test_a_comment_between_commands_describes_the_one_after_it() -> None:
    block = "```sh\n# look\nkubectl get pods\n# undo it\nkubectl rollout undo deploy/a\n# that is all\n```\n"
    (procedure,) = imported(f"# T\n## Step 1: Back\n{block}").checklist.procedures
    assert [step.text for step in procedure.steps] == ["look", "undo it\nthat is all"]
