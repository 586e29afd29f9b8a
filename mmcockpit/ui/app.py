"""The Textual application: drains the feed up to 20 times a second and shows what changed."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Any

import msgspec
from textual.app import ComposeResult
from textual.events import Event, Key
from textual.screen import Screen

from mmcockpit.core.facts.event import Refused, SeatJoined
from mmcockpit.core.feed import Batch, Feed
from mmcockpit.core.model.layout import AttentionSettings, Layout, Theme
from mmcockpit.core.model.seat import Via
from mmcockpit.core.rules.seats.holder import has_controls
from mmcockpit.core.rules.seats.present import others
from mmcockpit.core.state.first_results import first_results
from mmcockpit.core.state.session import Topic
from mmcockpit.core.words.sharing import one_identity
from mmcockpit.ui.actions.action import perform
from mmcockpit.ui.actions.footer import footer
from mmcockpit.ui.actions.help import help_rows
from mmcockpit.ui.actions.keymap import ACTIONS, binding_keys, holding
from mmcockpit.ui.actions.procedures import ask_failed
from mmcockpit.ui.app_desk import DeskApp
from mmcockpit.ui.attention import Attention
from mmcockpit.ui.dialogs.palette import Palette
from mmcockpit.ui.dialogs.prompt import Prompt
from mmcockpit.ui.garbage import Garbage
from mmcockpit.ui.notifications import notifications
from mmcockpit.ui.panels import panels_for
from mmcockpit.ui.panels.people import PeoplePanel
from mmcockpit.ui.render.key_names import key_names
from mmcockpit.ui.render.text import Role
from mmcockpit.ui.render.themes import COCKPIT_DARK, Paint, textual_theme, theme_faults
from mmcockpit.ui.repaint import QUIET, Due, FrameTimer, LeftOver, Pace
from mmcockpit.ui.screen import Deck
from mmcockpit.ui.session_view import Sight
from mmcockpit.ui.widgets.board import Board
from mmcockpit.ui.widgets.header import Header
from mmcockpit.ui.widgets.rules_bar import bars

SEVERITY = {"warn": 1, "fail": 2}
"""Roles of messages that are more important than others of the same frame."""

FRAME_S = 0.01
"""For how many seconds one frame draws panels while keys are pressed; one that comes meanwhile waits for no more."""

KEY_S = 1.0
"""How long a key may take that goes to a question, before the next one is dispatched all the same."""


class CockpitApp(DeskApp, inherit_bindings=False):
    """Shows a session and submits its operators' commands.

    `run()` returns `left`, `ended`, `closed` or `gone`; `takeover` where this seat is to become the driver, `fenced`
    where another one took the session over from this driver.

    `feed` is its only access to the session. `layout` holds the panels, `themes` the colours (the one named `theme` is
    used first), `keymap` (action id to keys, already checked) the keys. `copy_file` gets every copied text, because
    terminals may ignore the clipboard sequence. `layouts` returns the layouts that can replace the first one.
    `attention` is what gets the attention of the person at this terminal.
    """

    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = ""
    _counted_once = False

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
        layouts: Callable[[], Sequence[Layout]] = tuple,
        attention: AttentionSettings | None = None,
    ) -> None:
        no_color = bool(os.environ.get("NO_COLOR"))
        super().__init__(ansi_color=True if no_color else None)
        self.animation_level = "none"
        self._feed = feed
        self._mouse = mouse
        self.copy_file = copy_file
        self.layouts = lambda: (layout, *layouts())
        self._no_color = no_color
        self.transport = feed.transport
        self.keys = holding(keymap or {}, feed.transport is not None)
        self._themes = {one.name: one for one in themes if not theme_faults(one)} or {COCKPIT_DARK.name: COCKPIT_DARK}
        self._paint = Paint.of(self._themes.get(theme) or next(iter(self._themes.values())), no_color)
        self.sight: Sight = Sight()
        self.lens = self.first_lens(key_names(self.keys), layout.name, feed.transport is not None)
        self._bars = bars(feed, self._paint, self.sight)
        self.board = self.new_board(layout)
        self._palette = Palette(self._paint, id="palette")
        self.prompt = Prompt(self._paint, self._palette, self.sight.clock)
        self._header = self.new_header()
        self._pace = Pace()
        self._timer = FrameTimer(self._next_frame, self._handle_exception)
        self._left_over, self._behind = LeftOver(lambda: self.key_waits), LeftOver(lambda: self.key_waits)
        self._garbage = Garbage(lambda: self._timer.idle)
        self._attention = Attention(attention or AttentionSettings(), feed.transport is not None)
        self._early: list[tuple[str, Role]] = []
        self._hinted: tuple[object, ...] = ()
        self._set_up_keys()

    def _set_up_keys(self) -> None:
        """Register the themes, and bind the keys."""
        for one in self._themes.values():
            self.register_theme(textual_theme(one))
        self.theme = self._paint.theme.name
        self.prompt.more_key = self.lens.keys.get("details", "")
        for name, keys in filter(lambda pair: pair[1], self.keys.items()):
            self._bindings.bind(binding_keys(keys), f"act('{name}')", priority=True)

    def run(self, *args: Any, **options: Any) -> str | None:
        """Run until the screen is closed; takes Textual's options, with the mouse as configured."""
        options.setdefault("mouse", self._mouse)
        return super().run(*args, **options)

    def get_default_screen(self) -> Screen[None]:
        """Return the application's only screen."""
        return Deck()

    def compose(self) -> ComposeResult:
        """Yield the header, the board, the bars, the palette and the bottom line."""
        yield self._header
        yield self.board
        yield from self._bars
        yield self._palette
        yield self.prompt

    def on_mount(self) -> None:
        """Draw the first frame; once it is painted, start drawing up to 20 frames a second."""
        self.frame()
        self.call_after_refresh(self._begin)

    def on_unmount(self) -> None:
        """Stop drawing frames."""
        self._timer.stop()
        self._garbage.stop()

    def new_board(self, layout: Layout) -> Board:
        """Return a board with the panels of a layout."""
        return Board(layout, panels_for(layout, self._paint, self.lens, help_rows(self)), len(self._bars))

    def new_header(self) -> Header:
        """Return a header of this screen: dialogs have their own, because they cover the first one."""
        return Header(self._paint, self.sight, self.transport is not None, self.keys_to_signal)

    def _next_frame(self, frames: int) -> int:
        """Show what has changed; return after how many frames the next one may come."""
        self.frame(frames, inf if self._timer.idle else FRAME_S)
        if self._left_over.times or self._behind.times:
            return 0
        return 1 if self._pace.waits or self.transport is not None else QUIET

    def frame(self, frames: int = 1, within_s: float = inf) -> None:
        """Take the feed's new facts, and show what they changed; counts as so many frames.

        No panel is begun after `within_s` seconds: the next frame draws the rest.
        """
        batch = self._feed.drain()
        touched = self.sight.take(batch)
        while self._early and self.sight.session.opened is not None:
            self.say(*self._early.pop(0))
        self._refocus_lens()
        identity = batch.sharing.seat.identity if batch.sharing is not None else ""
        if messages := list(notifications(batch.events, self.sight.session, self.operator, self.lens, identity)):
            # The latest one, but a failure stays over what happened with it.
            self.say(*max(reversed(messages), key=lambda message: SEVERITY.get(message[1], 0)))
        for notice in (*batch.notices, *self._identity_notice(batch)):
            self.say(notice, "warn")
        if batch.notices or any(isinstance(e.body, Refused) and e.body.by == self.operator for e in batch.events):
            # After a refused end the screen stays.
            self._leaving = None
        due = self._pace.due(touched, batch.now, self.sight.calm, frames, self.sight.only_results and self._timer.idle)
        if due is not None or self._left_over.times:
            self._show(*(due or Due(set(), False)), self._left_over.enough(within_s))
        for bar in self._bars:
            bar.follow()
        if self.transport is not None:
            self.prompt.tick(self.viewed_s)
        self._follow()
        if len(self.screen_stack) == 1 and not self.prompt.asking:
            ask_failed(self, batch.events)
        self._leave_when_recorded()
        person = batch.sharing.seat.person if batch.sharing is not None else self.operator
        self.alert(self._attention.alerts(batch, self.sight, person))
        self.set_window_title(self._attention.title(self.sight))
        if batch.sharing is not None and batch.sharing.fenced and batch.sharing.seat.via is Via.TERMINAL:
            self.exit("fenced")

    def _follow(self) -> None:
        """Let details, NEXT and the keys in the bottom line follow the cursor; in the next frame if a key waits."""
        if self._behind.put_off(self._behind.enough()()):
            return
        self.follow_cursor()
        self._header.point(self._cursor)
        self._hint()

    def _identity_notice(self, batch: Batch) -> Iterator[str]:
        """Yield once that the person of this seat has another one: together they are one identity."""
        sharing = batch.sharing
        joined = batch.base is not None or any(isinstance(event.body, SeatJoined) for event in batch.events)
        if sharing is None or not joined or self._counted_once:
            return
        if others(self.sight.session, sharing.seat):
            self._counted_once = True
            yield one_identity(sharing.seat)

    @property
    def known_keys(self) -> frozenset[str]:
        """The characters that are bound to actions."""
        return frozenset(key for keys in self.keys.values() for key in keys)

    async def on_event(self, event: Event) -> None:
        """Dispatch an event; keys behind one that goes to the open question wait until that one is handled.

        Else a burst could be split: its first keys open the question, and the rest acts before that.
        """
        if isinstance(event, Key):
            self._timer.hasten()
        asks = isinstance(event, Key) and not event.is_forwarded and self.prompt.asking and len(self.screen_stack) == 1
        handled = self.prompt.next_handled() if asks else None
        await super().on_event(event)
        if handled is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(handled.wait(), KEY_S)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the actions' keys while a prompt or dialog is open; else they act at once, before later keys."""
        return action != "act" or not (self.prompt.asking or len(self.screen_stack) > 1)

    def action_act(self, name: str) -> None:
        """Run an action by its id."""
        perform(self, next(one for one in ACTIONS if one.id == name))

    def _begin(self) -> None:
        self._garbage.start()
        self._timer.start()

    def _show(self, touched: set[Topic] | None, tick: bool, waits: Callable[[], bool] = lambda: False) -> None:
        """Show what is touched; once `waits` returns True, the next frame draws the rest."""
        sight = self.sight
        frozen = sight.session.opened is None or (sight.frozen_at is not None and touched is not None)
        people = self.board.named("people")
        if isinstance(people, PeoplePanel):
            people.sharing = sight.sharing
        with self.batch_update():
            # First the panels: NEXT and the bottom line are about the row under the cursor.
            failures = [] if frozen else self.board.show(sight.session, sight.now, touched, tick, waits)
            for failure in failures:
                self.say(f"{failure}; the other panels continue", "fail")
            if self._left_over.put_off(waits()):
                return
            self._drawn = sight.session.seq
            for header in (self._header, *(dialog.header for dialog in self.dialogs)):
                header.show(self.lens, self.operator, self._cursor)
            for dialog in self.dialogs:
                dialog.follow()
            self._hint(afresh=True)
            self.prompt.tick(self.viewed_s)

    def _hint(self, afresh: bool = False) -> None:
        """Show the keys of the panel and the row in the bottom line, if either has changed."""
        pane = self.board.active
        playing = self.transport is not None and self.transport.state.playing
        # A row may be drawn after its panel was chosen: until then it has no subject, and no keys.
        row = pane.chosen, pane.subject(pane.chosen)
        here = (pane.spec.id, row, pane.filter, pane.by_need, self.board.away, playing)
        if (afresh or here != self._hinted) and self.sight.session.opened is not None:
            self._hinted = here
            first = first_results(self.session, self.now) if self.transport is None else None
            self.prompt.hint(footer(self), first.text if first is not None else "")

    @property
    def _cursor(self) -> str:
        subject = self.board.active.subject(self.board.active.chosen)
        return subject.name if subject is not None else ""

    def _refocus_lens(self) -> None:
        sight, lens = self.sight, self.lens
        seen = sight.session.t0, sight.out_of_date, has_controls(sight.session, sight.sharing)
        if seen != (lens.t0, lens.out_of_date, lens.controls):
            self.look_through(msgspec.structs.replace(lens, t0=seen[0], out_of_date=seen[1], controls=seen[2]))
