"""Every example of docs/logs-and-images.md is a part of a cockpit file without mistakes."""

import re
from pathlib import Path
from typing import Any

import pytest

from mmcockpit import sources
from mmcockpit.config.load import check_file

GUIDE = (Path(__file__).parents[2] / "docs" / "logs-and-images.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
HEAD = "name: Guide\nenvironment: test\nchecklist: ./list.yaml\n"
LIST = "title: L\nphases: [{title: Logs, sections: [{title: S, items: [{title: I}]}]}]\n"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_has_no_mistakes_and_no_warnings(tmp_path: Path, example: str) -> None:
    (tmp_path / "list.yaml").write_text(LIST, encoding="utf-8")
    (tmp_path / "cockpit.yaml").write_text(HEAD + example, encoding="utf-8")
    warnings: list[Any] = []
    assert [str(error) for error in check_file(tmp_path / "cockpit.yaml", sources, warnings)] == []
    assert [str(one) for one in warnings] == []
