"""The example of docs/messages.md is a part of a cockpit file without mistakes, and its tables name everything."""

import re
from pathlib import Path
from typing import Any

from mmcockpit import sources
from mmcockpit.config.load import check_file
from mmcockpit.core.model.messages.channels import Announced, ChannelKind

GUIDE = (Path(__file__).parents[2] / "docs" / "messages.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
ROWS = re.findall(r"^\| `([^`]+)` \|", GUIDE, re.MULTILINE)


def test_the_example_has_no_mistakes_and_no_warnings(tmp_path: Path) -> None:
    (tmp_path / "cockpit.yaml").write_text("name: Guide\nenvironment: test\n" + "".join(EXAMPLES), encoding="utf-8")
    warnings: list[Any] = []
    assert [str(error) for error in check_file(tmp_path / "cockpit.yaml", sources, warnings)] == []
    assert [str(one) for one in warnings] == []


def test_every_kind_of_channel_and_every_word_of_on_has_a_row() -> None:
    assert [*ChannelKind, *Announced] == ROWS
