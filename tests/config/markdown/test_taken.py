"""Of every kind of checklist what a reader expects is taken, and no line is lost without a note."""

from pathlib import Path

import pytest

from tests.config.markdown.taken import HEADER, taken

FOLDER = Path(__file__).parents[2] / "data" / "markdown"
EXPECTED = {
    "boxes.md": (11, 0, 0),
    "branches.md": (5, 0, 0),
    "html.md": (3, 0, 0),
    "levels.md": (2, 0, 0),
    "parents.md": (5, 0, 0),
    "roles.md": (4, 0, 8),
    "steps.md": (0, 4, 1),
    "table.md": (3, 2, 7),
}
"""Items, steps and fields, counted by reading."""


def test_there_is_an_expectation_for_every_file() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.md")) == sorted(EXPECTED)
    print(f"\n{HEADER}\n" + "\n".join(taken(FOLDER / name).row(name) for name in EXPECTED))


@pytest.mark.parametrize("name", EXPECTED)
def test_the_expected_items_steps_and_fields_are_taken_and_no_line_is_lost(name: str) -> None:
    result = taken(FOLDER / name)
    assert (result.items, result.steps, result.fields) == EXPECTED[name]
    assert result.silent == ()


def test_a_line_that_is_dropped_without_a_note_counts_as_lost(tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text("- [ ] tell support\n\n[//]: # (hidden instructions)\n", encoding="utf-8")
    whole = taken(path)
    assert (whole.items, whole.noted + len(whole.silent)) == (1, 1)
