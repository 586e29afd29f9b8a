"""Parses terminal input into key, mouse and paste events; late parts of a sequence never become commands."""

from collections.abc import Generator, Iterator
from typing import NamedTuple

from textual import constants, events, messages
from textual._parser import ParseEOF, ParseTimeout, Peek1, Read1, TokenCallback
from textual._time import get_time
from textual._xterm_parser import (
    BRACKETED_PASTE_END,
    BRACKETED_PASTE_START,
    FOCUSIN,
    FOCUSOUT,
    IS_ITERM,
    XTermParser,
    _re_cursor_position,
    _re_in_band_window_resize,
    _re_mouse_event,
    _re_terminal_mode_response,
)
from textual.keys import Keys
from textual.message import Message

ESCAPE_S = 0.5
"""Seconds after which ESC is the Escape key and not the beginning of another key."""

LATE_S = 3.0
"""Seconds after Escape in which `[` and `O` may still be the rest of a key that a slow line split."""

UNFINISHED_S = 10.0
"""Seconds to wait for the rest of a sequence that has begun."""

PASTE_S, LONGEST_PASTE_S = 1.0, 10.0
"""A paste without an end marker is over after this silence, or after this time in total (seconds)."""

LONGEST_PASTE = 100_000
LONGEST_SEQUENCE = 64

ESC, INTERRUPT = "\x1b", "\x03"
SS3 = ESC + "O"
STRINGS = frozenset("P]^_X")
"""The characters after ESC that begin a reply of the terminal, which ends with BEL or ESC backslash."""

Steps = Generator[Read1 | Peek1, str, str]
"""Reads characters and returns the one that is still to be parsed, or an empty text."""


