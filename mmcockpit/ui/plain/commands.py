"""The commands of the plain text mode: those of the screen, by name, number or key, and a few that print a page."""

import difflib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mmcockpit.ui.actions.action import Action
from mmcockpit.ui.actions.candidates import unknown
from mmcockpit.ui.actions.command_line import run_line, split
from mmcockpit.ui.actions.keymap import ACTIONS
from mmcockpit.ui.plain.desk import LineDesk
from mmcockpit.ui.render.rows import RowSubject

_SCREEN_ONLY = frozenset(
    {
        *("filter", "next_match", "previous_match", "order", "open_phase", "failing", "freeze", "copy", "phase"),
        *("down", "up", "top", "bottom", "page_down", "page_up", "half_down", "half_up", "collapse", "expand"),
        *("next_pane", "previous_pane", "zoom", "panel", "layout", "theme", "overview", "command", "help"),
        *("back", "back_or_leave", "details", "emergency", "contacts", "log"),
    }
)
"""Actions that move about on a screen, or have another name here."""


class PageCommand(NamedTuple):
    """A command that only prints: its name, what it does, and the page; it gets what is typed behind the name."""

    name: str
    title: str
    show: Callable[[LineDesk, str], None]


def _list(desk: LineDesk, rest: str) -> None:
    desk.open_panel("checklist") if rest != "all" else desk.order_checklist(open_phase=False)


def _procedures(desk: LineDesk, rest: str) -> None:
    desk.list_procedures()


def _emergency(desk: LineDesk, rest: str) -> None:
    desk.procedures.arrive(desk.session)
    desk.open_panel("procedures")


def _details(desk: LineDesk, rest: str) -> None:
    if rest:
        _details_of(desk, rest)
        return
    following, session = desk.following, desk.session
    if following is not None and following.step and desk.procedures.known(following.subject) is not None:
        desk.procedures.follow(following.subject)
        desk.open_panel("procedures")
        return
    about = desk.items.about
    if following is not None and following.subject in session.items:
        about = RowSubject("item", following.subject)
    elif following is not None and following.subject in session.signals:
        about = RowSubject("signal", following.subject)
    if about is not None:
        desk.open_details(about)


def _details_of(desk: LineDesk, name: str) -> None:
    """Print the details of a signal by its name or its title."""
    signals = desk.session.signals
    titled = [one for one, state in signals.items() if state.signal.title.casefold() == name.casefold()]
    found = [name] if name in signals else titled
    if found:
        desk.open_details(RowSubject("signal", found[0]))
    else:
        desk.say(unknown("signal", name, signals))


def _status(desk: LineDesk, rest: str) -> None:
    desk.overview()


def _panel(name: str) -> Callable[[LineDesk, str], None]:
    def show(desk: LineDesk, rest: str) -> None:
        desk.open_panel(name)

    return show


def _help(desk: LineDesk, rest: str) -> None:
    desk.page = help_lines


PAGES = (
    PageCommand("status", "the advice with its reasons, the phase, and what is next", _status),
    PageCommand("list", "what is to do, by item number; `list all` has what is done, too", _list),
    PageCommand("details", "why what is next is as it is; `details SIGNAL` for a signal by its name", _details),
    PageCommand("procedures", "all procedures; those called for first", _procedures),
    PageCommand("emergency", "the open procedure, else the list", _emergency),
    PageCommand("log", "what changed last", _panel("log")),
    PageCommand("contacts", "contacts on call, and links", _panel("links")),
    PageCommand("help", "all commands with their numbers", _help),
)
_NEXT = frozenset({"next", "n"})


def usable() -> list[Action]:
    """Return the actions of the screen that make sense in plain text, in the order of the help."""
    return [one for one in ACTIONS if not one.replays and one.id not in _SCREEN_ONLY and not one.id.startswith("pane_")]


def numbered() -> list[PageCommand | Action]:
    """Return all commands in the order of their numbers, from 1."""
    return [*PAGES, *usable()]


def help_lines() -> Iterator[str]:
    """Yield each command with its number, usage and sentence."""
    yield "commands, by name or number; a key of the screen works too, such as ! or H:"
    for n, one in enumerate(numbered(), 1):
        usage = one.name if isinstance(one, PageCommand) else one.usage
        yield f"  {n} {usage}: {one.title}"
    yield "ITEM is a number of the list or a title; an empty line does nothing"


def run_command(desk: LineDesk, typed: str) -> str:
    """Run one line; return an error text, or an empty one."""
    line = typed.strip().removeprefix(":").strip()
    name, _, rest = line.partition(" ")
    every = numbered()
    if name.isdecimal() and 0 < int(name) <= len(every):
        name = every[int(name) - 1].name
    elif len(line) == 1:
        name = next((one.name for one in every if isinstance(one, Action) and line in one.keys), name)
        name = "emergency" if line == "E" else name
    if name in _NEXT:
        name = "status"
    page = next((one for one in PAGES if one.name == name), None)
    if page is not None:
        page.show(desk, rest.strip())
        return ""
    action, _ = split(name)
    if action is None:
        names = [one.name for one in every]
        close = difflib.get_close_matches(name.casefold(), names, 1)
        return f"unknown command {name[:40]!r}" + (f"; did you mean {close[0]}?" if close else "; `help` lists all")
    if action not in every:
        return f"{action.name} works on the screen only; `help` lists what works here"
    return run_line(desk, f"{name} {rest}".strip())
