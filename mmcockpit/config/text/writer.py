"""Writes values as YAML 1.2 that reads back as the same values."""

import re
from typing import Any

import yaml

from mmcockpit.config.text.yaml import is_plain_text

_PLAIN = re.compile(r"[A-Za-z][\w ./()&+'-]*")
"""Text that needs no quotes in any YAML version, unless it is a special word of YAML 1.1."""
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])


class _Dumper(yaml.SafeDumper):
    """Block style, lists indented below their key, quotes where a parser of any YAML version could misread text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    bare = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text == text.strip() and is_plain_text(text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if bare else '"')


_Dumper.add_representer(str, _text)


def write(values: dict[str, Any]) -> str:
    """Return the values as a YAML text; `$${` keeps a literal `${`."""
    return yaml.dump(_escaped(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _escaped(value: Any) -> Any:
    match value:
        case str():
            return value.replace("${", "$${")
        case dict():
            return {key: _escaped(part) for key, part in value.items()}
        case list():
            return [_escaped(part) for part in value]
    return value
