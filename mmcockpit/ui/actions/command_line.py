"""The command line: what a typed line means, what may be meant, and how it is completed and run."""

import difflib
from collections.abc import Iterable, Sequence

import msgspec

from mmcockpit.ui.actions.action import Action, Argument, Candidate, prevented
from mmcockpit.ui.actions.candidates import among, unknown, words
from mmcockpit.ui.actions.keymap import ACTIONS
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.render.text import plain

HIDDEN = frozenset({"command", "back"})
"""Actions that make no sense in the command line."""

NEAR_FROM = 2
"""The least letters typed before arguments are searched for the text, and near misses are offered."""

MOST_DIRECT = 6
"""The most values of one argument that are found without its command's name."""


class Suggestion(msgspec.Struct, frozen=True):
    """One row of the palette: the completed line, and the action that it runs.

    `sure` is whether Enter runs it: a line that was only found by meaning, and records, is completed first. `near` is
    whether it only resembles the typed text.
    """

    line: str
    action: Action
    head: str
    about: str
    sure: bool = True
    near: bool = False


_LISTED = [action for action in ACTIONS if action.id not in HIDDEN]
_NAMED = {word: action for action in _LISTED for word in action.synonyms} | {
    word: action for action in _LISTED for word in (action.id.replace("_", "-"), action.name)
}
"""Every action by its name, its id and its synonyms; a name has precedence."""


def usable(replays: bool) -> list[Action]:
    """Return the actions that the command line has in this mode: a replay has its own, and none that record."""
    return [one for one in _LISTED if replays or not one.replays]


def named(name: str) -> Action | None:
    """Return the action with this name or synonym; capitals, `_` and `-` do not matter."""
    wanted = name.casefold().replace("_", "-")
    return _NAMED.get(wanted)


def split(typed: str) -> tuple[Action | None, str]:
    """Return the action that a typed line names, and the text behind its name."""
    name, _, argument = typed.strip().partition(" ")
    action = named(name)
    if action is None and argument:
        # `resense all`, as sentences and the help once named it: the name with blanks.
        action, argument = named("-".join(typed.split())), ""
    return action, argument.strip()


def suggestions(desk: Desk, typed: str) -> list[Suggestion]:
    """Return what a typed line may mean, best match first."""
    name, blank, argument = typed.lstrip().partition(" ")
    action = named(name)
    if action is not None and blank and action.arguments:
        return _values(desk, action, argument)
    if not typed.strip():
        return [_suggest(one) for one in usable(desk.transport is not None) if not one.keys]
    return _matches(desk, typed) or _near(desk, typed)


def _matches(desk: Desk, typed: str) -> list[Suggestion]:
    wanted = typed.casefold().split()
    ranked: list[tuple[int, int, Suggestion]] = []
    for n, action in enumerate(usable(desk.transport is not None)):
        rank = rank_of(wanted, action)
        if rank is not None:
            sure = rank <= BY_NAME or not action.records
            ranked.append((rank, n, _suggest(action, sure)))
        first = action.arguments[0] if action.arguments else None
        if first is not None and first.direct and len(typed.strip()) >= NEAR_FROM:
            values = [one for one in first.candidates(desk, ()) if _begins(wanted, one)]
            ranked += [(DIRECT, n, _value(action, (), one)) for one in values[:MOST_DIRECT]]
    return [suggestion for _, _, suggestion in sorted(ranked, key=lambda part: part[:2])]


BY_NAME, DIRECT = 3, 4
"""Ranks: up to BY_NAME the typed text begins the name or a synonym; DIRECT is a value found without its command."""


def rank_of(wanted: Sequence[str], action: Action) -> int | None:
    """Return how well typed words match an action, 0 best; None if they do not match.

    0 its name, 1 a synonym, 2 the beginning of its name, 3 of a synonym, 5 the words of its name, synonyms and sentence
    begin with the typed ones, 6 they contain them, 7 the typed letters are in its name, in this order.
    """
    typed = "-".join(wanted)
    if typed == action.name:
        return 0
    if typed in action.synonyms:
        return 1
    if action.name.startswith(typed):
        return 2
    if any(synonym.startswith(typed) for synonym in action.synonyms):
        return 3
    every = words(" ".join((action.name, *action.synonyms, action.title)))
    if all(any(word.startswith(part) for word in every) for part in wanted):
        return 5
    if all(any(part in word for word in every) for part in wanted):
        return 6
    letters = iter(action.name)
    return 7 if len(typed) >= NEAR_FROM and all(letter in letters for letter in typed) else None


def _begins(wanted: Sequence[str], candidate: Candidate) -> bool:
    every = words(f"{candidate.value} {candidate.about}")
    return all(any(word.startswith(part) for word in every) for part in wanted)


def _near(desk: Desk, typed: str) -> list[Suggestion]:
    """Return the commands whose names resemble an unknown one."""
    name, _, argument = typed.strip().partition(" ")
    return [
        Suggestion(
            f"{action.name} {argument}".strip(),
            action,
            f":{action.usage}",
            f"did you mean this? {action.title}",
            False,
            True,
        )
        for close in nearest(name, usable(desk.transport is not None), 3)
        if (action := named(close)) is not None
    ]


