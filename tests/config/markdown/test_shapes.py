"""Checklists in the shapes that people really have: boxes, parents, roles, tables, steps, branches, levels."""

import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit import sources
from mmcockpit.config.checklist.export import to_yaml
from mmcockpit.config.load import check_file
from mmcockpit.config.markdown.lengths import length_s
from mmcockpit.config.markdown.reader import read_markdown
from mmcockpit.config.markdown.result import Imported
from mmcockpit.config.markdown.shell.commands import command
from mmcockpit.config.text.error import FileError
from mmcockpit.core.model.checklist import Contact, ItemStep
from mmcockpit.core.model.procedure import Danger
from tests.config.files import load_checklist
from tests.config.markdown.reading import titles

KUBE = ("--kubeconfig=${cluster.kubeconfig}", "--context=${cluster.context}")


def taken(text: str, *, plain_lists: bool = False, level: str = "") -> Imported:
    """Import a text, without the indentation of a test."""
    return read_markdown(textwrap.dedent(text), "list.md", plain_lists=plain_lists, level=level)


def lost(imported: Imported) -> list[tuple[int, str]]:
    return [(note.line, note.message) for note in imported.lost]


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("[ ]", ""),
        ("[]", ""),
        ("[x]", "done"),
        ("[X]", "done"),
        ("[-]", "crossed out"),
        ("[~]", "crossed out"),
        ("[>]", "neither"),
        (r"\[ \]", ""),
        ("☐", ""),
        ("⬜", ""),
        ("⬜\ufe0f", ""),
        ("☑", "done"),
        ("✅", "done"),
        ("✔\ufe0f", "done"),
        ("❌", "neither"),
        ("&#9744;", ""),
        (":white_check_mark:", "done"),
        (":black_square_button:", ""),
        ('<input type="checkbox">', ""),
        ('<input type="checkbox" checked>', "done"),
    ],
)
@pytest.mark.parametrize("bullet", ["-", "*", "+", "1."])
def test_every_kind_of_box_is_an_item_that_is_open(bullet: str, mark: str, said: str) -> None:
    imported = taken(f"{bullet} {mark} tell support\n")
    (item,) = imported.checklist.items
    assert item.title == "tell support"
    assert [note for note in imported.notes if not said or said not in note.message] == []
    assert bool(imported.notes) == bool(said)
    assert not imported.lost


def test_a_box_without_a_text_is_noted_with_its_line() -> None:
    assert lost(taken("- [ ] a\n- [ ]\n")) == [(2, "a box without a text")]


def test_a_link_or_a_citation_is_no_box() -> None:
    imported = taken("- [ ] a\n- [x](https://example.com)\n- [1] see there\n")
    assert [item.title for item in imported.checklist.items] == ["a"]
    assert len(imported.lost) == 2


def test_parents_without_boxes_are_sections_and_prefixes() -> None:
    imported = taken(
        """\
        # Release

        - Build
          - [ ] tag the commit
        - Publish
          - [ ] upload
            - [ ] compare checksums
          - tell
            - [ ] the list
            - deep
              - [ ] the forum
        """
    )
    assert titles(imported) == {
        "Release / Build": ["tag the commit"],
        "Release / Publish": ["upload", "upload: compare checksums", "tell: the list", "tell: deep: the forum"],
    }
    assert not imported.lost


def test_headings_of_any_level_are_phases_and_sections() -> None:
    flat = taken("### Before\n- [ ] a\n### After\n- [ ] b\n")
    deep = taken("# T\n## P\n### S\n#### Q\n- [ ] a\n## R\n- [ ] b\n")
    several = taken("# One\n- [ ] a\n# Two\n## Sub\n- [ ] b\n")
    assert titles(flat) == {"Before / Before": ["a"], "After / After": ["b"]}
    assert titles(deep) == {"P / S / Q": ["a"], "R / R": ["b"]}
    assert titles(several) == {"One / One": ["a"], "Two / Sub": ["b"]}


def test_a_bold_line_before_a_list_is_its_section() -> None:
    imported = taken("## Before\n**Network**\n\n- [ ] a\n\nDatabase:\n\n- [ ] b\n")
    assert titles(imported) == {"Before / Network": ["a"], "Before / Database": ["b"]}
    assert not imported.lost


