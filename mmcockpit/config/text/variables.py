"""Replaces `${name}` in the strings of a file with variables; `$${` is a literal `${`."""

import re
from collections.abc import Mapping
from typing import Any

from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError, did_you_mean, quoted
from mmcockpit.core.rules.message import WORDS

_OF_COMMANDS = ("values.", "cluster.")
MOST_CHARACTERS = 4 * 1024 * 1024
"""Maximum number of characters of a file after its variables are replaced."""

LONGEST_PATH = 4096
"""Maximum number of characters of a path after its variables are replaced."""

_REFERENCE = re.compile(r"\$\$\{|\$\{([^}\n]*)(\}?)")


def expand(document: Document, variables: Mapping[str, str], errors: list[FileError]) -> None:
    """Replace the references in every string of a document except in `vars` itself; undefined names become errors.

    Raises FileError if the result is too large.
    """
    expansion = _Expansion(document, variables, errors)
    if isinstance(document.value, dict):
        document.value = {
            key: value if key == "vars" else expansion.visit(value, (key,)) for key, value in document.value.items()
        }


def expand_text(text: str, variables: Mapping[str, str]) -> str:
    """Return a path or name with its references replaced; KeyError for an undefined name or a long result."""
    longest = max(map(len, variables.values()), default=0)
    if text.count("${") * longest > LONGEST_PATH:
        raise KeyError(text[:LONGEST_PATH])
    return _REFERENCE.sub(lambda match: "${" if match[0] == "$${" else variables[match[1].strip()], text)


def read_vars(document: Document, errors: list[FileError]) -> dict[str, str]:
    """Return a document's `vars` as written (2.10 stays 2.10), without those that its model will reject."""
    written = document.value.get("vars") if isinstance(document.value, dict) else None
    found: dict[str, str] = {}
    for name, value in written.items() if isinstance(written, dict) else ():
        place: Place = ("vars", name)
        text = document.written.get(place, value)
        if not isinstance(text, str) or value is None:
            continue
        if "${" in text:
            errors.append(document.error(place, f"vars.{name} refers to another variable; write its value out"))
        else:
            found[name] = text
    return found


def _filled_later(place: Place, name: str) -> bool:
    """Return whether a name is filled in when a step runs or a message is sent; such a name wins over a variable."""
    match place:
        case ("procedures", _, "steps", _, "command", *_):
            return name.startswith(_OF_COMMANDS)
        case _:
            return _in_message(place) and name in WORDS


def _in_message(place: Place) -> bool:
    return len(place) == 3 and place[0] == "messages" and place[2] == "text"


class _Expansion:
    """Replaces the references of one document."""

    def __init__(self, document: Document, variables: Mapping[str, str], errors: list[FileError]) -> None:
        self._document = document
        self._variables = variables
        self._errors = errors
        self._room = MOST_CHARACTERS

    def visit(self, value: Any, place: Place) -> Any:
        """Return a value with its references replaced."""
        match value:
            case str() if "${" in value:
                return _REFERENCE.sub(lambda match: self._replaced(match, place), value)
            case dict():
                return {key: self.visit(part, (*place, key)) for key, part in value.items()}
            case list():
                return [self.visit(part, (*place, n)) for n, part in enumerate(value)]
        return value

    def _replaced(self, match: re.Match[str], place: Place) -> str:
        if match[0] == "$${":
            return "${"
        name = match[1].strip()
        if match[2] and _filled_later(place, name):
            return f"${{{name}}}"
        if match[2] and name in self._variables:
            text = self._variables[name]
            self._room -= len(text)
            if self._room < 0:
                raise self._document.error(place, "too much text once its variables are replaced; write less")
            return text
        self._errors.append(self._undefined(match, name, place))
        return match[0]

    def _undefined(self, match: re.Match[str], name: str, place: Place) -> FileError:
        before = match.string[: match.start()].split("\n")
        if match[2] and name.startswith(_OF_COMMANDS):
            message = f"'{name}' is known in the command of a procedure's step only; write here what it means"
        elif match[2]:
            known = {*self._variables, *(WORDS if _in_message(place) else ())}
            message = (
                f"no variable named{quoted(name)}{did_you_mean(name, known)}; define it under vars:, or write $${{"
            )
        else:
            message = "${ without a closing }; close it, or write $${ for the characters themselves"
        return self._document.error_inside(place, len(before), len(before[-1]) + 1, message)
