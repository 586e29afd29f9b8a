"""The command line: the table of `:commands`, and how a typed line finds its command."""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.words.durations import is_duration, seconds
from mmcockpit.ui.actions import active_checks, messages, session
from mmcockpit.ui.actions import go_live as orders
from mmcockpit.ui.actions import procedures as stepping
from mmcockpit.ui.actions import replay as replaying
from mmcockpit.ui.actions.keymap import ACTIONS, Action
from mmcockpit.ui.desk import READ_ONLY, Desk
from mmcockpit.ui.render.key_names import shown

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Order:
    """One command: its name, its argument, what it does; `run` returns an error text, or an empty one."""

    name: str
    argument: str
    title: str
    run: Callable[[Desk, str], str]
    records: bool = False
    choices: Callable[[Desk], list[str]] = lambda desk: []
    replays: bool = False


SETTLING = frozenset({"go", "go!", "advice", "poll", "hold", "accept-identity", "skip", "abandon", "end"})
"""Commands that record a gate, the advice, a step, a procedure or the end: a burst of keys cannot run them."""


@dataclass(frozen=True)
class CommandEntry:
    """One row of the palette: a command or an action, with its keys."""

    order: Order | None
    action: Action | None
    name: str
    title: str
    keys: str = ""

    @property
    def records(self) -> bool:
        """Whether it needs a live session."""
        return any(part.records for part in (self.order, self.action) if part is not None)


_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?Z?$")


def parse_time(text: str, now: Stamp) -> float | None:
    """Return a moment in Unix seconds: `now`, `+15m`, `02:00` (UTC, the nearest) or RFC 3339; None for other text."""
    text = text.strip()
    if text == "now":
        return now.wall
    if text[:1] in ("+", "-") and is_duration(text[1:]):
        return now.wall + (seconds(text[1:]) if text[0] == "+" else -seconds(text[1:]))
    if clock := _CLOCK.match(text):
        hour, minute, second = (int(part or 0) for part in clock.groups())
        if hour > 23 or minute > 59 or second > 59:
            return None
        midnight = now.wall - now.wall % 86_400
        moments = [midnight + day + hour * 3600 + minute * 60 + second for day in (-86_400, 0, 86_400)]
        return min(moments, key=lambda moment: abs(moment - now.wall))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _t0(desk: Desk, text: str) -> str:
    moment = parse_time(text, desk.now)
    if moment is None:
        return f"{text!r} is not a time: write 02:00, +15m, now or 2026-12-06T02:00Z"
    desk.submit(lambda by: commands.SetT0(by, moment))
    return ""


def _text(make: Callable[[str, str], commands.AnyCommand]) -> Callable[[Desk, str], str]:
    def run(desk: Desk, text: str) -> str:
        desk.submit(lambda by: make(by, text))
        return ""

    return run


def _end(desk: Desk, outcome: str) -> str:
    session.end(desk, outcome)
    return ""


def _leave(desk: Desk, argument: str) -> str:
    session.leave(desk)
    return ""


def _theme(desk: Desk, name: str) -> str:
    return "" if desk.use_theme(name) else _unknown("theme", name, desk.theme_names)


def _filter(desk: Desk, text: str) -> str:
    desk.pane.filter = text
    desk.pane.redraw()
    return ""


def _panel(desk: Desk, name: str) -> str:
    return "" if desk.open_panel(name) else _unknown("panel", name, _panels(desk))


def _open(panel: str) -> Callable[[Desk, str], str]:
    return lambda desk, argument: _panel(desk, panel)


def _sense(desk: Desk, names: str) -> str:
    wanted = tuple(dict.fromkeys(names.split()))
    unknown = [name for name in wanted if name not in desk.session.signals]
    if unknown:
        return _unknown("signal", unknown[0], list(desk.session.signals))
    if wanted:
        active_checks.poll(desk, wanted, ", ".join(wanted))
    else:
        desk.submit(commands.SenseNow)
        desk.say("polling every signal; active checks run by name: `:sense NAME`")
    return ""


def _panels(desk: Desk) -> list[str]:
    return desk.panel_names


