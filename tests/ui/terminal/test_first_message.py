"""The first message of a live screen: everything that is wrong with how it was started."""

from pathlib import Path

import pytest

from mmcockpit.cli import live
from mmcockpit.config.results import Appearance
from mmcockpit.core.facts.event import SessionMode
from mmcockpit.core.model.layout import AttentionSettings
from mmcockpit.ui import app
from mmcockpit.ui.render.themes import COCKPIT_DARK
from tests.core.sessions import manual, plan


class Said(Exception):
    """Raised with the first message instead of showing a screen."""


class Screen:
    """A screen that ends with its first message."""

    def __init__(self, *args: object, **options: object) -> None:
        pass

    def say(self, text: str, role: str = "text") -> None:
        raise Said(text)


@pytest.mark.parametrize("problems", [(), ("keymap.yaml:2:8: unknown action 'tik'",)])
@pytest.mark.parametrize("not_shared", ["", "the session cannot be joined: no room"])
def test_mistakes_of_a_keymap_are_reported_beside_a_session_that_cannot_be_joined(
    not_shared: str, problems: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "prepare_process", lambda: None)
    monkeypatch.setattr(live, "share", lambda engine, path: not_shared)
    monkeypatch.setattr(app, "CockpitApp", Screen)
    journal = tmp_path / "night" / "journal.jsonl"
    engine, path = live.open_session(plan(manual("a")), {}, "ana", SessionMode.LIVE, journal)
    appearance = Appearance((COCKPIT_DARK,), {}, AttentionSettings(), problems)
    wrong = "; ".join(filter(None, (not_shared, *problems)))
    with pytest.raises(Said) as said:
        live.show(engine, path, appearance, mouse=False, notice="welcome")
    engine.record.close(engine.session.seq + 1, engine.clock.now())
    assert str(said.value) == (wrong or "welcome")
