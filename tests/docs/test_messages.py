"""The example of docs/messages.md is a part of a cockpit file without mistakes, and its tables name everything."""

import re
from pathlib import Path

from mmcockpit.core.model.messages.channels import Announced, ChannelKind
from tests.docs.examples import DOCS, blocks, findings

GUIDE = (DOCS / "messages.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `([^`]+)` \|", GUIDE, re.MULTILINE)


def test_the_example_has_no_mistakes_and_no_warnings(tmp_path: Path) -> None:
    head = "name: Guide\nenvironment: test\n"
    assert findings(tmp_path, head, "", "".join(blocks("messages"))) == ([], [])


def test_every_kind_of_channel_and_every_word_of_on_has_a_row() -> None:
    assert [*ChannelKind, *Announced] == ROWS
