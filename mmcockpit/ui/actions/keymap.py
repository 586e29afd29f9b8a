"""The table of all keys; bindings, palette, help and the check of keymap files are made from it."""

import difflib
import string
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mmcockpit.core.model.states import Mark
from mmcockpit.ui.actions import marks as conducting
from mmcockpit.ui.actions import navigation as do
from mmcockpit.ui.actions import procedures as stepping
from mmcockpit.ui.actions import replay as replaying
from mmcockpit.ui.desk import READ_ONLY, Desk
from mmcockpit.ui.render.key_names import NAMES, shown


@dataclass(frozen=True)
class Action:
    """One action of a key; `hint` is its label in the bottom line.

    `records` marks an action that needs a live session, `replays` one that needs a replay.
    """

    id: str
    keys: tuple[str, ...]
    title: str
    group: str
    run: Callable[[Desk], None]
    records: bool = False
    hint: str = ""
    replays: bool = False


ACTIONS: tuple[Action, ...] = (
    Action(
        "tick",
        ("space",),
        "tick the item, or show why it cannot be ticked",
        "Record",
        conducting.tick,
        True,
        "tick",
    ),
    Action("undo", ("u",), "undo your latest mark", "Record", do.undo, True),
    Action(
        "override",
        ("O",),
        "override the item for a time, with a reason",
        "Record",
        conducting.mark(Mark.OVERRIDE),
        True,
    ),
    Action(
        "not_applicable",
        ("X",),
        "mark the item not applicable, with a reason",
        "Record",
        conducting.mark(Mark.NOT_APPLICABLE),
        True,
    ),
    Action("defer", ("D",), "defer the item, with a reason", "Record", conducting.mark(Mark.DEFER), True),
    Action("block", ("B",), "mark the item blocked, with a reason", "Record", conducting.mark(Mark.BLOCK), True),
    Action("claim", ("A",), "claim the item: you take care of it", "Record", conducting.claim, True),
    Action("verify", ("V",), "verify as second person, at this terminal", "Record", conducting.verify, True),
    Action("poll", ("P",), "go/no-go poll: open, answer role by role, decide", "Record", conducting.poll, True),
    Action("hold", ("H",), "hold the go-live, or resume it", "Record", conducting.hold, True),
    Action(
        "emergency",
        ("E",),
        "procedures: those called for, and the open one",
        "Record",
        stepping.emergency,
    ),
    Action("run_step", ("!",), "continue the step: shows what would run, and asks", "Record", stepping.act, True),
    Action("comment", ("c",), "add a note to the item", "Record", do.comment, True),
    Action("marker", ("m",), "set a marker that replay can jump to", "Record", do.marker, True),
    Action("resense", ("r",), "poll the signal under the cursor; active checks ask first", "Record", do.resense, True),
    Action("resense_all", ("ctrl+r",), "poll every signal, without active checks", "Record", do.resense_all, True),
    Action("play", ("space",), "play or pause", "Replay", replaying.play, hint="play", replays=True),
    Action("back_5s", ("left",), "5 s back", "Replay", replaying.skip(-5.0), replays=True),
    Action("forward_5s", ("right",), "5 s forward", "Replay", replaying.skip(5.0), replays=True),
    Action("back_1m", ("(",), "1 minute back", "Replay", replaying.skip(-60.0), replays=True),
    Action("forward_1m", (")",), "1 minute forward", "Replay", replaying.skip(60.0), replays=True),
    Action("previous_fact", (",",), "pause, one fact back", "Replay", replaying.step(-1), replays=True),
    Action("next_fact", (".",), "pause, one fact forward", "Replay", replaying.step(1), replays=True),
    *(
        Action(f"{way}_{kind}", (key,), f"{way} {kind}, {letter} on the bar", "Replay", jump, replays=True)
        for kind, letter, keys in (("marker", "m", "[]"), ("decision", "D", "{}"), ("alarm", "!", "<>"))
        for way, key, jump in zip(
            ("previous", "next"), keys, (replaying.jump(kind, -1), replaying.jump(kind, 1)), strict=True
        )
    ),
    Action("faster", ("+",), "play faster, up to 64x", "Replay", replaying.quicken(1), replays=True),
    Action("slower", ("-",), "play slower, down to 1/4x", "Replay", replaying.quicken(-1), replays=True),
    Action("seek_to", ("S",), "seek to a time", "Replay", replaying.ask_seek, hint="seek", replays=True),
    Action("skip_idle", ("i",), "skip idle time", "Replay", replaying.skip_idle, replays=True),
    Action("details", ("enter",), "question, rule, verdict and last readings", "View", do.details, hint="detail"),
    Action("filter", ("/",), "show only rows that contain a text", "View", do.narrow, hint="filter"),
    Action("next_match", ("n",), "next match, or next item that is not satisfied", "View", do.next_match),
    Action("previous_match", ("N",), "previous match", "View", do.previous_match),
    Action("failing", ("f",), "failing, unknown and open items only", "View", do.failing, hint="failing"),
    Action("freeze", ("p",), "freeze the display; recording continues", "View", do.freeze),
    Action("clock", ("t",), "UTC, local time or T±", "View", do.clock),
    Action("copy", ("y",), "copy the row: to the terminal's clipboard and to a file", "View", do.copy),
    Action("log", ("L",), "the log, full screen", "View", do.log),
    Action("contacts", (), "contacts and links", "View", do.contacts),
    Action("down", ("j", "down"), "down", "Move", do.down),
    Action("up", ("k", "up"), "up", "Move", do.up),
    Action("top", ("g", "home"), "first row", "Move", do.top),
    Action("bottom", ("G", "end"), "last row", "Move", do.bottom),
    Action("page_down", ("pagedown",), "a page down", "Move", do.page_down),
    Action("page_up", ("pageup",), "a page up", "Move", do.page_up),
    Action("half_down", ("ctrl+d",), "half a page down", "Move", do.half_down),
    Action("half_up", ("ctrl+u",), "half a page up", "Move", do.half_up),
    Action("collapse", ("h", "left"), "close the section", "Move", do.collapse),
    Action("expand", ("l", "right"), "open the section", "Move", do.expand),
    Action("next_pane", ("tab",), "next pane", "Panes", do.next_pane),
    Action("previous_pane", ("shift+tab",), "previous pane", "Panes", do.previous_pane),
    *(Action(f"pane_{n}", (str(n),), f"pane {n}", "Panes", do.pane(n)) for n in range(1, 7)),
    Action("overview", ("0",), "all panes", "Panes", do.overview),
    Action("zoom", ("z",), "zoom this pane, or show all again", "Panes", do.zoom),
    Action("command", (":",), "command line and palette", "Cockpit", do.command, hint="commands"),
    Action("help", ("?",), "keys and commands", "Cockpit", do.help_, hint="help"),
    Action("back", ("escape",), "back", "Cockpit", do.back),
    Action("back_or_leave", ("q",), "back; at the top: leave, end or stay", "Cockpit", do.back_or_leave),
    Action("leave", ("ctrl+c",), "leave, end or stay", "Cockpit", do.leave),
)

