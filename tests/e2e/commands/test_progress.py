"""What takes long shows its progress in one line, which is gone at the end."""

import sys

from tests.terminal import Terminal

READING = """
import os, tty
from mmcockpit.cli import progress
progress.AFTER_S = progress.EVERY_S = 0.0
tty.setcbreak(0)
with progress.progress_line("reading the session") as report:
    report(0.25)
    os.read(0, 1)
print("done")
os.read(0, 1)
"""


def test_the_progress_of_reading_is_shown_in_one_line() -> None:
    with Terminal([sys.executable, "-c", READING]) as terminal:
        terminal.wait_for("reading the session … 25%")
        terminal.press("\r")
        terminal.wait_for("done")
        assert "reading" not in terminal.text()
