"""Imports httpx without its command line, which needs click, pygments and more of rich than the screen: 3 MB."""

import sys
import threading
from importlib import import_module
from importlib.util import find_spec
from typing import Any

_COMMAND_LINE = "httpx._main"
_OPTIONAL = "sniffio"
"""A module that httpx looks for several times with every request, and that is usually not installed."""
_importing = threading.Lock()


def http_library() -> Any:
    """Import httpx; it goes without its command line where a module of that cannot be imported."""
    with _importing:
        # None in place of a module makes its import fail, at once: a search through all folders takes 0.1 ms.
        if _OPTIONAL not in sys.modules and find_spec(_OPTIONAL) is None:
            sys.modules[_OPTIONAL] = None  # type: ignore[assignment]
        if "httpx" in sys.modules:
            return import_module("httpx")
        sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]
        try:
            return import_module("httpx")
        finally:
            sys.modules.pop(_COMMAND_LINE, None)
