"""Core mentions no key: a sentence names an action by the effective keymap, or by its command."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from mmcockpit import core
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.words.keys import NO_KEYS, press
from mmcockpit.core.words.refusals import SENTENCES, refusal_words

CORE = Path(core.__file__).parent
KEYS = re.compile(
    r"\b(?:Ctrl|Alt|Shift)\+|\b(?:[Pp]ress|keys?) `?[A-Za-z!?]`?(?![\w{])|\b(?:Esc|PgUp|PgDn|Backspace)\b"
    r"|(?:^|[:;(,] ?)[A-Za-z!?] (?:again )?(?:opens|takes|lets|copies|ends|asks|goes|undoes|resumes|lists|decides)\b"
)
"""`Ctrl+C`, `press u`, `u takes that back`."""


def texts() -> Iterator[tuple[str, str]]:
    for path in sorted(CORE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path.name, node.value


class Asked(dict[str, str]):
    """A keymap that gives every action the same key, and keeps which actions were looked up."""

    def get(self, action: str, default: str | None = None) -> str:  # type: ignore[override]
        self[action] = "F9"
        return self[action]


def test_the_pattern_recognises_keys() -> None:
    earlier = ("X is done already, by ana: u takes it back", "end it first (Ctrl+C)", "E opens it", "press u to undo")
    assert all(map(KEYS.search, earlier))
    assert not KEYS.search("a reason is required; run :undo")


def test_no_text_of_core_names_a_key() -> None:
    core_texts = list(texts())
    assert len(core_texts) > 1_000
    assert [(name, text) for name, text in core_texts if KEYS.search(text)] == []


def test_an_action_is_named_by_its_key_or_by_its_command() -> None:
    assert press({"undo": "Ctrl+Z"}, "undo") == "press Ctrl+Z"
    assert press(NO_KEYS, "undo") == "run :undo"
    assert press({"undo": "u"}, "run_step") == "run :run-step"


def test_a_refusal_names_the_key_of_the_effective_keymap() -> None:
    refusal = Refusal(Code.ALREADY_DONE, "audit", by="bo")
    assert refusal_words(refusal) == "audit is already done by bo; run :undo to undo it"
    assert refusal_words(refusal, {"undo": "u"}) == "audit is already done by bo; press u to undo it"
    assert refusal_words(refusal, {"undo": "Ctrl+Z"}) == "audit is already done by bo; press Ctrl+Z to undo it"


def mentioned() -> set[str]:
    """Return the actions that refusals mention."""
    keys = Asked()
    for code in SENTENCES:
        refusal_words(Refusal(code), keys)
    return set(keys)


def test_refusals_mention_these_actions_only() -> None:
    assert mentioned() == {
        *("undo", "hold", "poll", "emergency", "run_step", "copy", "tick", "comment", "override"),
    }
