"""Builds a YAML file with comments line by line."""

import json
import re
from typing import Any

from mmcockpit.config.text.yaml import is_plain_text
from mmcockpit.core.text import plain

WIDTH = 110
_FLOW_PLAIN = re.compile(r"[A-Za-z][\w ./()&<>=+-]*", re.ASCII)
_BLOCK_PLAIN = re.compile(r"[A-Za-z(][\x20-\x7e]*")
"""Text that needs no quotes in a flow collection, and elsewhere."""
_BLOCK = re.compile(r"[\x21-\x7e][\x20-\x7e]*(\n[\x20-\x7e]+)*")
"""Lines that can be a block as they are."""
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
"""Texts that YAML 1.1 reads as something else."""
_UNPRINTABLE = re.compile("[^\x20-\x7e\u00a0-\u2027\u202f-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class YamlLines:
    """Lines of a YAML file; a part can be commented out as a whole."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        """The file."""
        return "\n".join(self._lines) + "\n"

    def blank(self) -> None:
        """Add an empty line, unless the last one is."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def line(self, text: str, indent: int = 0) -> None:
        """Add one line as it is written."""
        self._lines.append(f"{' ' * indent}{text}".rstrip())

    def comment(self, text: str, indent: int = 0) -> None:
        """Add a comment, wrapped between words."""
        line = ""
        for word in plain(text, 2000).split(" "):
            if line and indent + len(line) + len(word) > WIDTH:
                self.line(f"# {line}", indent)
                line = word
            else:
                line = f"{line} {word}".strip()
        self.line(f"# {line}", indent)

    def entry(self, key: str, value: Any, indent: int = 0) -> None:
        """Add a key with its value: text of several lines as a block, everything else in YAML's flow style."""
        if isinstance(value, str) and "\n" in value.strip("\n") and _BLOCK.fullmatch(value.strip("\n")):
            self.line(f"{key}: |", indent)
            for part in value.strip("\n").split("\n"):
                self.line(part.replace("${", "$${"), indent + 2)
            return
        self.line(f"{key}: {_written(value, _BLOCK_PLAIN)}", indent)

    def append(self, other: "YamlLines", indent: int = 0, off: bool = False) -> None:
        """Add the lines of another part, commented out if it is off."""
        for line in other._lines:
            self.line(f"# {line}" if off else line, indent)


def flow(value: Any) -> str:
    """Return a value in YAML's flow style, on one line; `$${` keeps a literal `${`."""
    return _written(value, _FLOW_PLAIN)


def _written(value: Any, bare: re.Pattern[str]) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{flow(str(key))}: {flow(part)}" for key, part in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(flow, value)) + "]"
        case None | bool() | int() | float():
            return json.dumps(value)
    return _scalar(str(value).replace("${", "$${"), bare)


def _scalar(text: str, bare: re.Pattern[str]) -> str:
    special = text.lower() in _WORDS or text.endswith(":") or ": " in text or " #" in text or text != text.strip()
    if bare.fullmatch(text) and not special and is_plain_text(text):
        return text
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
