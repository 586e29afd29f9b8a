"""The terminal: Textual's driver with our input parser, and an application that exits when the terminal is gone."""

import asyncio
import selectors
import sys
import termios
from codecs import getincrementaldecoder, register_error
from collections.abc import Collection
from contextlib import suppress
from io import TextIOWrapper
from os import get_terminal_size, read
from select import select
from typing import Any

from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.control import Control
from textual import on
from textual._compositor import ChopsUpdate
from textual._time import get_time
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Event, Key
from textual.screen import Screen

from mmcockpit.ui.render.text import Role
from mmcockpit.ui.render.unknown_keys import unknown_key
from mmcockpit.ui.terminal_alerts import POP_TITLE, PUSH_TITLE
from mmcockpit.ui.terminal_input import Ignored, InputParser
from mmcockpit.ui.terminal_streams import Exit, TerminalOutput, in_ascii
from mmcockpit.ui.widgets.pen import Pen

POLL_S = 0.1
"""Seconds between checks whether unfinished input has waited long enough."""

READ_BYTES = 4096


class TerminalDriver(LinuxDriver):
    """Reads the terminal and draws on it; when the terminal is gone, calls the application's `hung_up`."""

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return the terminal's own size: COLUMNS and LINES of the environment do not follow when it is resized."""
        try:
            width, height = get_terminal_size(self.fileno)
        except OSError:
            width = height = 0
        return (width, height) if width and height else super()._get_terminal_size()

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        assert sys.__stderr__ is not None, "the screen is drawn on standard error"
        register_error("ascii-screen", in_ascii)
        if isinstance(sys.__stderr__, TextIOWrapper):
            sys.__stderr__.reconfigure(errors="ascii-screen")
        self._output = TerminalOutput(sys.__stderr__, self._hang_up)
        self.exit_event: Exit = Exit()
        self._reads = self.key_read = False
        """Whether a key was read that the application has not handled yet."""
        self._modes: list[Any] | None = None
        """The terminal's modes while the screen is drawn."""
        self._file = self._output  # type: ignore[assignment]
        self.title = ""
        """The sequence that sets the title of the window; empty while the title is the terminal's own."""

    @property
    def key_waits(self) -> bool:
        """Whether there is input that is not read to its end, or a key that the application has not handled yet.

        The thread that reads may have to wait for the one that draws.
        """
        return self._reads or self.key_read or bool(select([self.fileno], [], [], 0)[0])

    def alert(self, sequences: str) -> None:
        """Write sequences between two frames; nothing if the output is not a terminal."""
        if self._output.isatty():
            self.write(sequences)

    def set_title(self, sequence: str) -> None:
        """Set the window's title by its sequence; the terminal keeps its own title until the screen ends."""
        if self._output.isatty():
            self.write(sequence if self.title else PUSH_TITLE + sequence)
            self.title = sequence

    def start_application_mode(self) -> None:
        """Start drawing; after a suspension with the title that there was."""
        if self.exit_event.closed:
            self.exit_event = Exit()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        with suppress(termios.error):
            self._modes = termios.tcgetattr(self.fileno)
        if self.title:
            self.write(PUSH_TITLE + self.title)

    def _sigcont_application(self, *_: Any) -> None:
        """Continue after a stop: start drawing again after SIGTSTP, else draw over what a shell wrote meanwhile.

        SIGSTOP stops the process without a warning: then Textual (8.2) would start second threads for input and output.
        """
        if self._must_signal_resume:
            super()._sigcont_application()
            return
        with suppress(termios.error):
            if self._modes is not None:
                termios.tcsetattr(self.fileno, termios.TCSANOW, self._modes)
        self.write("\x1b[?1049h\x1b[?25l\x1b[?1004h")
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        self._disable_line_wrap()
        asyncio.run_coroutine_threadsafe(self._app._post_message(self.SignalResume()), self._loop)

    def stop_application_mode(self) -> None:
        """Restore the terminal, with its own title."""
        if self.title:
            self.write(POP_TITLE)
        super().stop_application_mode()

    def run_input_thread(self) -> None:
        """Read until the application ends or the terminal is gone."""
        parser = InputParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self.exit_event, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                now = get_time()  # What `select` does not report had not arrived by then, however busy the machine is.
                ready = selector.select(POLL_S if parser.waits else None)
                if any(key.fileobj == self.fileno for key, _ in ready):
                    self._reads = True
                    data = self._read()
                    if not data:
                        self._hang_up()
                        return
                    text = decode(data)
                    for message in parser.feed(text) if text else ():
                        self.key_read = self.key_read or isinstance(message, Key)
                        self.process_message(message)
                    self._reads = False
                for message in parser.tick(now):
                    self.process_message(message)

    def close(self) -> None:
        """Release what the driver holds."""
        super().close()
        self.exit_event.close()

    def _read(self) -> bytes:
        try:
            return read(self.fileno, READ_BYTES)
        except OSError:
            # A terminal that is gone raises an error or returns an end of input, depending on the system.
            return b""

    def _hang_up(self) -> None:
        app: Any = self._app
        try:
            self._loop.call_soon_threadsafe(app.hung_up)
        except RuntimeError:
            # The screen has already ended.
            return