@pytest.mark.parametrize(
    ("written", "title", "role"),
    [
        ("**(QA)** run the suite", "run the suite", "QA"),
        ("***(QA)*** run the suite", "run the suite", "QA"),
        ("**[Docs]** freeze the manual", "freeze the manual", "Docs"),
        ("(SRE) drain the pool", "drain the pool", "SRE"),
        ("warm the caches (Owner: backend, 20 min)", "warm the caches", "backend"),
        ("warm the caches (@bo)", "warm the caches", "bo"),
        ("see the plan (the long one)", "see the plan (the long one)", ""),
        ("**Deploy**: roll it out (owner: ana)", "Deploy", "ana"),
        ("**deploy** it now", "deploy it now", ""),
    ],
)
def test_a_role_before_or_after_a_title_is_a_field(written: str, title: str, role: str) -> None:
    (item,) = taken(f"- [ ] {written}\n").checklist.items
    assert (item.title, item.role) == (title, role)


def test_entries_below_an_item_are_its_fields() -> None:
    (item,) = taken(
        """\
        - [ ] **Cut over**
          - Owner: network
          - **Evidence:** link to the ticket
          - Time: T-0:15
          - Estimate: ~1h 30m
          - Runbook: [how](https://example.com/how)
          - Command: `kubectl get pods`
          - mind the cache

          More words.
        """
    ).checklist.items
    assert (item.title, item.role, item.evidence_required, item.estimate) == ("Cut over", "network", True, 5400.0)
    assert item.links == ("https://example.com/how",)
    assert item.text.split("\n") == [
        "Evidence: link to the ticket",
        "Planned time: T-0:15",
        "Runbook: how",
        "- mind the cache",
        "More words.",
    ]
    assert item.steps == (ItemStep(command="kubectl get pods"),)


def test_commands_of_an_item_are_its_steps_and_load_again_from_the_exported_file(tmp_path: Path) -> None:
    found = taken(
        """\
        # Shop

        - [ ] Copy the data
          - Command: `pg_dump shop | gzip > shop.gz`, then `ls -l shop.gz`
          - Run: the check of the night shift

          ```sh
          # first look
          $ kubectl get pods --selector=app=shop \\
              --namespace=shop
          pod/shop-1
          $ echo ${HOME}
          ```
        """
    ).checklist
    (item,) = found.items
    assert item.steps == (
        ItemStep(command="pg_dump shop | gzip > shop.gz"),
        ItemStep(command="ls -l shop.gz"),
        ItemStep("first look", "kubectl get pods --selector=app=shop  --namespace=shop"),
        ItemStep(command="echo ${HOME}"),
    )
    assert item.text == "Run: the check of the night shift\nOutput: pod/shop-1"
    (tmp_path / "again.yaml").write_text(to_yaml(found), encoding="utf-8")
    assert [one.steps for one in load_checklist(tmp_path / "again.yaml").items] == [item.steps]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20 min", 1200), ("~5m", 300), ("1.5 hours", 5400), ("1h 30m", 5400), ("2 days", 172_800), ("at 5", 0), ("", 0)],
)
def test_lengths_of_time_as_people_write_them(text: str, seconds: float) -> None:
    assert length_s(text) == seconds


def test_a_table_with_items_owners_and_states() -> None:
    imported = taken(
        """\
        ## Before
        | # | Item | Owner | Evidence | Status |
        |---|------|-------|----------|--------|
        | 1 | Replica lag below 5 s | database | panel | ⬜ |
        | 2 | Flag `v2` off | backend | | ✅ |
        | 3 | Entry drafted | | | n/a |
        | 4 | | | | |
        """
    )
    first, second, third = imported.checklist.items
    assert (first.title, first.role, first.evidence_required) == ("Replica lag below 5 s", "database", True)
    assert (second.title, second.role, third.role) == ("Flag v2 off", "backend", "")
    assert [note.line for note in imported.notes] == [5, 6, 7]
    assert lost(imported) == [(7, "not taken: a row without a title")]


def test_a_table_whose_first_column_is_the_box() -> None:
    imported = taken("| | Task | Due |\n|-|-|-|\n| ☐ | tell support | T-1h |\n| ☑ | freeze | |\n")
    assert [(item.title, item.text) for item in imported.checklist.items] == [
        ("tell support", "Planned time: T-1h"),
        ("freeze", ""),
    ]
    assert [note.line for note in imported.notes] == [4]


LEVELS = """\
| Check | A | B |
|---|---|---|
| Runbook | x | ✅ |
| On call | x | |
"""


def test_the_levels_of_a_table_are_in_the_text_and_choose_rows() -> None:
    everything, some = taken(LEVELS), taken(LEVELS, level="b")
    assert [(item.title, item.text) for item in everything.checklist.items] == [
        ("Runbook", "Levels: A, B"),
        ("On call", "Levels: A"),
    ]
    assert "--column NAME" in everything.notes[0].message
    assert [item.title for item in some.checklist.items] == ["Runbook"]
    assert [(note.line, note.message) for note in some.notes] == [(4, "left out: no mark in column B")]


