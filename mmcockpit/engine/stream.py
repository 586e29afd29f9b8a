"""Bytes of a stream to text that may be shown."""

import codecs

from mmcockpit.core.text import clean
from mmcockpit.sources.common.secrets import Secrets

LONGEST_LINE = 16 * 1024
"""Characters after which a line is cut that does not end."""


class Stream:
    """Decodes, strikes secrets out across the borders of pieces, cleans; gives out whole lines."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        """What is held back, as it was written: half a secret may be in it."""

    def lines(self, data: bytes, last: bool = False) -> str:
        """Return the lines that are whole with this piece, each with its line feed; the rest is kept for the next."""
        text = self._rest + self._decoder.decode(data, last)
        end = len(text) if last else self._end(text)
        text, self._rest = self._secrets.redact(text[:end]), text[end:]
        if text and not text.endswith("\n"):
            text += "\n"
        # A tab becomes four characters.
        return clean(text, 4 * len(text))

    def _end(self, text: str) -> int:
        """Return where the part ends that can be given out: behind a line, or inside of one that is too long."""
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
        # Nothing but secrets, one behind the other: all of it is struck out.
        return end if end > 0 else safe if len(text) > 4 * (LONGEST_LINE + secrets.longest) else 0

    def _parted(self, text: str, end: int) -> bool:
        """Return whether a cut here would part a secret."""
        reach, redact = self._secrets.longest, self._secrets.redact
        before, behind = text[max(0, end - reach) : end], text[end : end + reach]
        return redact(before + behind) != redact(before) + redact(behind)
