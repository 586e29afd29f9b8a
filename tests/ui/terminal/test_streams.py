"""Characters that an encoding lacks are drawn as others, as wide as they are."""

import pytest

from mmcockpit.ui.terminal_streams import in_ascii


@pytest.mark.parametrize(
    ("text", "drawn"),
    [("━1─┬│…", "=1-+|~"), ("▾ ▸", "- +"), ("╭╮", "++"), ("⠀⣿", " *"), ("日本", "????"), ("é", "?"), ("e\u0301", "e")],
)
def test_a_character_is_drawn_in_as_many_cells(text: str, drawn: str) -> None:
    shown = ""
    while text:
        try:
            shown, text = shown + text.encode("ascii").decode(), ""
        except UnicodeEncodeError as error:
            part, behind = in_ascii(error)
            shown, text = shown + text[: error.start] + part, text[behind:]
    assert shown == drawn
