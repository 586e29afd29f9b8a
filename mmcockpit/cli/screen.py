"""What every command with a screen needs: a terminal, a quick process, and words for a screen that broke."""

import ctypes
import gc
import getpass
import logging
import os
import sys
import traceback
import warnings
from pathlib import Path

from mmcockpit.cli.errors import FAILED, CommandError
from mmcockpit.core.text import clean, plain

# Short turns of the interpreter keep keys quick while the engine imports clients and decodes answers.
SWITCH_INTERVAL_S = 0.0005
M_ARENA_MAX = -8

PAINTS_A_SECOND = 240
"""At most; Textual's own 60 let a key that follows a frame wait for up to 16 ms. Read when Textual is imported."""


def operator_name(given: str | None) -> str:
    """Return the operator's name: as given, else the user's."""
    return plain(given or os.environ.get("MMCOCKPIT_OPERATOR") or getpass.getuser(), 40)


def need_terminal() -> None:
    """Refuse to begin a session that nobody could see: keys come from standard input, the screen is standard error."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        without = "log, verify, sessions, doctor and check work without one"
        raise CommandError(f"the screen needs a terminal, and this is none: do not redirect it; {without}")


def prepare_process() -> None:
    """Make the process fit for a screen: quick turns, one heap, and nothing that prints over the screen.

    Garbage is not looked for until the first frame is painted: what is made until then stays.
    """
    gc.disable()
    os.environ.setdefault("TEXTUAL_FPS", str(PAINTS_A_SECOND))
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    logging.getLogger().addHandler(logging.NullHandler())
    warnings.simplefilter("ignore")
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        # glibc gives every thread a heap of its own and keeps it: 20 MB with all clients.
        libc.mallopt(M_ARENA_MAX, 1)


def tell(bug: Exception, path: Path) -> int:
    """Leave a bug's trace beside the journal, and say so in one line."""
    from mmcockpit.sources.common.secrets import redact_all

    crash = path.parent / "crash.txt"
    crash.touch(mode=0o600)
    with crash.open("a", encoding="utf-8") as file:
        file.writelines(clean(redact_all(line)) for line in traceback.format_exception(bug))
    what = plain(redact_all(f"{type(bug).__name__}: {bug}"), 200)
    print(f"the screen broke: {what}; a bug in mmcockpit, told in {crash}; the journal is intact", file=sys.stderr)
    return FAILED
