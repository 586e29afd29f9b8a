"""What takes long tells how far it is, in one line that is gone again."""

import sys

from tests.terminal import Terminal

TOLD = """
import os, tty
from mmcockpit.cli import progress
progress.AFTER_S = progress.EVERY_S = 0.0
tty.setcbreak(0)
with progress.told("reading the session") as tell:
    tell(0.25)
    os.read(0, 1)
print("done")
os.read(0, 1)
"""


def test_the_progress_of_reading_is_shown_in_one_line() -> None:
    with Terminal([sys.executable, "-c", TOLD]) as terminal:
        terminal.wait_for("reading the session … 25%")
        terminal.press("\r")
        terminal.wait_for("done")
        assert "reading" not in terminal.text()
