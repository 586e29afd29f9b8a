"""Actions: what a key or a `:command` does, declared once with its name, arguments, sentence and synonyms."""

from collections.abc import Callable, Iterable

import msgspec

from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.rules.seats.holder import controls_refusal
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.ui.desk import READ_ONLY, Desk


class Candidate(msgspec.Struct, frozen=True):
    """One value that an argument may have, and what it is; `note` is shown too, but not searched."""

    value: str
    about: str = ""
    note: str = ""


Candidates = Callable[[Desk, tuple[str, ...]], Iterable[Candidate]]
"""Returns the values that an argument may have; gets the words of the line before it."""


class Argument(msgspec.Struct, frozen=True):
    """One argument of a command.

    `closed` is whether it must be one of its candidates, `rest` whether it takes the rest of the line, blanks included,
    `repeated` whether more words of its kind may follow. The candidates of a `direct` argument are found without the
    command's name: `rollout` finds `:panel rollout`. `example` is a value of one without candidates.
    """

    name: str
    candidates: Candidates = lambda desk, before: ()
    optional: bool = False
    closed: bool = False
    rest: bool = False
    repeated: bool = False
    direct: bool = False
    example: str = ""

    @property
    def usage(self) -> str:
        """The argument as usage lines show it: `[SIGNAL …]`."""
        name = f"{self.name} …" if self.repeated else self.name
        return f"[{name}]" if self.optional else name


class Action(msgspec.Struct, frozen=True):
    """One action; `run` is what its key does, `line` what its `:command` does with the text typed behind the name.

    `line` returns an error text, or an empty one; without it the command takes no argument and does what the key does.
    `hint` is the label in the bottom line. `records` marks an action that needs a live session, `controls` one that
    needs the controls of a shared one, `replays` one that needs a replay. A command that `settles` records a gate, a
    decision or an end: a burst of keys cannot run it.
    """

    id: str
    keys: tuple[str, ...]
    title: str
    group: str
    run: Callable[[Desk], None] | None = None
    records: bool = False
    hint: str = ""
    replays: bool = False
    arguments: tuple[Argument, ...] = ()
    line: Callable[[Desk, str], str] | None = None
    synonyms: tuple[str, ...] = ()
    settles: bool = False
    command: str = ""
    controls: bool = False

    @property
    def name(self) -> str:
        """The name of its `:command`: `command`, else the id."""
        return self.command or self.id.replace("_", "-")

    @property
    def usage(self) -> str:
        """Its `:command` with the arguments; those that its key prompts for are optional: `hold [REASON]`."""
        given = [argument.usage for argument in self.arguments]
        if self.run is not None:
            given = [usage if usage.startswith("[") else f"[{usage}]" for usage in given]
        return " ".join([self.name, *given])


def prevented(desk: Desk, action: Action) -> str:
    """Return why an action cannot be run at this seat; empty if it can."""
    if action.records and not desk.operator:
        return (
            READ_ONLY if desk.sharing is None else refusal_words(Refusal(Code.VIEWER_ONLY, by=desk.sharing.seat.person))
        )
    return controls_words(desk) if action.controls else ""


def controls_words(desk: Desk) -> str:
    """Return who has the controls, and how to get them; empty if this seat has them."""
    refusal = controls_refusal(desk.session, desk.sharing)
    return refusal_words(refusal, desk.lens.keys) if refusal is not None else ""


def perform(desk: Desk, action: Action) -> None:
    """Run an action, or show why this session does not allow it; a required argument is typed first."""
    if wrong := prevented(desk, action):
        desk.say(f"{action.name}: {wrong}", "warn")
    elif action.run is not None:
        action.run(desk)
    elif any(not argument.optional for argument in action.arguments):
        desk.ask_command(f"{action.name} ")
    elif action.line is not None and (wrong := action.line(desk, "")):
        desk.say(wrong, "warn")
