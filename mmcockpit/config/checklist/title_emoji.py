"""Strips emoji before titles, also those garbled by a wrong decoding."""

import re
import unicodedata

LONGEST_TITLE = 2_000
"""Characters of a title that are examined; the rest is never shown."""

_ASCII_WORD = re.compile(r"[A-Za-z0-9]")
_DECODINGS = ("cp1252", "mac_roman", "cp437", "cp850")
"""Encodings that UTF-8 is most often mistaken for; cp1252 includes latin-1."""


def without_emoji(title: str) -> str:
    """Return a title without the symbols before its first word: `🔐 Security`, `ðŸ” Security`, `?? Security`."""
    rest = title.strip(" ")[:LONGEST_TITLE]
    while True:
        head, space, tail = rest.partition(" ")
        if not space or not tail.strip() or not _is_emoji(head):
            return rest.strip()
        rest = tail.lstrip(" ")


def _is_emoji(word: str) -> bool:
    if _ASCII_WORD.search(word) or word in ("&", "+"):
        return False
    return not any(_is_letter(char) for char in word) or any(_was_symbol(word, name) for name in _DECODINGS)


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN"


def _was_symbol(word: str, decoding: str) -> bool:
    """Return whether the word is a sequence of UTF-8 symbols that was decoded wrongly, possibly more than once."""
    for _ in range(3):
        raw = b"".join(_bytes_of(char, decoding) for char in word)
        if len(raw) < 2 or raw[0] < 0xC2 or not 0x80 <= raw[1] < 0xC0:
            return False
        word = raw.decode("utf-8", "replace")
        if not any(_is_letter(char) for char in word):
            return True
    return False


def _bytes_of(char: str, decoding: str) -> bytes:
    try:
        return char.encode(decoding)
    except UnicodeEncodeError:
        code = ord(char)
        return bytes([code]) if 0x80 <= code <= 0xFF and decoding == "cp1252" else b""
