"""The program as another Unix user runs it: `python -m tests.share.socket.user_program LOGIN WORDS…`.

Everything is imported before the process becomes the other user, who may not be able to read the interpreter.
"""

import importlib
import os
import pkgutil
import sys

import textual.widgets

import mmcockpit
from mmcockpit.cli import main
from tests.share.socket.user_seat import become


def import_everything() -> None:
    """Import all modules of the program, and those that Textual imports late."""
    for module in pkgutil.walk_packages(mmcockpit.__path__, "mmcockpit."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for module in pkgutil.iter_modules(textual.widgets.__path__, "textual.widgets."):
        importlib.import_module(module.name)
    for late in ("textual.drivers.linux_driver", "encodings.utf_8_sig", "encodings.idna"):
        importlib.import_module(late)


if __name__ == "__main__":
    import_everything()
    become(sys.argv[1])
    code = main(sys.argv[2:])
    sys.stdout.flush()
    os._exit(code)
