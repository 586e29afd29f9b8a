"""Writes values as YAML 1.2 that reads back as the same values."""

import re
from collections.abc import Container
from typing import Any

import yaml

from mmcockpit.config.text.document import Place
from mmcockpit.config.text.variables import filled_later
from mmcockpit.config.text.yaml import is_plain_text

_PLAIN = re.compile(r"[A-Za-z][\w ./()&+'-]*")
"""Text that needs no quotes in any YAML version, unless it is a special word of YAML 1.1."""
_OPENING = re.compile(r"\$\{(?:(?<!\$\$\{)([\w.-]+)\})?")
"""The beginning of a variable, or all of one whose name is plain."""
_BLOCK = re.compile(r"\S[^\n]*(\n(\s*\S[^\n]*)?)*")
"""Text of several lines that can be a block: the first line is not indented."""
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])


class _Dumper(yaml.SafeDumper):
    """Block style, lists indented below their key, quotes where a parser of any YAML version could misread text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    if "\n" in text and _BLOCK.fullmatch(text) and text.isascii():
        # PyYAML itself takes quotes where a block cannot hold the text.
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    bare = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text == text.strip() and is_plain_text(text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if bare else '"')


_Dumper.add_representer(str, _text)


def write(values: dict[str, Any], variables: Container[str] = ()) -> str:
    """Return the values as a YAML text; `$${` keeps a literal `${`, which the names in commands do not need.

    `${name}` of these variables stays a variable.
    """
    return yaml.dump(_escaped(values, (), variables), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _escaped(value: Any, place: Place, variables: Container[str]) -> Any:
    match value:
        case str():
            return _OPENING.sub(
                lambda match: (
                    match[0] if match[1] in variables or filled_later(place, match[1] or "") else f"${match[0]}"
                ),
                value,
            )
        case dict():
            return {key: _escaped(part, (*place, key), variables) for key, part in value.items()}
        case list():
            return [_escaped(part, (*place, n), variables) for n, part in enumerate(value)]
    return value