class ChangedCells(ChopsUpdate):
    """Textual's update of parts of lines, without the unchanged cells and with only the codes that differ.

    Textual (8.2) cuts a widget's line only behind the last changed cell: for a clock at the end of the header it writes
    the whole header, every second; and it sets and resets the colours of every part. `spans` are (line, first column,
    column behind the last one).
    """

    def render_segments(self, console: Console) -> str:
        """Return the escape sequences and texts that change exactly these cells."""
        pen = Pen(console._color_system or ColorSystem.TRUECOLOR)
        parts: list[str] = []
        for y, first, behind in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                left, right = max(x, first), min(end, behind)
                if strip is None or left >= right:
                    continue
                cells = strip if (left, right) == (x, end) else strip.crop(left - x, right - x)
                parts.append(Control.move_to(left, y).segment.text)
                parts += map(pen.draw, cells)
        return "".join((*parts, pen.end()))


class TerminalApp(App[str], inherit_bindings=False):
    """An application that exits when its terminal is gone, reports ignored input, and keeps the bug that ended it."""

    def __init__(self, *, ansi_color: bool | None) -> None:
        super().__init__(TerminalDriver, ansi_color=ansi_color)
        self.bug: Exception | None = None
        self._mounted_in: asyncio.AbstractEventLoop | None = None
        self._leaves = self._unpainted = False

    def on_mount(self) -> None:
        """Exit at once if `leave_soon` was called before there was a screen."""
        self._mounted_in = asyncio.get_running_loop()
        if self._leaves:
            self.hung_up()

    def leave_soon(self) -> None:
        """Exit as soon as possible; safe in a signal handler and in any thread."""
        self._leaves = True
        if self._mounted_in is not None and not self._mounted_in.is_closed():
            self._mounted_in.call_soon_threadsafe(self.hung_up)

    def alert(self, sequences: str) -> None:
        """Send the terminal sequences that draw nothing, such as a bell; dropped where there is no terminal."""
        if sequences and isinstance(self._driver, TerminalDriver):
            self._driver.alert(sequences)

    def set_window_title(self, sequence: str) -> None:
        """Set the title of the window by its sequence, until the screen ends; dropped where there is no terminal."""
        if sequence and isinstance(self._driver, TerminalDriver):
            self._driver.set_title(sequence)

    @property
    def titled(self) -> bool:
        """Whether the title of the window is not the terminal's own."""
        return isinstance(self._driver, TerminalDriver) and bool(self._driver.title)

    @property
    def key_waits(self) -> bool:
        """Whether there is a key that has not been handled yet, or whose effect has not been painted yet."""
        return isinstance(self._driver, TerminalDriver) and (self._unpainted or self._driver.key_waits)

    async def on_event(self, event: Event) -> None:
        """Dispatch an event."""
        await super().on_event(event)
        if isinstance(event, Key) and isinstance(self._driver, TerminalDriver):
            self._unpainted, self._driver.key_read = True, False

    @property
    def known_keys(self) -> Collection[str]:
        """The characters that are bound to actions."""
        return ()

    def on_key(self, event: Key) -> None:
        """Show why a key does nothing."""
        if len(self.screen_stack) == 1 and (why := unknown_key(event.character, self.known_keys)):
            self.say(f"{why}; ? shows the keys", "warn")

    def say(self, text: str, role: Role = "text") -> None:
        """Show a message at the bottom for a few seconds."""
        raise NotImplementedError

    @on(Driver.SignalResume)
    def _paint_anew(self) -> None:
        """Draw every cell after the process was stopped: the terminal may show something else by now."""
        self.screen.refresh()

    def hung_up(self) -> None:
        """Exit at once: the terminal is gone, or the process has to end."""
        self.exit("gone")

    def on_ignored(self, event: Ignored) -> None:
        """Show why typed or pasted input was ignored."""
        self.say(event.why, "warn")

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """Write an update of the screen, without the cells that did not change."""
        if type(renderable) is ChopsUpdate:
            renderable = ChangedCells(renderable.chops, renderable.spans, renderable.chop_ends)
        super()._display(screen, renderable)
        self._unpainted = self._unpainted and renderable is None

    def _fatal_error(self) -> None:
        """Keep the bug that ends the screen, without printing pages of local variables; the caller reports it."""
        self.bug = self._exception
        self._close_messages_no_wait()
