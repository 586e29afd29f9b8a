"""Replaces `${name}` in the strings of a file with variables; `$${` is a literal `${`."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from mmcockpit.config.text.document import Document, Mistake, Place, Report
from mmcockpit.config.text.error import did_you_mean, quoted

_OF_COMMANDS = re.compile(r"(values|cluster)\..*|[A-Za-z_][A-Za-z0-9_-]*\.(kubeconfig|context|server)")
"""Captured values, and the cluster of a source."""
MOST_CHARACTERS = 4 * 1024 * 1024
"""Maximum number of characters of a file after its variables are replaced."""

LONGEST_PATH = 4096
"""Maximum number of characters of a path after its variables are replaced."""

_REFERENCE = re.compile(r"\$\$\{|\$\{([^}\n]*)(\}?)")


class TooMuchText(Exception):
    """The text is too long once its variables are replaced."""


def expanded(value: Any, variables: Mapping[str, str], report: Report) -> Any:
    """Return a file's value with the references in every string replaced, except in `vars` itself.

    Undefined names are reported; TooMuchText if the result is too large, also reported.
    """
    expansion = _Expansion(variables, report)
    if not isinstance(value, dict):
        return value
    return {key: part if key == "vars" else expansion.visit(part, (key,)) for key, part in value.items()}


def expand_text(text: str, variables: Mapping[str, str]) -> str:
    """Return a path or name with its references replaced; KeyError for an undefined name or a long result."""
    longest = max(map(len, variables.values()), default=0)
    if text.count("${") * longest > LONGEST_PATH:
        raise KeyError(text[:LONGEST_PATH])
    return _REFERENCE.sub(lambda match: "${" if match[0] == "$${" else variables[match[1].strip()], text)


def references(text: str) -> list[str]:
    """Return the names of the variables in a text."""
    return [match[1].strip() for match in _REFERENCE.finditer(text) if match[0] != "$${"]


def read_vars(document: Document, report: Report) -> dict[str, str]:
    """Return a document's `vars` as written (2.10 stays 2.10), without those that its model will reject."""
    written = document.value.get("vars") if isinstance(document.value, dict) else None
    variables: dict[str, str] = {}
    for name, value in written.items() if isinstance(written, dict) else ():
        place: Place = ("vars", name)
        text = document.written.get(place, value)
        if not isinstance(text, str) or value is None:
            continue
        if "${" in text:
            report(Mistake(place, f"vars.{name} contains a variable, which is not replaced here; write the value"))
        else:
            variables[name] = text
    return variables


def filled_later(place: Place, name: str) -> bool:
    """Return whether a name is filled in when a step runs or a message is sent; such a name wins over a variable."""
    match place:
        case ("procedures", _, "steps", _, "command", *_) | ("procedures", _, "steps", _, "parallel", _, "command", *_):
            return _OF_COMMANDS.fullmatch(name) is not None
        case _:
            return name in _message_words(place)


def _message_words(place: Place) -> Collection[str]:
    """Return the names that are filled in at a place when a message is sent; empty outside of messages."""
    if len(place) != 3 or place[0] != "messages" or place[2] != "text":
        return ()
    # Imported here: few files have messages of their own, and what fills them in knows the whole session.
    from mmcockpit.core.rules.messages.templates import WORDS

    return WORDS


class _Expansion:
    """Replaces the references of one document."""

    def __init__(self, variables: Mapping[str, str], report: Report) -> None:
        self._variables = variables
        self._report = report
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
        if match[2] and filled_later(place, name):
            return f"${{{name}}}"
        if match[2] and name in self._variables:
            text = self._variables[name]
            self._room -= len(text)
            if self._room < 0:
                self._report(Mistake(place, "too much text after its variables are replaced; shorten it"))
                raise TooMuchText
            return text
        self._report(self._undefined(match, name, place))
        return match[0]

    def _undefined(self, match: re.Match[str], name: str, place: Place) -> Mistake:
        before = match.string[: match.start()].split("\n")
        if match[2] and _OF_COMMANDS.fullmatch(name):
            message = f"'{name}' is defined only in the command of a step; write {_instead(name, place)}"
        elif match[2]:
            known = {*self._variables, *_message_words(place)}
            hint = did_you_mean(name, known)
            other = "write $${ for a literal ${"
            if place[:1] == ("sources",) and name.isupper() and match[0] == match.string:
                other = f"write {{env: {name}}} for a variable of the environment"
            message = f"unknown variable{quoted(name)}{hint}; define it under vars:, or {other}"
        else:
            message = "${ without a closing }; close it, or write $${ for a literal ${"
        return Mistake(place, message, inside=(len(before), len(before[-1]) + 1))


def _instead(name: str, place: Place) -> str:
    in_condition = bool(place) and place[-1] in ("when", "until") and name.startswith("values.")
    return f"{name}, without ${{ }} and quotes" if in_condition else "its value here"