class Ignored(Message):
    """Reports that typed or pasted input was ignored, and why."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class _Read(NamedTuple):
    """The read that the current character came with: its number, its size, and whether more characters follow."""

    number: int = 0
    size: int = 0
    more: bool = False


class InputParser(XTermParser):
    """Textual's parser with other rules for unfinished sequences: it waits, and never takes their parts as keys.

    Textual gives up on a sequence after 100 ms and emits its characters as keys: `ESC`, a slow line, `[A` would be the
    command `A`. This parser emits a sequence as a whole or not at all; control characters such as Ctrl+C always end an
    unfinished one.
    """

    def __init__(self, debug: bool = False) -> None:
        self._from = _Read()
        self._torn = False
        super().__init__(debug)

    @property
    def waits(self) -> bool:
        """Whether there is unfinished input, which `tick` has to end."""
        return self._timeout_time is not None

    def feed(self, data: str) -> Iterator[Message]:
        """Parse the text of one read; an empty text is the end of input."""
        if not data:
            yield from super().feed(data)
        for at, character in enumerate(data, 1):
            self._from = _Read(self._from.number + (at == 1), len(data), at < len(data))
            yield from super().feed(character)

    def tick(self, now: float | None = None) -> Iterator[Message]:
        """End the waits that had timed out at a time, by `get_time`; it is the present one unless given."""
        if now is None or self._timeout_time is None or now >= self._timeout_time:
            yield from super().tick()
        # Textual's parser forgets a wait that begins with the end of another.
        if self._timeout_time is None and self._awaiting.timeout is not None:
            self._timeout_time = get_time() + self._awaiting.timeout

    def parse(self, token_callback: TokenCallback[Message]) -> Generator[Read1 | Peek1, str, None]:
        """Parse characters into messages until the input ends."""
        self._emit = token_callback
        character = ""
        try:
            while True:
                if not character:
                    try:
                        character = yield self.read1(UNFINISHED_S if self._torn else None)
                    except ParseTimeout:
                        self._torn = False
                        continue
                if character == ESC:
                    character = yield from self._escape()
                else:
                    self._typed(character)
                    character = ""
        except ParseEOF:
            return

    def _typed(self, character: str) -> None:
        # The rest of a paste comes in one piece, a typed key by itself.
        if self._torn and self._from.size > 1 and character != INTERRUPT:
            return
        self._keys(character)

    def _keys(self, sequence: str) -> bool:
        """Emit the keys of a whole sequence; return whether it is one of keys."""
        key_events = list(self._sequence_to_key_events(sequence))
        for event in key_events:
            if event.key != Keys.Ignore:
                self._emit(event)
        return bool(key_events)

    def _escape(self) -> Steps:
        """Decide whether ESC is a key, the beginning of one, or Alt."""
        begun = self._from.number
        try:
            character = yield self.read1(ESCAPE_S)
        except ParseTimeout:
            self._emit(events.Key("escape", ESC))
            return (yield from self._behind_escape())
        if character in "[O":
            return (yield from self._sequence(ESC + character))
        if character in STRINGS and self._from.more:
            return (yield from self._string())
        if character == ESC or self._from.number != begun:
            # Typed in quick succession: Escape and another key.
            self._emit(events.Key("escape", ESC))
            return character
        if not self._keys(ESC + character):
            for event in self._sequence_to_key_events(character, alt=True):
                # Alt+Space is not Space.
                if event.key.startswith("alt+"):
                    self._emit(event)
        return ""

    def _behind_escape(self) -> Steps:
        """Read the key after Escape: on a slow line it may be the rest of an arrow key."""
        late = True
        try:
            character = yield self.read1(LATE_S)
        except ParseTimeout:
            late, character = False, (yield self.read1())
        if character not in "[O" or not (late or self._from.more):
            return character
        try:
            following = yield self.read1(ESCAPE_S)
        except ParseTimeout:
            if character == "[":
                self._keys(character)
            else:
                self._ignore("O right after Esc may be part of another key: press it again")
            try:
                following = yield self.read1(LATE_S)
            except ParseTimeout:
                return ""
            if following == character:
                return following
        return (yield from self._sequence(ESC + character, following, torn=True))

    def _sequence(self, sequence: str, character: str = "", torn: bool = False) -> Steps:
        """Read the rest of a sequence that began with ESC [ or ESC O, and emit it once it is whole."""
        while True:
            if not character:
                before = self._from.number
                try:
                    character = yield self.read1(UNFINISHED_S)
                except ParseTimeout:
                    return ""
                torn = torn or self._from.number != before
            if character < " " or (character == "O" and sequence == SS3):
                # A control character ends an unfinished sequence; no key ends with a second O.
                return character
            sequence = sequence[:LONGEST_SEQUENCE] + character
            character = ""
            if _whole(sequence):
                return (yield from self._whole(sequence, torn))

    def _whole(self, sequence: str, torn: bool) -> Steps:
        """Emit the events of a whole sequence; an unknown one is ignored."""
        if sequence == BRACKETED_PASTE_START:
            return (yield from self._paste())
        if sequence == BRACKETED_PASTE_END:
            self._torn = False
        elif sequence in (FOCUSIN, FOCUSOUT):
            self._emit(events.AppFocus() if sequence == FOCUSIN else events.AppBlur())
        elif not (self._report(sequence) or self._keys(sequence) or self._mouse(sequence)) and torn:
            self._ignore(f"ignored {sequence[-1]}: it came after an unfinished key sequence")
        return ""

    def _report(self, sequence: str) -> bool:
        """Emit a report of the terminal about itself; return whether the sequence is one."""
        if key_events := _re_in_band_window_resize.fullmatch(sequence):
            height, width, pixel_height, pixel_width = (int(group.partition(":")[0]) for group in key_events.groups())
            resized = events.Resize.from_dimensions((width, height), (pixel_width, pixel_height))
            self.terminal_size, self.terminal_pixel_size = resized.size, resized.pixel_size
            self.mouse_pixels = True
            self._emit(resized)
        elif key_events := _re_cursor_position.fullmatch(sequence):
            self._emit(events.CursorPosition(int(key_events["col"]) - 1, int(key_events["row"]) - 1))
        elif key_events := _re_terminal_mode_response.fullmatch(sequence):
            if key_events["mode_id"] == "2026" and int(key_events["setting_parameter"]) > 0:
                self._emit(messages.TerminalSupportsSynchronizedOutput())
            elif key_events["mode_id"] == "2048" and constants.SMOOTH_SCROLL and not IS_ITERM:
                self._emit(messages.InBandWindowResize.from_setting_parameter(int(key_events["setting_parameter"])))
        else:
            return False
        return True

    def _mouse(self, sequence: str) -> bool:
        if not _re_mouse_event.match(sequence):
            return False
        event = self.parse_mouse_code(sequence)
        if event is not None:
            self._emit(event)
        return True

    def _string(self) -> Steps:
        """Skip a reply of the terminal up to its end."""
        before = ""
        while True:
            try:
                character = yield self.read1(ESCAPE_S)
            except ParseTimeout:
                return ""
            if character == "\x07" or (before == ESC and character == "\\"):
                return ""
            if character == INTERRUPT:
                return character
            before = character

    def _paste(self) -> Steps:
        """Read pasted text up to its end marker, or until it is clear that none comes."""
        text, last = "", get_time() + LONGEST_PASTE_S
        while True:
            try:
                character = yield self.read1(PASTE_S)
            except ParseTimeout:
                return (yield from self._paste_without_end(text))
            if character == INTERRUPT and not self._from.more:
                self._emit(events.Paste(_printable(text)))
                return character
            text += character
            if text.endswith(BRACKETED_PASTE_END):
                self._emit(events.Paste(_printable(text.removesuffix(BRACKETED_PASTE_END))))
                return ""
            if len(text) > LONGEST_PASTE or get_time() > last:
                return (yield from self._paste_without_end(text))

    def _paste_without_end(self, text: str) -> Steps:
        """Emit the pasted text; anything that still arrives of it is ignored."""
        sizes = range(len(BRACKETED_PASTE_END) - 1, 0, -1)
        begun = next((text[-n:] for n in sizes if text.endswith(BRACKETED_PASTE_END[:n])), "")
        self._torn = True
        self._emit(events.Paste(_printable(text.removesuffix(begun))))
        self._ignore("the paste has no end: the rest of it is ignored")
        if begun == ESC:
            return (yield from self._behind_escape())
        return (yield from self._sequence(begun)) if begun else ""

    def _ignore(self, why: str) -> None:
        self._emit(Ignored(why))


def _printable(text: str) -> str:
    return text.replace("\x00", "")


def _whole(sequence: str) -> bool:
    """Return whether a sequence of ESC [ or ESC O has its last character."""
    rest, last = sequence[2:], sequence[-1]
    if sequence.startswith(SS3):
        return not (last.isdigit() or last == ";")
    if rest[0] == "[":
        # The Linux console: ESC [ [ A is F1.
        return len(rest) == 2
    if rest[0] == "M":
        # A mouse click in its oldest form: three arbitrary bytes follow.
        return len(rest) == 4
    return last >= "@"
