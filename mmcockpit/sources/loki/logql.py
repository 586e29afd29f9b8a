"""The parts of LogQL that the cockpit reads itself: selectors of streams, and whether brackets and quotes close."""

import re
from collections.abc import Iterator

_PIECE = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|#[^\n]*|[{}()\[\]"`]')
_CLOSES = {")": "(", "]": "[", "}": "{"}


def stream_selectors(query: str) -> tuple[str, ...]:
    """Return the selectors of streams in a query, such as `{app="shop"}`, each once."""
    found, start = list[str](), -1
    for piece in _PIECE.finditer(query):
        if piece[0] == "{":
            start = piece.start()
        elif piece[0] == "}" and start >= 0:
            found.append(query[start : piece.end()])
            start = -1
    return tuple(dict.fromkeys(found))


def unbalanced(query: str) -> tuple[str, int, int] | None:
    """Return why brackets or quotes do not match, with line and column (from 1); None if they do."""
    opened = list[tuple[str, int]]()
    for piece, at in _brackets(query):
        if piece in '"`':
            return f"the quote {piece} is not closed", *_place(query, at)
        if piece not in _CLOSES:
            opened.append((piece, at))
        elif not opened or opened.pop()[0] != _CLOSES[piece]:
            return f"{piece} closes nothing that is open", *_place(query, at)
    if opened:
        return f"{opened[-1][0]} is not closed", *_place(query, opened[-1][1])
    return None


def _brackets(query: str) -> Iterator[tuple[str, int]]:
    """Yield every bracket outside of texts and comments, and every quote without its end, with its place."""
    for piece in _PIECE.finditer(query):
        if len(piece[0]) == 1 and piece[0] != "#":
            yield piece[0], piece.start()


def _place(query: str, at: int) -> tuple[int, int]:
    before = query[:at]
    return before.count("\n") + 1, at - before.rfind("\n")
