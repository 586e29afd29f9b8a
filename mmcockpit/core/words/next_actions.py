"""NEXT as text: the key of the action, its subject, what it does, and how many more there are."""

from collections.abc import Callable
from typing import NamedTuple

from mmcockpit.core.model.needs import NoDataCause
from mmcockpit.core.model.next_action import Next, NextKind, ViewpointKind
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import age, duration, estimated
from mmcockpit.core.words.keys import NO_KEYS, Keys
from mmcockpit.core.words.no_data import cause_text, first_thing, source_title, way_out
from mmcockpit.core.words.verdicts import result_words

WAIT = "wait"
"""What is written instead of a key where there is nothing to press."""

_COMMANDS = {
    "go!": "go! REASON",
    "accept": "accept REASON",
    "advice": "advice accept REASON",
    "end": "end OUTCOME",
    "layout": "layout watch",
    "takeover": "takeover REASON",
}
"""Commands that need an argument."""


class NextWords(NamedTuple):
    """NEXT in parts, the most important first: `more` and then `detail` are left out on a narrow screen."""

    key: str
    subject: str
    detail: str = ""
    more: str = ""


def next_words(given: Next, keys: Keys = NO_KEYS, view: ViewpointKind = ViewpointKind.LIVE) -> NextWords:
    """Return NEXT in parts, with the effective keys; a seat that cannot act has no key."""
    subject, detail = _TEXTS[given.kind](given)
    more = f"({given.others} more)" if given.others else ""
    return NextWords(_key(given, keys, view), plain(subject, 120), plain(detail, 200), more)


def next_text(given: Next, keys: Keys = NO_KEYS, view: ViewpointKind = ViewpointKind.LIVE, gap: str = "  ") -> str:
    """Return NEXT in one line, with `gap` behind the key."""
    words = next_words(given, keys, view)
    about = f"{words.subject}: {words.detail}" if words.detail else words.subject
    return gap.join(filter(None, (words.key, f"{about} {words.more}".rstrip())))


def _key(given: Next, keys: Keys, view: ViewpointKind) -> str:
    if view is not ViewpointKind.LIVE and given.kind not in _ANYWHERE:
        return "then" if view is ViewpointKind.REPLAY else given.holder or ViewpointKind.READ_ONLY.value
    if given.holder:
        return given.holder
    if given.action == "control":
        requested = given.kind is NextKind.CONTROLS_REQUESTED
        return f":control grant {given.subject}" if requested else ":control request"
    if not given.action:
        return "" if given.kind in _PLAIN else WAIT
    return keys.get(given.action) or f":{_COMMANDS.get(given.action, given.action.replace('_', '-'))}"


_ANYWHERE = frozenset(
    {
        *(NextKind.STARTING, NextKind.ENDED, NextKind.NOT_FOLLOWED, NextKind.NO_OPERATOR, NextKind.STALLED),
        *(NextKind.STORE_AWAY, NextKind.DRIVER_SILENT, NextKind.WATCH),
    }
)
"""Kinds that are about the screen itself, at every seat."""

_PLAIN = frozenset({NextKind.NO_OPERATOR, NextKind.CONFIGURE, NextKind.NOTHING})
"""Kinds without a key and without waiting."""


def _item(given: Next) -> str:
    return f"{given.number} {given.title}" if given.number else given.title


def _result(given: Next) -> str:
    return result_words(given.value, given.verdict) if given.verdict is not None else ""


