"""mmcockpit as another Unix user: `python -m tests.programs.as_user LOGIN WORDS…`.

Everything is imported before the process becomes that user, who may not be able to read the interpreter.
"""

import sys

from mmcockpit.cli import program
from tests.programs.imports import import_all
from tests.share.socket.user_seat import become

if __name__ == "__main__":
    login, sys.argv[1:] = sys.argv[1], sys.argv[2:]
    import_all()
    become(login)
    program()
