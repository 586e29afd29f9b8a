"""Records the demo for the README, as an asciicast: `python -m tests.docs.recording` (`make recording`).

Format: https://docs.asciinema.org/manual/asciicast/v2/
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.pty_session import MMCOCKPIT, REPOSITORY, Place
from tests.terminal import Terminal

CAST = REPOSITORY / "docs" / "demo.cast"
COLUMNS, ROWS = 100, 30
LONGEST_PAUSE_S = 1.2
"""Longer pauses are cut in the recording."""
SLOW_S = 400.0
READ_S = 2.0
"""How long a scene stays."""

SCENES = (
    # What the screen shows first, the keys after it, and how long that stays.
    (r"NEXT", "", 2 * READ_S),
    (r"\n ROLLBACK ", "", 2 * READ_S),
    (r"NEXT +E", "E", READ_S),
    (r"> .*Roll back \(kubectl\)", "!", READ_S),
    (r"start it\?", "s", READ_S),
    (r"\[\*\] 1 ", "!", READ_S),
    (r"> Cancel", "\t", READ_S),
    (r"> Run", "\r", 2 * READ_S),
    (r"\[\*\] 2 ", "q", READ_S),
)


class Recorder(Terminal):
    """A terminal that keeps when each piece of output came."""

    def __init__(self, place: Place, *words: str) -> None:
        self.pieces: list[tuple[float, str]] = []
        # 256 colours: their sequences are short.
        env = {**place.env, "COLORTERM": ""}
        super().__init__([*MMCOCKPIT, *words], COLUMNS, ROWS, env=env, cwd=str(place.folder))

    def read(self, timeout: float) -> float | None:
        """Read what is there within `timeout`, and keep it."""
        before = len(self.output)
        stamp = super().read(timeout)
        if stamp is not None:
            self.pieces.append((stamp - self.started, self.output[before:].decode("utf-8", "replace")))
        return stamp

    def skip_to(self, pattern: str) -> None:
        """Keep nothing until the screen shows it; then the whole screen, which a change of its size draws."""
        kept = [*self.pieces]
        self.wait_for(pattern, SLOW_S)
        self.resize(COLUMNS - 1, ROWS)
        self.stay(0.5)
        self.pieces = kept
        self.resize(COLUMNS, ROWS)
        self.stay(1.0)

    def stay(self, seconds: float) -> None:
        """Read for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)


def events(pieces: list[tuple[float, str]]) -> list[tuple[float, str, str]]:
    """Return the output with its times, without long pauses."""
    kept: list[tuple[float, str, str]] = []
    at, before = 0.0, pieces[0][0]
    for when, text in pieces:
        at += min(when - before, LONGEST_PAUSE_S)
        before = when
        kept.append((round(at, 3), "o", text))
    return kept


def main() -> int:
    """Record the incident of the demo until its rollback has begun; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="mm-") as folder:
        place = Place(Path(folder))
        with Recorder(place, "demo", "--scenario", "incident", "--speed", "3") as program:
            for pattern, keys, seconds in SCENES:
                program.skip_to(pattern) if not keys else program.wait_for(pattern, SLOW_S)
                program.stay(0.8)
                program.press(keys)
                program.stay(seconds)
            pieces = [*program.pieces]
    head = {"version": 2, "width": COLUMNS, "height": ROWS, "title": "mmcockpit demo --scenario incident"}
    lines = [json.dumps(one, ensure_ascii=False) for one in (head, *events(pieces))]
    CAST.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{CAST}: {len(lines)} lines, {CAST.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