def nearest(name: str, actions: Iterable[Action], count: int = 1) -> list[str]:
    """Return the names of the actions that an unknown name may mean, nearest first; synonyms count for their action."""
    known: dict[str, str] = {}
    for action in actions:
        for word in (*action.synonyms, action.name):
            known.setdefault(word, action.name)
    if len(name) < NEAR_FROM:
        return []
    close = difflib.get_close_matches(name.casefold(), list(known), 2 * count)
    return list(dict.fromkeys(known[word] for word in close))[:count]


def _suggest(action: Action, sure: bool = True) -> Suggestion:
    return Suggestion(action.name, action, f":{action.usage}", action.title, sure)


def _values(desk: Desk, action: Action, argument: str) -> list[Suggestion]:
    """Return the values of the argument at the end of the line; one row of usage if it has none."""
    before, typed, current = _current(action, argument)
    fitting = among(typed, current.candidates(desk, before)) if current is not None else []
    if fitting:
        return [_value(action, before, one) for one in fitting]
    return [Suggestion(f"{action.name} {argument}", action, f":{action.usage}", action.title)]


def _value(action: Action, before: tuple[str, ...], candidate: Candidate) -> Suggestion:
    line = " ".join((action.name, *before, candidate.value))
    return Suggestion(line, action, f":{line}", ", ".join(filter(None, (candidate.about, candidate.note))))


def _current(action: Action, argument: str) -> tuple[tuple[str, ...], str, Argument | None]:
    """Return the words before the argument that is typed, what is typed of it, and its declaration."""
    before: list[str] = []
    rest = argument.lstrip()
    for declared in action.arguments:
        if declared.rest:
            return tuple(before), rest, declared
        while " " in rest:
            word, _, rest = rest.partition(" ")
            before.append(word)
            rest = rest.lstrip()
            if not declared.repeated:
                break
        else:
            return tuple(before), rest, declared
    return tuple(before), rest, None


def missing(action: Action, argument: str) -> Argument | None:
    """Return the argument that a command still needs; None if it can run."""
    if action.run is not None and not argument:
        return None
    before, value, following = _current(action, f"{argument} " if argument else "")
    given = following is None or following.optional or value.strip() or (following.repeated and before)
    return None if given else following


def missing_words(desk: Desk, action: Action, argument: str) -> str:
    """Return which argument a command still needs, with an example; empty if it can run."""
    needed = missing(action, argument)
    if needed is None:
        return ""
    first = next(iter(needed.candidates(desk, tuple(argument.split()))), None)
    example = first.value if first is not None else needed.example
    such = f", such as {plain(example, 60)}" if example else ", and there is none to choose"
    return f"needs {needed.name}{such}"


def complete(typed: str, best: Suggestion | None) -> str:
    """Return the typed line, completed with the chosen row of the palette."""
    if best is None:
        return typed
    action, argument = split(best.line)
    if action is None or not action.arguments:
        return best.line
    if not argument:
        return f"{best.line.rstrip()} "
    here, following = _current(action, argument)[2], _current(action, f"{argument} ")[2]
    return f"{best.line.rstrip()} " if following is not None and following is not here else best.line


def meant(typed: str, rows: Sequence[Suggestion], chosen: int) -> tuple[str, bool]:
    """Return the line that Enter means, and whether it runs at once; else it is completed first.

    An exact name runs as typed. The chosen row replaces an unfinished name, and an unfinished value of a closed
    argument; where the line records and several rows fit, it is only completed.
    """
    best = rows[chosen] if chosen < len(rows) else None
    action, argument = split(typed)
    if action is None:
        sure = best is not None and best.sure and missing(best.action, split(best.line)[1]) is None
        return (best.line, sure) if best is not None and not best.near else (typed, True)
    line = typed
    if best is not None and best.action is action and (argument or typed.endswith(" ")) and action.arguments:
        _, value, current = _current(action, argument)
        if current is not None and (chosen > 0 or (current.closed and _unfinished(current, value, rows))):
            line = best.line
            if action.records and chosen == 0 and len(rows) > 1:
                return line, False
    return line, missing(action, split(line)[1]) is None


def _unfinished(current: Argument, value: str, rows: Sequence[Suggestion]) -> bool:
    """Whether a required value is missing, or the typed text differs from every offered value."""
    if not value:
        return not current.optional
    return value not in [row.line.rpartition(" ")[2] for row in rows]


def run_line(desk: Desk, typed: str) -> str:
    """Run a typed command and return an error text, or an empty one."""
    name = typed.strip().partition(" ")[0]
    action, argument = split(typed)
    if action is None:
        close = nearest(name, usable(desk.transport is not None))
        return unknown("command", name, ()) + (f"; did you mean {close[0]}?" if close else "; : lists all")
    if wrong := prevented(desk, action):
        return f":{action.name}: {wrong}"
    if action.replays and desk.transport is None:
        return f":{action.name} works in a replay only"
    if needed := missing_words(desk, action, argument):
        return f":{action.name} {needed} ({action.title})"
    if argument and not action.arguments:
        return f":{action.name} takes no argument: {action.title}"
    if action.line is not None and (argument or action.run is None):
        return action.line(desk, argument)
    if action.run is not None:
        action.run(desk)
    return ""