COMMANDS: tuple[Order, ...] = (
    Order("go", "", "pass the gate of the open phase", orders.go, True),
    Order("go!", "REASON", "pass the gate although it is closed", orders.go_all_the_same, True),
    Order(
        "advice",
        "accept|dismiss REASON",
        "accept or dismiss the advice",
        orders.advice,
        True,
        lambda desk: ["accept ", "dismiss "],
    ),
    Order(
        "poll",
        "[go|no-go|close …]",
        "go/no-go poll: open, answer, decide",
        orders.poll,
        True,
        lambda desk: ["go ", "no-go ", "close go ", "close no-go "],
    ),
    Order("hold", "REASON", "hold the go-live, or resume it", orders.hold, True),
    Order(
        "baseline",
        "[NAME=VALUE … REASON]",
        "record the baseline before the deployment, or set a known value",
        orders.baseline,
        True,
        lambda desk: [f"{name}=" for name in desk.session.cockpit.baseline.signals],
    ),
    Order("message", "[NAME]", "a ready-made message: copy or post it", messages.message, True, messages.names),
    Order("skip", "REASON", "skip the procedure's current step", stepping.skip, True),
    Order("abandon", "REASON", "abandon the open procedure", stepping.abandon, True),
    Order("note", "TEXT", "add a note to the session", _text(lambda by, text: commands.AddNote(by, text)), True),
    Order(
        "marker",
        "TEXT",
        "set a marker that replay can jump to",
        _text(lambda by, text: commands.AddNote(by, text, marker=True)),
        True,
    ),
    Order("t0", "TIME", "set the planned start: 02:00, +15m, now", _t0, True),
    Order(
        "sense",
        "[SIGNAL …]",
        "poll signals now; active checks ask first",
        _sense,
        True,
        lambda desk: list(desk.session.signals),
    ),
    Order(
        "accept",
        "REASON",
        "keep marks in memory while nothing can be recorded",
        _text(lambda by, text: commands.AcceptUnrecorded(by, text)),
        True,
    ),
    Order(
        "accept-identity",
        "SOURCE REASON",
        "accept another system behind a source",
        orders.accept_identity,
        True,
        lambda desk: [f"{name} " for name in desk.session.strangers],
    ),
    Order("seek", "MOMENT", f"seek to a time: {replaying.MOMENTS}", replaying.seek, replays=True),
    Order("speed", "FACTOR", "set the replay speed: 1/4 to 64", replaying.speed, replays=True),
    Order("contacts", "", "contacts and links", _open("links")),
    Order("links", "", "links and contacts", _open("links")),
    Order("panel", "NAME", "show a panel", _panel, choices=_panels),
    Order("filter", "[TEXT]", "show only rows of this pane that contain a text", _filter),
    Order("theme", "NAME", "change the theme", _theme, choices=lambda desk: desk.theme_names),
    Order("help", "", "keys and commands", _open("help")),
    Order("end", "OUTCOME", "end the session", _end, True),
    Order("leave", "", "leave, end or stay", _leave),
    Order("q", "", "leave, end or stay", _leave),
)


def entries(keys: "Mapping[str, tuple[str, ...]]", replays: bool = False) -> list[CommandEntry]:
    """Return the rows of the palette: commands first, then actions that have only keys."""
    orders = [
        CommandEntry(order, None, f"{order.name} {order.argument}".strip(), order.title)
        for order in COMMANDS
        if replays or not order.replays
    ]
    rest = [
        CommandEntry(None, action, action.id.replace("_", " "), action.title, " ".join(map(shown, keys[action.id])))
        for action in ACTIONS
        if action.id not in {order.name for order in COMMANDS} | {"command", "back", "back_or_leave"}
        and (replays or not action.replays)
    ]
    return orders + rest


def find(typed: str, known: list[CommandEntry]) -> list[CommandEntry]:
    """Return the entries that a typed line may mean, best match first."""
    words = typed.split()
    if not words:
        return known
    first = words[0].casefold()
    exact = [entry for entry in known if entry.order and entry.order.name == first]
    if exact and (len(words) > 1 or typed.endswith(" ")):
        return exact
    wanted = " ".join(words).casefold()
    ranked = [(rank, n, entry) for n, entry in enumerate(known) if (rank := _rank(wanted, entry)) is not None]
    return [entry for _, _, entry in sorted(ranked, key=lambda part: part[:2])]


def _rank(wanted: str, entry: CommandEntry) -> int | None:
    name = entry.name.casefold()
    if entry.order and entry.order.name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    if wanted in f"{name} {entry.title.casefold()}":
        return 2
    letters = iter(name)
    return 3 if all(letter in letters for letter in wanted.replace(" ", "")) else None


def run_line(desk: Desk, typed: str) -> str:
    """Run a typed command and return an error text, or an empty one."""
    name, _, argument = typed.strip().partition(" ")
    order = next((one for one in COMMANDS if one.name == name), None)
    if order is None:
        return _unknown("command", name, [one.name for one in COMMANDS])
    if order.argument and not order.argument.startswith("[") and not argument.strip():
        return f":{order.name} needs {order.argument}: {order.title}"
    if order.records and not desk.operator:
        return f":{order.name}: {READ_ONLY}"
    if order.replays and desk.transport is None:
        return f":{order.name} works in a replay only"
    return order.run(desk, argument.strip())


def complete(desk: Desk, typed: str, best: CommandEntry | None) -> str:
    """Return the typed line, completed as far as possible."""
    name, blank, argument = typed.partition(" ")
    order = next((one for one in COMMANDS if one.name == name), None)
    if blank and order is not None:
        fitting = [choice for choice in order.choices(desk) if choice.startswith(argument)]
        return f"{name} {fitting[0]}" if fitting else typed
    if best is not None and best.order is not None:
        return f"{best.order.name} " if best.order.argument else best.order.name
    return typed


def _unknown(kind: str, name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"unknown {kind} {name!r}" + (f"; did you mean {close[0]}?" if close else "")