def test_a_table_of_commands_is_a_procedure() -> None:
    (procedure,) = taken(
        """\
        ## Rollback
        | Step | Command | Expected |
        |---|---|---|
        | R1 | `kubectl rollout undo deployment/shop -n shop` | old pods |
        | Look at it | `kubectl get pods -n shop` | |
        """
    ).checklist.procedures
    first, second = procedure.steps
    assert first.argv == ("kubectl", *KUBE, "rollout", "undo", "deployment/shop", "-n", "shop")
    assert (first.danger, first.target, first.text) == (Danger.DANGEROUS, "shop", "Expected: old pods")
    assert (second.title, second.danger, second.target) == ("Look at it", Danger.READS, "")


def test_headings_of_steps_with_commands_are_one_procedure() -> None:
    imported = taken(
        """\
        # Move the broker
        ### Step 1 — Stop the writers
        ```bash
        # all of them
        kubectl --context old scale deployment/ingest \\
          --replicas=0
        ```
        Wait until it is empty.
        ### Step 2: Copy
        ```
        helm list | grep broker
        ```
        """
    )
    (procedure,) = imported.checklist.procedures
    first, second = procedure.steps
    assert (procedure.title, first.title, second.title) == ("Move the broker", "Stop the writers", "Copy")
    assert first.argv == ("kubectl", *KUBE, "scale", "deployment/ingest", "--replicas=0")
    assert first.text == "all of them\nWait until it is empty."
    assert (second.argv, second.text) == ((), "Command for a shell: helm list | grep broker")
    assert [note.message for note in imported.notes] == [
        "--context old is replaced by the watched cluster",
        "shown, not runnable: needs a shell (|): helm list | grep broker",
    ]


def test_numbered_steps_keep_their_commands() -> None:
    (procedure,) = taken(
        """\
        ## Rollback

        If it goes wrong:

        1. Scale down:
           ```sh
           $ kubectl scale deploy/a --replicas=0
           $ kubectl scale deploy/b --replicas=0
           ```
        2. `helm rollback shop 12`
        3. Tell support (5 min)
        """
    ).checklist.procedures
    assert (procedure.title, procedure.about) == ("Rollback", "If it goes wrong")
    assert [step.title for step in procedure.steps] == [
        "Scale down (1 of 2)",
        "Scale down (2 of 2)",
        "helm rollback shop 12",
        "Tell support",
    ]
    assert [step.target for step in procedure.steps] == ["a", "b", "shop", ""]
    assert procedure.steps[3].estimate == 300.0


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("a && b", "needs a shell (&)"),
        ("a > b", "needs a shell (>)"),
        ("cd /tmp", "needs a shell (cd)"),
        ("X=1 run", "needs a shell (X)"),
        ('echo "$HOME"', "needs a shell ($)"),
        ("ls *.yaml", "needs a shell (*)"),
        ("kubectl delete pod <name>", "has a placeholder to fill in"),
        ("echo 'a", "has a quote that is not closed"),
        ("bash -c 'a b'", "command line for bash"),
        ("kubectl -s https://other get pods", "-s selects another cluster"),
    ],
)
def test_a_command_for_a_shell_does_not_run(written: str, why: str) -> None:
    shell = command(written)
    assert not shell.argv
    assert why in shell.why


@pytest.mark.parametrize(
    ("written", "argv"),
    [
        ("psql -c 'select count(*) > 3 from t;'", ("psql", "-c", "select count(*) > 3 from t;")),
        (
            "kubectl get pods -o jsonpath='{.items}'  # all",
            ("kubectl", *KUBE, "get", "pods", "-o", "jsonpath={.items}"),
        ),
        ("kubectl exec p -- ls --context x", ("kubectl", *KUBE, "exec", "p", "--", "ls", "--context", "x")),
    ],
)
def test_a_plain_command_is_its_words(written: str, argv: tuple[str, ...]) -> None:
    assert command(written).argv == argv


def test_branches_say_that_they_apply_in_one_case_only() -> None:
    imported = taken("# T\n## T-0\n- [ ] decide\n### If ROLLBACK\n- [ ] restore DNS\n## T+24h\n- [ ] close\n")
    assert titles(imported) == {
        "T-0 / T-0": ["decide"],
        "T-0 / If ROLLBACK": ["restore DNS"],
        "T+24h / T+24h": ["close"],
    }
    texts = [item.text for item in imported.checklist.items]
    assert texts == ["", "Applicable only: If ROLLBACK. Otherwise mark it as not applicable.", ""]
    assert [note.line for note in imported.notes] == [4]


