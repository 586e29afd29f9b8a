"""Items that are meant by a wrong name."""

import pytest

from mmcockpit.core.state.item_names import similar_items
from tests.core.sessions import Story, manual, plan


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("smoke", ("ready/s/smoke-tests", "ready/s/smoke-alarm")),
        ("smoke-tets", ("ready/s/smoke-tests",)),
        ("backups", ("ready/s/backup",)),
        ("zzz", ()),
        ("", ()),
        ("x" * 5000, ()),
    ],
)
def test_a_wrong_name_of_an_item_leads_to_those_with_a_similar_name(text: str, meant: tuple[str, ...]) -> None:
    story = Story(plan(*map(manual, ("smoke-tests", "smoke-alarm", "backup"))))
    assert similar_items(story.session, text) == meant
