"""Every example of docs/procedures.md is a checklist without mistakes, and every key of a step has an example."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmcockpit import sources
from mmcockpit.config.load import check_file
from mmcockpit.config.models.checklist import ItemStepEntry
from mmcockpit.config.models.fields import FileModel
from mmcockpit.config.models.procedure import AskEntry, ProcedureEntry, RetryEntry, StepEntry, WaitEntry

GUIDE = (Path(__file__).parents[2] / "docs" / "procedures.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
HEAD = """\
name: guide
signals:
  error_rate: {prometheus.query: a, pass: value < 0.01}
  rollout: {cluster.rollout: deployment/shop, pass: value.complete}
"""


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_guide_has_no_mistakes(tmp_path: Path, example: str) -> None:
    (tmp_path / "guide.yaml").write_text(HEAD + example, encoding="utf-8")
    assert [str(error) for error in check_file(tmp_path / "guide.yaml", sources)] == []


def keys_of(value: Any) -> Iterator[str]:
    """Yield every key in a document."""
    for key, part in value.items() if isinstance(value, dict) else ():
        yield str(key)
        yield from keys_of(part)
    for part in value if isinstance(value, list) else ():
        yield from keys_of(part)


@pytest.mark.parametrize("model", [ProcedureEntry, StepEntry, RetryEntry, WaitEntry, AskEntry, ItemStepEntry])
def test_every_key_has_an_example(model: type[FileModel]) -> None:
    shown = {key for example in EXAMPLES for key in keys_of(yaml.safe_load(example))}
    assert {field.alias or name for name, field in model.model_fields.items()} - shown == set()
    assert {"procedure", "assignee", "needs", "estimate"} <= shown