def test_contents_html_comments_and_footnotes() -> None:
    imported = taken(
        """\
        # Ready
        - [Security](#security)

        <details><summary>How</summary>

        Read it.

        </details>

        ## Security
        - [ ] <em>Model</em> reviewed <!-- by ana -->
        - [ ] keys &amp; secrets rotated [^1]

        [^1]: within 90 days
        [^2]: never used
        """
    )
    assert titles(imported) == {"Security / Security": ["Model reviewed", "keys & secrets rotated"]}
    assert [item.text for item in imported.checklist.items] == ["", "within 90 days"]
    assert lost(imported) == [
        (4, "not taken: <details><summary>How</summary>"),
        (6, "not taken: Read it."),
        (15, "not taken: [^2]: never used"),
    ]
    assert [note.line for note in imported.notes] == [2, 4, 6, 11, 15]


def test_bullets_without_boxes_are_items_on_request_only() -> None:
    text = "## Before\n- clusters are green\n- nobody deploys\n\n## Rollback\n1. undo it\n"
    without, with_them = taken(text), taken(text, plain_lists=True)
    assert not list(without.checklist.items)
    assert [line for line, _ in lost(without)] == [1, 2, 3]
    assert titles(with_them) == {"Before / Before": ["clusters are green", "nobody deploys"]}
    assert not with_them.lost
    with pytest.raises(FileError, match="import with --plain"):
        taken("- a\n- b\n")


def test_contacts_from_a_table_and_a_list() -> None:
    imported = taken("- [ ] a\n\n## Contacts\n| Role | Name | Phone |\n|-|-|-|\n| DBA | Bo | 12 |\n\n- **Lead**: Ana\n")
    assert imported.checklist.contacts == (Contact("DBA", "Bo, 12"), Contact("Lead", "Ana"))
    assert not imported.lost


FRONT = "---\nname: Release\nabout: minor ones\n---\n- [ ] a\n"


def test_front_matter_names_the_checklist() -> None:
    imported = taken(FRONT)
    assert imported.checklist.title == "Release"
    assert lost(imported) == [(3, "front matter is not taken: about: minor ones")]


def test_an_item_can_be_a_heading() -> None:
    imported = taken("## Launch\n### [ ] Sign off\nBy the lead.\n### ✅ Checks\n- [ ] a\n")
    assert titles(imported) == {"Launch / Launch": ["Sign off"], "Launch / Checks": ["a"]}
    assert next(imported.checklist.items).text == "By the lead."


LINES = [
    "# {}",
    "## {}",
    "### Step 1: {}",
    "#### [ ] {}",
    "- [ ] {}",
    "  - [x] {}",
    "- {}",
    "  - Owner: {}",
    "1. {}",
    "{}",
    "{}:",
    "**{}**",
    "| Item | Owner |\n|-|-|\n| {} | a |",
    "| Step | Command |\n|-|-|\n| {} | `ls` |",
    "```sh\nls {}\n```",
    "> {}",
    "```\n{}\n```",
    "<div>{}</div>",
    "<!-- {} -->",
    "[^1]: {}",
    "[{}]: https://example.com",
    "- **{}**: https://example.com",
    "- [ ] **{}**: text",
    "☐ {}",
    "- [{}](#there)",
    "1. [ ] {}",
    "",
    "## Rollback",
    "## Contacts",
    "---",
    "- [ ] see [this][{}]",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=14), st.booleans())
def test_no_line_is_lost_without_a_word(lines: list[str], plain_lists: bool) -> None:
    """Every line has a word of its own; it is in the checklist, or a note names its line or quotes it."""
    numbered = [line.replace("{}", f"word{n}end") for n, line in enumerate(lines)]
    text = "\n".join(["- [ ] first", *numbered])
    imported = read_markdown(text, "list.md", plain_lists=plain_lists)
    written = to_yaml(imported.checklist)
    noted = {line for note in imported.notes for line in range(note.line, max(note.line, note.last) + 1)}
    for place, line in enumerate(text.split("\n"), start=1):
        for word in (f"word{n}end" for n in range(len(lines)) if f"word{n}end" in line):
            assert word in written or place in noted, (text, word)


@pytest.mark.parametrize("file", ["list.md", "01-list.md", "список.md", f"{'long-' * 20}list.md"])
def test_what_is_imported_passes_check_and_loads_again(tmp_path: Path, file: str) -> None:
    document = "\n\n".join(line.replace("{}", f"word {n}") for n, line in enumerate(LINES))
    titles = "\n".join(f"## {title}\n- [ ] a\n" for title in ("1. Before", "Проверка", "x" * 90, "1. Before"))
    imported = read_markdown(f"{document}\n{titles}", file)
    path = tmp_path / "list.yaml"
    path.write_text(to_yaml(imported.checklist), encoding="utf-8")
    assert check_file(path, sources) == []
    assert load_checklist(path) == imported.checklist
