"""A first frame within milliseconds, while the screen is loading; imports only what Python has imported already."""

import os
import sys

SCREEN_COMMANDS = frozenset({"demo", "run", "resume", "replay", "watch"})

_WORDS = {
    "demo": "starting a simulated production: Prometheus, Kubernetes, databases, the API",
    "run": "reading the cockpit file",
}
"""What a command does before its screen; the others open a session."""

OPENING = "opening the session"

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H"
_LEAVE = "\x1b[?25h\x1b[?1049l"
_shown = False


def splash(words: list[str]) -> None:
    """Draw a static frame on the alternate screen if this command opens a screen; imports nothing slow."""
    global _shown
    opens = words[:1] and words[0] in SCREEN_COMMANDS and not {"-h", "--help", "--headless"} & set(words)
    if opens and os.isatty(0) and os.isatty(2):
        os.write(2, f"{_ENTER} mmcockpit {words[0]}\r\n\r\n {_WORDS.get(words[0], OPENING)} …".encode())
        _shown = True


def handed_over() -> None:
    """Record that the screen used the terminal and has restored it already."""
    global _shown
    _shown = False


def leave() -> None:
    """Restore the terminal, if it still shows this frame."""
    global _shown
    if _shown:
        sys.stderr.flush()
        os.write(2, _LEAVE.encode())
        _shown = False
