"""`${name}` in the strings of a file, replaced from the variables; `$${` is a literal `${`."""

import re
from collections.abc import Mapping
from typing import Any

from mmcockpit.config.document import Document, Place
from mmcockpit.config.error import FileError, did_you_mean
from mmcockpit.core.message import WORDS

_OF_COMMANDS = ("values.", "cluster.")
_REFERENCE = re.compile(r"\$\$\{|\$\{([^}\n]*)(\}?)")


def expand(document: Document, variables: Mapping[str, str], errors: list[FileError]) -> None:
    """Replace the references in every string of a document, but in `vars` itself; undefined names become errors."""
    if isinstance(document.value, dict):
        document.value = {
            key: value if key == "vars" else _visit(document, value, (key,), variables, errors)
            for key, value in document.value.items()
        }


def expand_text(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with its references replaced; KeyError for an undefined name."""
    return _REFERENCE.sub(lambda match: "${" if match[0] == "$${" else variables[match[1].strip()], text)


def read_vars(document: Document, errors: list[FileError]) -> dict[str, str]:
    """Return a document's `vars` as they are written (2.10 stays 2.10), without those that its model will refuse."""
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
    """Whether a name is filled in when a step runs or a message is sent: there it comes before a variable's."""
    match place:
        case ("procedures", _, "steps", _, "command", *_):
            return name.startswith(_OF_COMMANDS)
        case _:
            return _in_message(place) and name in WORDS


def _in_message(place: Place) -> bool:
    return len(place) == 3 and place[0] == "messages" and place[2] == "text"


def _visit(document: Document, value: Any, place: Place, variables: Mapping[str, str], errors: list[FileError]) -> Any:
    match value:
        case str() if "${" in value:
            return _replace(document, value, place, variables, errors)
        case dict():
            return {key: _visit(document, part, (*place, key), variables, errors) for key, part in value.items()}
        case list():
            return [_visit(document, part, (*place, n), variables, errors) for n, part in enumerate(value)]
    return value


def _replace(document: Document, text: str, place: Place, variables: Mapping[str, str], errors: list[FileError]) -> str:
    def one(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        name = match[1].strip()
        if match[2] and _filled_later(place, name):
            return f"${{{name}}}"
        if match[2] and name in variables:
            return variables[name]
        before = text[: match.start()].split("\n")
        if match[2] and name.startswith(_OF_COMMANDS):
            message = f"'{name}' is known in the command of a procedure's step only; write here what it means"
        elif match[2]:
            known = {*variables, *(WORDS if _in_message(place) else ())}
            message = f"no variable named '{name}'{did_you_mean(name, known)}; define it under vars:, or write $${{"
        else:
            message = "${ without a closing }; close it, or write $${ for the characters themselves"
        errors.append(document.error_inside(place, len(before), len(before[-1]) + 1, message))
        return match[0]

    return _REFERENCE.sub(one, text)