NEVER = {f"ctrl+{key}" for key in ("a", "b", "s", "q", "z", "\\", "space", "h", "j", "k", "l")} | {"shift+enter"}
"""Keys that tmux, flow control, job control or old terminals use themselves."""

SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+[": "escape"}
"""Keys that terminals cannot tell from another key."""


def perform(desk: Desk, action: Action) -> None:
    """Run an action, or show why this session does not allow it."""
    if action.records and not desk.operator:
        desk.say(f"{action.id}: {READ_ONLY}", "warn")
    else:
        action.run(desk)


def parse_keys(text: str) -> tuple[str, ...]:
    """Return the keys of one keymap entry: `space, x` or a single `,`."""
    if text.strip() == ",":
        return (",",)
    words = [word.strip() for word in text.split(",")]
    return tuple(
        word if len(word) == 1 else word.lower().replace("esc", "escape", word.lower() == "esc") for word in words
    )


def key_fault(key: str) -> str:
    """Return why a key cannot be bound; empty if it can."""
    if key in NEVER or key.startswith("alt+"):
        return f"{shown(key)} cannot be bound: the terminal or tmux may intercept it"
    if key in SAME:
        return f"{shown(key)} is the same key as {shown(SAME[key])}: write {SAME[key]}"
    letter = key.removeprefix("ctrl+")
    if (len(key) == 1 and key.isprintable() and key != " ") or key in NAMES:
        return ""
    if key.startswith("ctrl+") and len(letter) == 1 and letter.isascii() and letter.isalpha():
        return ""
    return f"unknown key {key!r}: write a character, ctrl+LETTER, or a name such as space or pageup"


def keymap_faults(keymap: Mapping[str, str]) -> list[str]:
    """Return the errors of a keymap (action id to keys), one line each; empty if it is valid."""
    known = {action.id for action in ACTIONS}
    faults: list[str] = []
    for action, text in keymap.items():
        if action not in known:
            close = difflib.get_close_matches(action, known, 1)
            faults.append(f"unknown action {action!r}" + (f"; did you mean {close[0]}?" if close else ""))
            continue
        faults += [f"{action}: {fault}" for key in parse_keys(text) if (fault := key_fault(key))]
    if "ctrl+c" not in effective(keymap)["leave"]:
        faults.append("leave: must keep ctrl+c")
    replays = {action.id for action in ACTIONS if action.replays}
    owners: dict[tuple[str, bool], str] = {}
    for action, keys in effective(keymap).items():
        for key in keys:
            owner = owners.setdefault((key, action in replays), action)
            if owner != action:
                faults.append(f"{action}: {shown(key)} is already bound to {owner}: bind that one to another key")
    return faults


def effective(keymap: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the keys of every action by its id, with this keymap applied."""
    return {action.id: parse_keys(keymap[action.id]) if action.id in keymap else action.keys for action in ACTIONS}


def holding(keymap: Mapping[str, str], replays: bool) -> dict[str, tuple[str, ...]]:
    """Return the keys of every action in this mode: a replay's own keys have precedence there, elsewhere it has
    none."""
    keys = effective(keymap)
    own = {action.id for action in ACTIONS if action.replays}
    taken = {key for name in own for key in keys[name]} if replays else set()
    return {
        name: () if name in own and not replays else tuple(key for key in bound if name in own or key not in taken)
        for name, bound in keys.items()
    }


def binding_keys(keys: tuple[str, ...]) -> str:
    """Return keys as Textual's bindings need them: characters by their names, separated by commas."""
    return ",".join(_CHARACTERS.get(key, key) for key in keys)


_CHARACTERS = {
    character: unicodedata.name(character).lower().replace("-", "_").replace(" ", "_")
    for character in string.punctuation
} | {"-": "minus", "+": "plus", "/": "slash", "\\": "backslash", "_": "underscore", "@": "at"}
"""Textual's names of characters that are neither letters nor digits."""
