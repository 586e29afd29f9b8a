"""Converts a byte stream to text that is safe to show."""

import codecs

from mmcockpit.core.text import clean
from mmcockpit.sources.common.secrets import Secrets

LONGEST_LINE = 16 * 1024
"""Characters after which a line without an end is cut."""


class Stream:
    """Decodes, strikes out secrets that span several pieces, removes control characters; returns whole lines."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        """Text held back unredacted: it may end with a part of a secret."""

    def lines(self, data: bytes, last: bool = False) -> str:
        """Return the lines that this piece completes, each with its line feed; the rest is held back."""
        text = self._rest + self._decoder.decode(data, last)
        end = len(text) if last else self._end(text)
        text, self._rest = self._secrets.redact(text[:end]), text[end:]
        if text and not text.endswith("\n"):
            text += "\n"
        # A tab becomes four spaces.
        return clean(text, 4 * len(text))

    def _end(self, text: str) -> int:
        """Return the end of the part that can be returned: after a line, or inside one that is too long."""
        secrets = self._secrets
        safe = len(text) - secrets.begun(text)
        end = text.rfind("\n", 0, safe) + 1
        while end and secrets.in_lines and self._parted(text, end):
            end = text.rfind("\n", 0, end - 1) + 1
        if end or safe <= LONGEST_LINE + secrets.longest:
            return end
        end = safe - secrets.longest
        while end > 0 and self._parted(text, end):
            end -= secrets.longest
        # A run of secrets only: all of it is struck out.
        return end if end > 0 else safe if len(text) > 4 * (LONGEST_LINE + secrets.longest) else 0

    def _parted(self, text: str, end: int) -> bool:
        """Return whether a cut here would split a secret."""
        reach, redact = self._secrets.longest, self._secrets.redact
        before, behind = text[max(0, end - reach) : end], text[end : end + reach]
        return redact(before + behind) != redact(before) + redact(behind)
