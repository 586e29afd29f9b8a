"""The application: it pulls the feed twenty times a second, and shows what was touched."""

import asyncio
import gc
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.screen import Screen

from mmcockpit.core.decide.command import AnyCommand
from mmcockpit.core.feed import Commander, Feed
from mmcockpit.core.model.layout import Layout, Theme
from mmcockpit.core.state.session import Topic
from mmcockpit.ui.actions import questions as asking
from mmcockpit.ui.actions.keymap import ACTIONS, Action, binding_keys, holding
from mmcockpit.ui.dialogs.prompt import Palette, Prompt, Question
from mmcockpit.ui.notifications import heard
from mmcockpit.ui.panels import panels_for
from mmcockpit.ui.panels.detail import Detail, follow
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.rows import Subject
from mmcockpit.ui.render.text import Role, plain
from mmcockpit.ui.render.themes import COCKPIT_DARK, Paint, textual_theme, theme_faults
from mmcockpit.ui.repaint import Pace
from mmcockpit.ui.screen import Deck
from mmcockpit.ui.session_view import Sight
from mmcockpit.ui.terminal import TerminalApp
from mmcockpit.ui.widgets.board import Board
from mmcockpit.ui.widgets.canvas import Canvas
from mmcockpit.ui.widgets.header import Header
from mmcockpit.ui.widgets.rules_bar import bars

FRAMES_A_SECOND = 20
LEAVE_S = 3.0
"""How long the end of a session may take to be recorded before the screen goes all the same."""


