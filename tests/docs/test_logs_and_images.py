"""Every example of docs/logs-and-images.md is a part of a cockpit file without mistakes."""

from pathlib import Path

import pytest

from tests.docs.examples import blocks, findings

HEAD = "name: Guide\nenvironment: test\nchecklist: ./list.yaml\n"
LIST = "title: L\nphases: [{title: Logs, sections: [{title: S, items: [{title: I}]}]}]\n"


@pytest.mark.parametrize("example", blocks("logs-and-images"))
def test_an_example_has_no_mistakes_and_no_warnings(tmp_path: Path, example: str) -> None:
    assert findings(tmp_path, HEAD, LIST, example) == ([], [])
