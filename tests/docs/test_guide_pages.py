"""The pages of the guide: examples without mistakes, commands that exist, and messages that the program prints."""

import ast
import re
import shlex
from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.cli.commands import COMMANDS
from mmcockpit.config.load import check_file, kind_of
from mmcockpit.ui.actions.keymap import keymap_mistakes
from tests.docs.examples import DOCS, blocks, findings
from tests.e2e.pty_session import REPOSITORY

PAGES = (
    "writing-signals",
    "after-the-incident",
    "operations",
    "troubleshooting",
    "plain-text",
    "appearance",
    "cockpit-by-example",
)
HEAD = """\
name: Guide
environment: test
checklist: ./list.yaml
sources:
  prometheus: {kind: prometheus, url: "http://127.0.0.1:9090"}
  cluster: {kind: kubernetes, context: c, namespace: n}
  api: {kind: http, url: "http://127.0.0.1:8080"}
"""
LIST = "title: L\nphases: [{title: Release, sections: [{title: S, items: [{title: I}]}]}]\n"
TEXTS = {page: (DOCS / f"{page}.md").read_text(encoding="utf-8") for page in PAGES}


@pytest.mark.parametrize("example", blocks("writing-signals", "yaml"))
def test_an_example_of_a_signal_has_no_mistakes(tmp_path: Path, example: str) -> None:
    mistakes, _ = findings(tmp_path, HEAD, LIST, example)
    assert mistakes == []


def test_a_layout_a_theme_and_a_keymap_have_no_mistakes(tmp_path: Path) -> None:
    kinds = ["layout", "theme", "keymap"]
    for kind, example in zip(kinds, blocks("appearance", "yaml"), strict=True):
        path = tmp_path / f"{kind}.yaml"
        path.write_text(example, encoding="utf-8")
        assert kind_of(path) == kind
        assert check_file(path, sources, keymap_mistakes=keymap_mistakes) == [], kind


@pytest.mark.parametrize("page", PAGES)
def test_each_command_and_option_exists(page: str) -> None:
    reference = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    typed = re.findall(r"`mmcockpit ([^`\n]+)`", TEXTS[page])
    typed += [line.removeprefix("mmcockpit ") for block in blocks(page, "sh") for line in block.splitlines()]
    used = [shlex.split(line.split(" | ")[0], comments=True) for line in typed if not re.match(r"\w+ctl\b", line)]
    assert used
    for words in used:
        assert words[0] in COMMANDS, words
        section = reference.split(f"\n## mmcockpit {words[0]}\n")[1].split("\n## ")[0]
        assert [word for word in words if word.startswith("--") and word not in section] == [], words


def literals() -> str:
    """Return every text in the code, in which a message is looked for part by part."""
    parts: list[str] = []
    for path in sorted((REPOSITORY / "mmcockpit").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                parts.append(node.value)
    return "\n".join(parts)


def test_each_message_is_one_that_the_program_prints() -> None:
    rows = re.findall(r"^\| (`.+?`.*?) \| .* \| .* \|$", TEXTS["troubleshooting"], re.MULTILINE)
    assert len(rows) > 30
    known = literals()
    parts = [part.strip(" .;:") for row in rows for cell in re.findall(r"`([^`]+)`", row) for part in cell.split("…")]
    assert [part for part in parts if part and part not in known] == []


def test_the_guide_leads_to_every_page() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = {path.stem for path in DOCS.glob("*.md")} - {"index"}
    assert {page for page in pages if not re.search(rf"^{page}$", index, re.MULTILINE)} == set()
