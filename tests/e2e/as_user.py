"""mmcockpit as another Unix user: `python -m tests.e2e.as_user LOGIN WORDS…`.

Everything is imported before the process becomes that user, who may not be able to read the interpreter.
"""

import encodings
import importlib
import pkgutil
import sys
from contextlib import suppress

import textual
import textual.css
import textual.drivers

import mmcockpit
from mmcockpit.cli import program
from tests.share.socket.user_seat import become

NOT_NEEDED = ("mmcockpit.simulator", "mmcockpit.discovery", "mmcockpit.__main__", "textual._sleep", "textual.demo")


def import_all() -> None:
    """Import what a screen needs, also what it would import later."""
    for package in (mmcockpit, textual, textual.drivers, textual.css, encodings):
        inner = pkgutil.walk_packages if package is mmcockpit else pkgutil.iter_modules
        for module in inner(package.__path__, f"{package.__name__}."):
            if not module.name.startswith(NOT_NEEDED):
                with suppress(ImportError, AttributeError):
                    importlib.import_module(module.name)


if __name__ == "__main__":
    login, sys.argv[1:] = sys.argv[1], sys.argv[2:]
    import_all()
    become(login)
    program()
