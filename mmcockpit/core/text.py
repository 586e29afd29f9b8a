"""Sanitising of foreign text: `clean` on input, `plain` for one line of the screen."""

LIMIT = 4096
"""Characters kept of one foreign text by default."""

_BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF]
_CLEAN: dict[int, int | str | None] = {
    **{code: 0x2400 + code for code in range(0x20)},
    **dict.fromkeys(range(0x7F, 0xA0), "\N{REPLACEMENT CHARACTER}"),
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),
    **dict.fromkeys([0x2028, 0x2029], "\n"),
    **dict.fromkeys(_BIDI),
    ord("\n"): "\n",
    ord("\t"): "    ",
}


def clean(text: str, limit: int = LIMIT) -> str:
    """Return foreign text without control sequences that a terminal would interpret, at most `limit` characters long.

    C0 controls become visible pictures (U+2400 block), DEL, C1 and lone surrogates U+FFFD, bidi controls are dropped, a
    tab becomes four spaces, line feeds stay. Truncated text ends in an ellipsis.
    """
    if len(text) <= limit and text.isprintable():
        # Nothing that is replaced below is printable: controls, bidi characters, line feeds, lone surrogates.
        return text
    safe = text[: limit + 1].replace("\r\n", "\n").translate(_CLEAN)
    return safe if len(safe) <= limit and len(text) <= limit else safe[: max(limit - 1, 0)] + "…"


def plain(text: str, limit: int = LIMIT) -> str:
    """Return foreign text as one sanitised line: cleaned again, with every run of white space as a single space."""
    return " ".join(clean(text, limit).split())