class Cockpit(TerminalApp, inherit_bindings=False):
    """Shows a session and takes what its operators want; `run()` returns `left`, `ended`, `closed` or `gone`.

    `feed` is all it knows of the session. `layout` says which panels there are, `themes` which colours (first the one
    named `theme`), `keymap` (action id to keys, known to be free of faults) which keys. `copy_file` gets every text
    that is copied, because terminals may ignore the clipboard sequence.
    """

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = ""
    CSS = "Screen { background: $background; }"

    def __init__(
        self,
        feed: Feed,
        layout: Layout,
        themes: Sequence[Theme] = (COCKPIT_DARK,),
        *,
        theme: str = "",
        keymap: Mapping[str, str] | None = None,
        mouse: bool = True,
        copy_file: Path | None = None,
    ) -> None:
        no_color = bool(os.environ.get("NO_COLOR"))
        super().__init__(ansi_color=True if no_color else None)
        self.animation_level = "none"
        self._feed = feed
        self._mouse = mouse
        self.copy_file = copy_file
        self._no_color = no_color
        self.transport = feed.transport
        self.keys = holding(keymap or {}, feed.transport is not None)
        usable = [one for one in themes if not theme_faults(one)] or [COCKPIT_DARK]
        self._themes = {one.name: one for one in usable}
        self._paint = Paint.of(self._themes.get(theme) or next(iter(self._themes.values())), no_color)
        self.sight: Sight = Sight()
        self.lens = Lens()
        self._bars = bars(feed, self._paint, self.sight)
        self.board = Board(layout, panels_for(layout, self._paint, asking.help_rows(self)), len(self._bars))
        self._palette = Palette(self._paint, id="palette")
        self.prompt = Prompt(
            self._paint, self._palette, asking.hints(self.keys, feed.commands is not None), self.sight.clock
        )
        self._header = Header(self._paint, self.sight, feed.transport is not None)
        self._pace = Pace()
        self._beating: asyncio.Task[None] | None = None
        self._leaving: tuple[str, float] | None = None
        for one in self._themes.values():
            self.register_theme(textual_theme(one))
        self.theme = self._paint.theme.name
        for name, keys in filter(lambda pair: pair[1], self.keys.items()):
            self._bindings.bind(binding_keys(keys), f"act('{name}')", priority=True)

    def run(self, *args: Any, **options: Any) -> str | None:
        """Run until it is left; takes Textual's options, with the mouse as it was asked for."""
        options.setdefault("mouse", self._mouse)
        return super().run(*args, **options)

    def get_default_screen(self) -> Screen[None]:
        """Return the one screen there is."""
        return Deck()

    def compose(self) -> ComposeResult:
        """Header, board, bottom line."""
        yield self._header
        yield self.board
        yield from self._bars
        yield self._palette
        yield self.prompt

    def on_mount(self) -> None:
        """Take what the first layout draws; once that is painted, draw twenty frames a second."""
        self.frame()
        self.call_after_refresh(self._begin)

    def on_unmount(self) -> None:
        """Draw no more frames."""
        if self._beating is not None:
            self._beating.cancel()

    def frame(self) -> None:
        """Take what the feed has, and show what it touched."""
        batch = self._feed.drain()
        touched = self.sight.take(batch)
        self._refocus_lens()
        for text, role in heard(batch.events):
            self.say(text, role)
        due = self._pace.due(touched, batch.now)
        if due is not None:
            self._show(due.topics, due.tick)
        for bar in self._bars:
            bar.follow()
            self.prompt.tick(self.viewed_s)
        follow(self.board)
        self._leave_when_recorded()

    @property
    def viewed_s(self) -> float:
        """Seconds by which messages last."""
        return self.transport.viewed_s if self.transport is not None else self.sight.now.at

    @property
    def known_keys(self) -> frozenset[str]:
        """The characters that are keys here."""
        return frozenset(key for keys in self.keys.values() for key in keys)

    @property
    def commander(self) -> Commander | None:
        """Who takes commands; None where the session is only looked at."""
        return self._feed.commands

    @property
    def theme_names(self) -> list[str]:
        """The themes that can be chosen."""
        return list(self._themes)

    def submit(self, make: Callable[[str], AnyCommand]) -> None:
        """Hand a command of this operator to the engine; the answer comes back as facts."""
        if self.commander is None:
            self.say("this session is only looked at; nothing can be recorded here", "warn")
            return
        if self.sight.frozen_at is not None:
            self.toggle_freeze()
        self.commander.submit(make(self.commander.operator))

    def say(self, text: str, role: Role = "text") -> None:
        """Show a message at the bottom for a few seconds."""
        self.prompt.say(plain(text, 400), role, self.viewed_s)

    def ask(self, label: str, done: Callable[[str], None], empty: bool = False) -> None:
        """Ask for a text at the bottom, where this session can be acted upon."""
        self.prompt.ask(Question(f"{plain(label, 40)}:", lambda text, chosen: done(text), empty=empty))

    def ask_filter(self) -> None:
        """Ask for a filter of the active pane, narrowing it at every keystroke."""
        self.prompt.ask(asking.filter_question(self.board.active))

    def ask_command(self, typed: str = "") -> None:
        """Open the command line, with what is typed already."""
        self.prompt.ask(asking.command_question(self, typed))

    def ask_leave(self) -> None:
        """Ask whether to leave, end or stay; nothing has to be asked where nothing is watched from here."""
        if self.commander is None or self.sight.session.closed is not None:
            self.exit("closed")
        else:
            asking.leave(self, self._paint)

    def end(self, outcome: str) -> None:
        """End the session, and go once that is recorded."""
        asking.end(self, outcome)

    def go(self, how: str) -> None:
        """Leave the screen as soon as the record shows it."""
        self._leaving = (how, self.sight.now.at + LEAVE_S)

    def open_panel(self, name: str) -> bool:
        """Give a panel the keys by its id or kind; False if there is none."""
        panel = self.board.named(name)
        if panel is not None:
            self.board.focus_on(panel, and_back=True)
        return panel is not None

    def open_details(self, subject: Subject) -> None:
        """Tell everything about an item, a signal or an event."""
        panel = self.board.named("detail")
        if isinstance(panel, Detail):
            panel.turn_to(subject)
            self.board.focus_on(panel, and_back=True)

    def toggle_freeze(self) -> None:
        """Let the display stand still, or show what came meanwhile."""
        if self.sight.frozen_at is None:
            self.sight.freeze()
        else:
            self.sight.thaw()
        self._show(None, True)

    def look_through(self, lens: Lens) -> None:
        """Show everything by another clock, or with another trust in the engine."""
        self.lens = lens
        self.board.see(lens=lens)
        self._show(None, True)

    def use_theme(self, name: str) -> bool:
        """Draw in other colours; False if there is no such theme."""
        if name not in self._themes:
            return False
        self.theme = name
        self._paint = Paint.of(self._themes[name], self._no_color)
        for canvas in self.screen.query(Canvas):
            canvas.paint = self._paint
        self._show(None, True)
        return True

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let an open question or dialog have the keys; else they act at once, before what is typed behind them."""
        return action != "act" or not (self.prompt.asking or len(self.screen_stack) > 1)

    def action_act(self, name: str) -> None:
        """Do what an action's key does."""
        action = next(one for one in ACTIONS if one.id == name)
        self.act(action)

    def act(self, action: Action) -> None:
        """Do an action, or say why it cannot be done here."""
        if action.records and self.commander is None:
            self.say(f"{action.id}: this session is only looked at; nothing can be recorded here", "warn")
        else:
            action.run(self)

    def _begin(self) -> None:
        # What start-up made lives until the end: full collections need not look at it again.
        gc.collect()
        gc.freeze()
        gc.enable()
        self._beating = asyncio.create_task(self._beat())
        self._beating.add_done_callback(self._stopped_beating)

    async def _beat(self) -> None:
        # Textual's timers send a message at every tick, which costs more than a frame in which nothing happened.
        while True:
            await asyncio.sleep(1 / FRAMES_A_SECOND)
            self.frame()

    def _stopped_beating(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._handle_exception(error)

    def _show(self, touched: set[Topic] | None, tick: bool) -> None:
        sight = self.sight
        with self.batch_update():
            operator = self.commander.operator if self.commander else "looking on"
            self._header.show(self.lens, operator)
            self.prompt.tick(self.viewed_s)
            if sight.session.opened is None or (sight.frozen_at is not None and touched is not None):
                return
            for failure in self.board.show(sight.session, sight.now, touched, tick):
                self.say(f"{failure}; the rest goes on", "fail")

    def _refocus_lens(self) -> None:
        stalled, t0 = self.sight.blind, self.sight.session.t0
        if stalled != self.lens.stalled or t0 != self.lens.t0:
            self.look_through(Lens(self.lens.clock, t0, stalled))

    def _leave_when_recorded(self) -> None:
        if self._leaving is None or self.commander is None:
            return
        how, deadline = self._leaving
        session = self.sight.session
        recorded = session.closed is not None or self.commander.operator not in session.operators
        if recorded or self.sight.stalled_s or self.sight.now.at > deadline:
            self.exit(how)
