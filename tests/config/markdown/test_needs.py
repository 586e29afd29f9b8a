"""What items of a Markdown checklist need: names, numbers and ids, and the mistakes in them."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.cli import BAD_FILE, main
from mmcockpit.config.checklist.export import to_yaml
from mmcockpit.config.checklist.needed_items import MOST_HINTS
from mmcockpit.config.load import check_file
from mmcockpit.config.text.error import FileError, FileWarning
from tests.config.files import load_checklist
from tests.config.markdown.reading import imported

PLAN = """\
# Shop
## Before
- [ ] Freeze deploys
- [ ] Warm the caches
  - Needs: freeze deploys
  - Assignee: @ana
- [ ] Copy, compare (Needs: Before / Before / Warm the caches)
- [ ] Upload
  - [ ] check sums
- [ ] Tell
  - Needs:
    - `Copy, compare`
    - check sums
  - Depends on: the night shift, Upload
## During
| # | Item | Depends on |
|---|------|------------|
| 1 | Switch | Tell |
| 2 | Look | 1, #3 |
| 3 | Wait | |
"""
NEEDS = {
    "before/before/warm-the-caches": ("before/before/freeze-deploys",),
    "before/before/copy-compare": ("before/before/warm-the-caches",),
    "before/before/tell": ("before/before/copy-compare", "before/before/upload-check-sums", "before/before/upload"),
    "during/during/switch": ("before/before/tell",),
    "during/during/look": ("during/during/switch", "during/during/wait"),
}


def test_items_are_found_by_title_path_list_and_number_and_load_again(tmp_path: Path) -> None:
    result = imported(PLAN)
    assert {item.id: item.needs for item in result.checklist.items if item.needs} == NEEDS
    assert [(item.assignee, item.text) for item in result.checklist.items if item.assignee or item.text] == [
        ("ana", ""),
        ("", "Depends on: the night shift"),
    ]
    assert result.notes == ()
    (tmp_path / "again.yaml").write_text(to_yaml(result.checklist), encoding="utf-8")
    assert {item.id: item.needs for item in load_checklist(tmp_path / "again.yaml").items if item.needs} == NEEDS


PAGE = Path(__file__).parents[3] / "docs" / "imports.md"


def test_the_example_of_the_docs_is_taken_as_the_page_explains() -> None:
    example = PAGE.read_text(encoding="utf-8").partition("```markdown\n")[2].partition("```\n")[0]
    result = imported(example)
    freeze, warm, tell, lag, switch = result.checklist.items
    assert (freeze.role, freeze.estimate, tell.required) == ("release", 300.0, False)
    assert (warm.assignee, warm.estimate, warm.steps[0].command) == ("ana", 1200.0, "./warm.sh --all")
    assert (warm.needs, switch.needs) == ((freeze.id,), (lag.id, warm.id))
    (rollback,) = result.checklist.procedures
    assert [bool(step.argv) for step in rollback.steps] == [True, False]
    assert not result.lost


MISTAKES = """\
## One
- [ ] a
  - Needs: b
- [ ] b (Needs: c)
- [ ] c
  - Needs: a
- [ ] d
  - Needs: d
- [ ] e
  - owner: ops
  - Needs: latr; a
- [ ] f
  - Needs: twice
## Two
- [ ] later
- [ ] g
  - Depends on: twice
### One
- [ ] twice
### Two
- [ ] twice
## Three
- [ ] h
  - Needs: twice
- [ ] i
  - Depends on: j
## Four
- [ ] j
"""
EXPECTED = [
    (3, "items need each other: one/one/a -> one/one/b -> one/one/c -> one/one/a; remove one of the needs"),
    (8, "item 'd' needs itself; remove this"),
    (11, "unknown item 'latr'; did you mean 'later'?"),
    (13, "'twice' is 2 items; write one of two/one/twice, two/two-2/twice"),
    (24, "'twice' is 2 items; write one of two/one/twice, two/two-2/twice"),
]


def test_mistakes_of_needs_have_their_line_and_way_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "list.md"
    path.write_text(MISTAKES, encoding="utf-8")
    assert [(error.line, error.message) for error in check_file(path, sources)] == EXPECTED
    with pytest.raises(FileError) as caught:
        load_checklist(path)
    assert [(error.line, error.message) for error in caught.value.errors] == EXPECTED
    # An import takes the rest, reports what it does not take, and writes a file that `check` accepts.
    out = tmp_path / "out.yaml"
    assert main(["import", str(path), "-o", str(out)]) == 0
    printed = capsys.readouterr().err
    assert all(f"{path}:{line}: {message}" in printed for line, message in EXPECTED)
    assert f"{path}:17: only in the text: 'twice' is 2 items" in printed
    assert f"{path}:26: only in the text: 'j' is in a later phase" in printed
    assert "not taken: 5 places" in printed
    assert check_file(out, sources) == []
    needs = {item.title: item.needs for item in load_checklist(out).items if item.needs}
    assert needs == {"b": ("one/one/c",), "c": ("one/one/a",), "e": ("one/one/a",)}
    assert main(["import", "--strict", str(path)]) == BAD_FILE


ALIKE = """\
## Before
- [ ] One
- [ ] Load
  - [ ] count
## During
- [ ] One
  - Needs: {}
- [ ] Copy
  - [ ] count
    - Needs: count
## After
- [ ] One
"""


def test_an_item_that_names_itself_learns_which_others_have_its_title(tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text(ALIKE.format("One"), encoding="utf-8")
    assert [(error.line, error.message) for error in check_file(path, sources)] == [
        (
            7,
            "item 'One' needs itself; if you mean another item of this title, write before/before/one; "
            "else remove this",
        ),
        (
            10,
            "item 'Copy: count' needs itself; if you mean another item of this title, "
            "write before/before/load-count; else remove this",
        ),
    ]
    path.write_text(ALIKE.format("before/before/one").replace("Needs: count", "Needs: load"), encoding="utf-8")
    assert check_file(path, sources) == []
    assert load_checklist(path).phases[1].sections[0].items[0].needs == ("before/before/one",)


def test_a_cockpit_refuses_the_mistakes_of_its_markdown_checklist(tmp_path: Path) -> None:
    (tmp_path / "list.md").write_text("- [ ] a\n  - Needs: nothing like it\n", encoding="utf-8")
    cockpit = tmp_path / "cockpit.yaml"
    cockpit.write_text(
        "name: Shop\nenvironment: test\nchecklist: list.md\npeople: [{name: ana}, {name: bo}]\n", encoding="utf-8"
    )
    (error,) = check_file(cockpit, sources)
    assert (Path(error.file).name, error.line) == ("list.md", 2)
    assert error.message.startswith("unknown item 'nothing like it'")
    (tmp_path / "list.md").write_text("- [ ] a\n  - Assignee: ana\n- [ ] b\n  - Assignee: anna\n", encoding="utf-8")
    warnings: list[FileWarning] = []
    assert check_file(cockpit, sources, warnings) == []
    strangers = [str(warning).rpartition("/")[2] for warning in warnings if "person" in str(warning)]
    assert strangers == ["list.md:3:1: warning: unknown person 'anna'; did you mean 'ana'?; add them to people"]


def test_only_the_first_of_many_unknown_names_get_a_hint() -> None:
    result = imported("".join(f"- [ ] item {n}\n  - Needs: itm {n}\n" for n in range(2 * MOST_HINTS)))
    hints = ["did you mean" in note.message for note in result.mistakes]
    assert hints == [True] * MOST_HINTS + [False] * MOST_HINTS
