"""The examples of a page of the guide: its YAML blocks, and what `check` finds in one of them."""

import re
from pathlib import Path
from typing import Any

from mmcockpit import sources
from mmcockpit.config.load import check_file

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str = "yaml") -> list[str]:
    """Return the blocks of a page in a language, in order."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return found


def findings(folder: Path, head: str, checklist: str, example: str) -> tuple[list[str], list[str]]:
    """Return the mistakes and the warnings of a cockpit file with this head, its checklist in `list.yaml`."""
    (folder / "list.yaml").write_text(checklist, encoding="utf-8")
    (folder / "cockpit.yaml").write_text(head + example, encoding="utf-8")
    warnings: list[Any] = []
    mistakes = check_file(folder / "cockpit.yaml", sources, warnings)
    return [str(error) for error in mistakes], [str(one) for one in warnings]
