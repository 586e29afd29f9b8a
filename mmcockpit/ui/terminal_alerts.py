"""The bytes of the bell, of desktop notifications and of the window title, for this terminal and its multiplexer.

Sources: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (OSC 0, XTWINOPS 22 and 23), iTerm2 (OSC 9),
rxvt-unicode and foot (OSC 777), tmux(1) `allow-passthrough`, screen(1) "Device Control String".
"""

from collections.abc import Mapping

from mmcockpit.core.model.layout import AttentionSettings, NotificationForm
from mmcockpit.core.text import plain

BELL = "\a"
PUSH_TITLE = "\x1b[22;0t"
POP_TITLE = "\x1b[23;0t"
MOST_BYTES = 180
"""Bytes of UTF-8 kept of one text: GNU screen passes on at most 256 bytes at once."""

SILENT = frozenset({"", "dumb", "linux"})
"""Values of TERM whose terminals have neither titles nor notifications, and may print their text."""


def notification(settings: AttentionSettings, title: str, text: str, environment: Mapping[str, str]) -> str:
    """Return the sequences of one desktop notification; empty if they are off, or unknown to the terminal."""
    form = settings.notification
    if form is NotificationForm.OFF or environment.get("TERM", "") in SILENT:
        return ""
    head, body = short(title), short(text)
    sequences = []
    if form is not NotificationForm.OSC777:
        sequences.append(f"\x1b]9;{short(f'{head}: {body}' if body else head)}\a")
    if form is not NotificationForm.OSC9:
        # A semicolon ends the title.
        sequences.append(f"\x1b]777;notify;{head.replace(';', ',')};{body}\a")
    return "".join(passed_on(each, environment) for each in sequences)


def window_title(text: str, environment: Mapping[str, str]) -> str:
    """Return the sequence that sets the title of the window, and of the pane in tmux; empty if the terminal has none.

    It is not passed on to the terminal outside of a multiplexer, which decides about that title itself.
    """
    return "" if environment.get("TERM", "") in SILENT else f"\x1b]0;{short(text)}\a"


def passed_on(sequence: str, environment: Mapping[str, str]) -> str:
    """Return a sequence so that tmux or GNU screen passes it on to the terminal outside."""
    if environment.get("TMUX"):
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environment.get("STY"):
        return f"\x1bP{sequence}\x1b\\"
    return sequence


def short(text: str) -> str:
    """Return a text as one line without control characters, at most MOST_BYTES long."""
    line = plain(text, MOST_BYTES)
    return line.encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore")
