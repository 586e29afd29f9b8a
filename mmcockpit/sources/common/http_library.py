"""Imports httpx without its command line, which needs click, pygments and more of rich than the screen: 3 MB."""

import sys
import threading
from importlib import import_module
from typing import Any

_COMMAND_LINE = "httpx._main"
_importing = threading.Lock()


def http_library() -> Any:
    """Import httpx; it goes without its command line where a module of that cannot be imported."""
    with _importing:
        if "httpx" in sys.modules:
            return import_module("httpx")
        # None in place of a module makes its import fail.
        sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]
        try:
            return import_module("httpx")
        finally:
            sys.modules.pop(_COMMAND_LINE, None)
