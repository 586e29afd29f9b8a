"""Bytes of a stream to text that may be shown."""

import codecs

from mmcockpit.core.text import clean
from mmcockpit.sources.secrets import Secrets

LONGEST_LINE = 16 * 1024
"""Characters after which a line is cut that does not end."""


class Stream:
    """Decodes, strikes secrets out across the borders of pieces, cleans; gives out whole lines."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def lines(self, data: bytes, last: bool = False) -> str:
        """Return the lines that are whole with this piece, each with its line feed; the rest is kept for the next."""
        text = self._secrets.redact(self._rest + self._decoder.decode(data, last))
        safe = len(text) if last else len(text) - self._secrets.begun(text)
        end = text.rfind("\n", 0, safe) + 1
        if last or (not end and safe > LONGEST_LINE):
            end = safe
        text, self._rest = text[:end], text[end:]
        if text and not text.endswith("\n"):
            text += "\n"
        # A tab becomes four characters.
        return clean(text, 4 * len(text))