def _phrase(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _procedure(given: Next) -> str:
    takes = f"~{estimated(given.seconds)}" if given.seconds else ""
    return _phrase(counted(given.total, "step"), takes)


def _step(given: Next) -> str:
    return f"{given.number}/{given.total} {given.title}"


def _unknown(given: Next) -> tuple[str, str]:
    process = f"its process {given.count} still runs, " if given.count else ""
    return _step(given), f"outcome unknown, {process}record whether it worked"


def _running(given: Next) -> tuple[str, str]:
    return _step(given), f"running for {age(given.seconds)}"


def _settling_step(given: Next) -> tuple[str, str]:
    waits = f"settles in {duration(given.seconds)}" if given.seconds else "has to pass"
    no_data = given.verdict is not None and given.verdict.raw is Level.UNKNOWN
    return _step(given), f"{given.value} {waits}{', it has no data now' if no_data else ''}"


def _ready_step(given: Next) -> tuple[str, str]:
    todo = f"choose the {plain(given.value, 40)}" if given.value else "run it"
    return _step(given), _phrase(todo, f"~{estimated(given.seconds)}" if given.seconds else "")


def _failing(given: Next) -> tuple[str, str]:
    left = f"{given.text} in {duration(given.seconds)}" if given.seconds else ""
    return _item(given), _phrase("see why it fails", left)


def _blocked(given: Next) -> tuple[str, str]:
    return _item(given), f"blocked by {', '.join(given.people)}: {given.text}"


def _on_hold(given: Next) -> tuple[str, str]:
    return (
        f"on hold by {', '.join(given.people)}",
        f"{given.text}, for {age(given.seconds)}; resume when it is resolved",
    )


def _without_driver(given: Next) -> tuple[str, str]:
    if given.people:
        return f"only {given.people[0]} can continue the session", "by `mmcockpit resume` on this machine"
    if given.title:
        return f"`{given.title}` continues the session", ""
    return "wait until a driver continues the session", f"this seat cannot take over: {given.text}"


def _silent(given: Next) -> tuple[str, str]:
    silent = f"driver silent for {age(given.seconds)}"
    if given.action:
        return silent, "become the driver"
    return silent, f"this seat cannot take over: {given.text}" if given.text else ""


def _step_approval(given: Next) -> tuple[str, str]:
    if given.action:
        return _step(given), f"approve it for {', '.join(given.people)}, as {given.text}"
    if not given.people:
        return _step(given), f"needs approval, and no other person has the role {given.text}"
    return _step(given), f"needs approval by {' or '.join(given.people)} ({given.text})"


def _poll(given: Next) -> tuple[str, str]:
    if given.subject:
        who = f"{' or '.join(given.people)} " if given.people else ""
        return f"go/no-go poll: {given.subject}", f"{who}answers next, {given.count} of {given.total} have answered"
    others = f"{' or '.join(given.people)} decides" if given.people else "waits for its decision"
    return "go/no-go poll", f"complete, {'decide it' if given.action else others}"


def _approval(given: Next) -> tuple[str, str]:
    if not given.action:
        return _item(given), "needs a second person: add one to people in the cockpit file"
    who = f" ({' or '.join(given.people)})" if given.people else ""
    return _item(given), f"needs a second person{who}"


def _tick(given: Next) -> tuple[str, str]:
    verdict = given.verdict
    if verdict is None:
        return _item(given), "manual, tick it when it is done"
    if verdict.level is Level.WARN:
        return _item(given), f"{_result(given)}, warns: tick it with a reason"
    return _item(given), "checks pass, tick it"


def _role(given: Next) -> tuple[str, str]:
    passes = "checks pass, " if given.verdict is not None else ""
    return f"{' or '.join(given.people)}: {_item(given)}", f"{passes}needs their tick"


def _no_data(given: Next) -> tuple[str, str]:
    group = given.group
    if group is None:
        return _item(given), "no data"
    cause = cause_text(group, given.at)
    if given.title:
        return _item(given), f"no data, {cause}"
    affected = counted(len(group.items), "item") if group.items else counted(len(group.signals), "signal")
    if group.cause is NoDataCause.SOURCE_FAILING:
        first = first_thing(group)
        return f"poll {source_title(group.source)} again", _phrase(
            f"{first} first" if first else "", f"no data for {affected}"
        )
    return "poll again", f"{cause}, {affected}"


def _active(given: Next) -> tuple[str, str]:
    expired = given.group is not None and given.group.cause is NoDataCause.EXPIRED
    return f"run {given.title}", "active check, its result has expired" if expired else "active check, not run yet"


def _configure(given: Next) -> tuple[str, str]:
    if given.group is None:
        return given.subject, "change the cockpit file"
    affected = counted(len(given.group.items), "item")
    return cause_text(given.group), _phrase(way_out(given.group, NO_KEYS), affected)


def _first(given: Next) -> tuple[str, str]:
    cause = cause_text(given.group) if given.group is not None else ""
    return "first results", cause


def _baseline(given: Next) -> tuple[str, str]:
    before = f" before {given.title} opens" if given.title and not given.number else ""
    return f"record the baseline{before}", counted(len(given.group.items), "item") if given.group is not None else ""


_TEXTS: dict[NextKind, Callable[[Next], tuple[str, str]]] = {
    NextKind.STARTING: lambda given: ("the session is starting", ""),
    NextKind.ENDED: lambda given: ("the session has ended", "`mmcockpit report` writes its report"),
    NextKind.NOT_FOLLOWED: lambda given: ("leave, then watch again", "this screen is out of date"),
    NextKind.NO_OPERATOR: _without_driver,
    NextKind.STALLED: lambda given: (
        f"the engine has not responded for {age(given.seconds)}",
        "if it stays so, leave and resume",
    ),
    NextKind.STORE_AWAY: lambda given: ("no connection to the shared store", "reconnects by itself"),
    NextKind.DRIVER_SILENT: _silent,
    NextKind.STEP_APPROVAL: _step_approval,
    NextKind.CONTROLS_REQUESTED: lambda given: (f"{given.subject} requests the controls", "pass them on"),
    NextKind.NOT_RECORDING: lambda given: (
        "make room for the journal",
        "or keep marks in memory only, for a reason"
        if given.action or given.holder
        else "gates stay closed until then",
    ),
    NextKind.OUTCOME_UNKNOWN: _unknown,
    NextKind.STOP: lambda given: (given.title, given.text),
    NextKind.ROLLBACK: lambda given: (given.title, _procedure(given)),
    NextKind.FIX_FORWARD: lambda given: (given.title, f"{_procedure(given)}; it is too late for a rollback"),
    NextKind.FIND_CAUSE: lambda given: (f"fix {given.title}", "it is too late for a rollback"),
    NextKind.DECIDE: lambda given: ("roll back without a procedure", "decide, and record why"),
    NextKind.STEP_FAILED: lambda given: (_step(given), _phrase("failed", "repeat or skip it")),
    NextKind.STEP_RUNNING: _running,
    NextKind.STEP_SETTLING: _settling_step,
    NextKind.STEP_READY: _ready_step,
    NextKind.STEP_MANUAL: lambda given: (_step(given), "do it, then record it"),
    NextKind.STEP_QUESTION: lambda given: (_step(given), "answer it"),
    NextKind.STEP_WAIT: lambda given: (_step(given), "begin the wait"),
    NextKind.STEP_WAITING: lambda given: (_step(given), f"waits, {duration(given.seconds)} left"),
    NextKind.STEP_RETRYING: lambda given: (_step(given), f"failed, attempt {given.count} in {duration(given.seconds)}"),
    NextKind.STEP_UNDECIDED: lambda given: (_step(given), f"condition not met, {given.value}"),
    NextKind.PROCEDURE_CALLED: lambda given: (given.title, _phrase(given.text, _procedure(given))),
    NextKind.ITEM_PROCEDURE: lambda given: (_item(given), f"open {given.text}, {_procedure(given)}"),
    NextKind.ADVANCE: lambda given: (given.text, _phrase(given.value, _item(given))),
    NextKind.FAILING: _failing,
    NextKind.BLOCKED: _blocked,
    NextKind.ON_HOLD: _on_hold,
    NextKind.POLL: _poll,
    NextKind.HANDOVER: lambda given: (
        f"handover from {given.text}",
        f"{' or '.join(given.people)} reads the page and acknowledges it",
    ),
    NextKind.NO_DATA: _no_data,
    NextKind.APPROVAL: _approval,
    NextKind.TICK: _tick,
    NextKind.ROLE: _role,
    NextKind.WARNING: lambda given: (_item(given), f"warns: {_result(given)}"),
    NextKind.ACTIVE_CHECK: _active,
    NextKind.CONTACTS: lambda given: (f"{given.subject} is unassigned", "name a contact in the cockpit file"),
    NextKind.BASELINE: _baseline,
    NextKind.CONFIGURE: _configure,
    NextKind.FIRST_RESULTS: _first,
    NextKind.WATCH: lambda given: (
        f"watch {given.title}",
        "a layout with the settle times and the next handover",
    ),
    NextKind.SETTLING: lambda given: (f"{_item(given)} settles in {duration(given.seconds)}", ""),
    NextKind.GATE: lambda given: (f"open {given.title}", f"the gate of {given.text} is open"),
    NextKind.NOT_PROVEN: lambda given: (_item(given), "point of no return is not proven, pass the gate with a reason"),
    NextKind.OPEN_ITEM: lambda given: (_item(given), _phrase("open", _result(given))),
    NextKind.FINISH: lambda given: ("end the session", f"everything of {given.title} is done"),
    NextKind.NOTHING: lambda given: ("nothing to do", ""),
}
"""Kind to the function that returns its subject and its detail."""
