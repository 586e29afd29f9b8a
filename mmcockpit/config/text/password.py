"""Finds passwords in files, where they must not be, without repeating them; and shell variables that hold one."""

import re
from typing import Any

from mmcockpit.config.text.document import Document, Place
from mmcockpit.config.text.error import FileError

_IN_URL = re.compile(r"[a-z0-9+.-]://[^/:]*:(?!\d{1,5}[/?#,]).", re.IGNORECASE)
"""A user and a password in a URL, if an @ follows; matches in linear time for any text."""
_IN_DSN = re.compile(r"(?<![\w-])(?:password|passwd|pwd|sslpassword)\s*=\s*\S", re.IGNORECASE)
_FIX = "write a reference instead of the whole value: {env: NAME} or {file: PATH}"
_SHELL = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_CONNECTIONS = frozenset({"sources", "vars"})
"""Keys where `password=` is a password; in a query it may be the name of a column."""


def find_passwords(document: Document) -> list[FileError]:
    """Return an error for every string of a document that holds a password, or in a source only `$NAME`."""
    return list(_walk(document, document.value, ()))


def password_in_url(text: str) -> bool:
    """Return whether a text has a URL with a password."""
    return "://" in text and any(
        _IN_URL.search(before) for word in text.split() if "://" in word for before in word.split("@")[:-1]
    )


def _walk(document: Document, value: Any, place: Place) -> Any:
    match value:
        case str():
            connection = bool(place) and place[0] in _CONNECTIONS
            if password_in_url(value):
                yield document.error(place, f"password in a URL; {_FIX}")
            elif place[:1] == ("sources",) and (shell := _SHELL.fullmatch(value)):
                yield document.error(
                    place, f"${shell[1]} is not replaced, because no shell reads this; {_env(shell[1])}"
                )
            elif connection and _IN_DSN.search(value):
                yield document.error(place, f"password in a connection string; {_FIX}")
        case dict():
            for key, part in value.items():
                yield from _walk(document, part, (*place, key))
        case list():
            for n, part in enumerate(value):
                yield from _walk(document, part, (*place, n))


def _env(name: str) -> str:
    return f"write {{env: {name}}} for a variable of the environment"
