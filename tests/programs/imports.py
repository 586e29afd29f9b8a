"""Imports the whole program at once: for processes that fork, or that cannot read the interpreter's files later."""

import encodings
import importlib
import pkgutil
from contextlib import suppress

import textual
import textual.css
import textual.widgets

import mmcockpit

NOT_NEEDED = ("textual._sleep", "textual.demo")


def import_all() -> None:
    """Import all modules of mmcockpit, and those that Textual and Python import late."""
    for package in (mmcockpit, textual, textual.css, textual.widgets, encodings):
        walk = pkgutil.walk_packages if package is mmcockpit else pkgutil.iter_modules
        for module in walk(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__") and not module.name.startswith(NOT_NEEDED):
                # What is for another operating system.
                with suppress(ImportError, AttributeError):
                    importlib.import_module(module.name)
    importlib.import_module("textual.drivers.linux_driver")
