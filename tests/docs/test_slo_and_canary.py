"""Every example of docs/slo-and-canary.md is a part of a cockpit file without mistakes."""

from pathlib import Path

import pytest

from tests.docs.examples import blocks, findings

HEAD = """\
name: Guide
environment: test
checklist: ./list.yaml
sources:
  prometheus: {kind: prometheus, url: 'http://127.0.0.1:9090'}
"""
LIST = "title: L\nphases: [{title: Canary, sections: [{title: S, items: [{title: I}]}]}]\n"


@pytest.mark.parametrize("example", blocks("slo-and-canary"))
def test_an_example_has_no_mistakes_and_no_warnings(tmp_path: Path, example: str) -> None:
    assert findings(tmp_path, HEAD, LIST, example) == ([], [])
