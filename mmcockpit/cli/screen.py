"""What every command with a screen needs: a terminal, a process tuned for speed, and a report of crashes."""

import argparse
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

# A short switch interval keeps keys responsive while the engine imports clients and decodes responses.
SWITCH_INTERVAL_S = 0.0005
M_ARENA_MAX = -8
M_MMAP_THRESHOLD = -3
M_TRIM_THRESHOLD = -1
LARGE_BYTES = 256 * 1024
"""Size from which glibc gives a freed block back to the system at once."""

PAINTS_A_SECOND = 240
"""Maximum; with Textual's default of 60, a key after a frame waits up to 16 ms. Read when Textual is imported."""


def mouse_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the argument of a screen that leaves the mouse to the terminal."""
    about = "do not capture the mouse, so that the terminal can select text"
    parser.add_argument("--no-mouse", action="store_true", help=about)


def operator_name(given: str | None) -> str:
    """Return the operator's name: `given`, else $MMCOCKPIT_OPERATOR, else the user's login name.

    A container may run as a user without a name: `uid-10001`.
    """
    try:
        return plain(given or os.environ.get("MMCOCKPIT_OPERATOR") or getpass.getuser(), 40)
    except (KeyError, OSError):
        return f"uid-{os.geteuid()}"


def need_terminal() -> None:
    """Raise CommandError unless standard input (keys) and standard error (screen) are terminals."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        without = "log, verify, sessions, doctor and check work without one; run, resume and demo do with --plain"
        raise CommandError(f"not a terminal: do not redirect input or output; {without}")
    if os.environ.get("TERM") == "dumb":
        raise CommandError("TERM is dumb, a terminal without a screen: run, resume and demo take --plain")


def prepare_process() -> None:
    """Prepare the process for a screen: a short switch interval, one heap, and nothing that prints over the screen.

    Garbage collection is off until the session has started (`ui/garbage.py`): what is created until then mostly stays.
    """
    gc.disable()
    os.environ.setdefault("TEXTUAL_FPS", str(PAINTS_A_SECOND))
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    logging.getLogger().addHandler(logging.NullHandler())
    warnings.simplefilter("ignore")
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        # By default glibc gives every thread its own heap and keeps it: 20 MB with all clients.
        libc.mallopt(M_ARENA_MAX, 1)
        # By default each large block that is freed raises the size from which blocks are given back: pages of lists
        # then leave gaps in the heap, 18 MB with 10,000 pods.
        libc.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
        libc.mallopt(M_TRIM_THRESHOLD, 2 * LARGE_BYTES)


def tell(bug: Exception, path: Path) -> int:
    """Write a bug's traceback to crash.txt beside the journal, and print one line about it."""
    from mmcockpit.sources.common.secrets import redact_all

    crash = path.parent / "crash.txt"
    crash.touch(mode=0o600)
    with crash.open("a", encoding="utf-8") as file:
        file.writelines(clean(redact_all(line)) for line in traceback.format_exception(bug))
    what = plain(redact_all(f"{type(bug).__name__}: {bug}"), 200)
    print(f"the screen broke: {what}; a bug in mmcockpit, recorded in {crash}; the journal is intact", file=sys.stderr)
    return FAILED
