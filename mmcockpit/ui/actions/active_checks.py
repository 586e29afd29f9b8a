"""Polling on request: passive signals at once, active checks only after a dialog that names them and their effects."""

from collections.abc import Sequence

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.combination import active_signals
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.amounts import counted
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import WIDTH, Way
from mmcockpit.ui.render.text import Line, age, plain, wrap
from mmcockpit.ui.render.values import verdict_words

INDENT = 3
NAMED = 4
"""The most active signals that one line names."""


def poll(desk: Desk, names: Sequence[str], title: str) -> None:
    """Poll these signals and the members of combinations; `title` names them in messages.

    If active checks among them may run, one dialog confirms them all; if none may run, only the passive ones are
    polled.
    """
    session = desk.session
    candidates = active_signals(session, names)
    runs = [state for state in candidates if state.signal.name in session.cockpit.allow.active]
    barred = [state for state in candidates if state not in runs]
    if runs:
        _confirm(desk, tuple(names), title, runs, barred)
        return
    passive = tuple(name for name in names if name not in {state.signal.name for state in barred})
    if passive:
        desk.submit(lambda by: commands.SenseNow(by, passive))
    if barred:
        kinds = "is an active check" if len(barred) == 1 else "are active checks"
        desk.say(f"{_named(barred)} {kinds}: add to allow.active in the cockpit file", "warn")
    else:
        desk.say(f"polling {plain(title, 60)}")


def _confirm(
    desk: Desk, names: tuple[str, ...], title: str, runs: list[SignalState], barred: list[SignalState]
) -> None:
    missing = [state for state in runs if desk.lens.level(state) is not Level.PASS]
    passive = tuple(name for name in names if not desk.session.signals[name].signal.active)
    chosen = {"run": runs, "missing": missing}

    def answered(word: str | None) -> None:
        if not word or word not in chosen:
            desk.say("cancelled: no active check runs")
            return
        wanted = (*passive, *(state.signal.name for state in chosen[word]))
        desk.submit(lambda by: commands.SenseNow(by, wanted, confirmed=True))
        desk.say(f"running {_checks(chosen[word])}")

    ways = [Way("c", "cancel", "run nothing"), Way("r", "run", f"{_checks(runs)}, once; {_validity(runs)}")]
    if missing and len(missing) < len(runs):
        ways.append(Way("m", "missing", f"only those that do not pass: {_named(missing)}"))
    question = f"{plain(title, 60)}: run {_checks(runs)}?"
    width = min(WIDTH, desk.width - 2)
    details = [line for state in runs for line in _effect(desk, state, width)]
    details += [line for state in barred for line in _barred(state, width)]
    desk.choose(question, ways, answered, details)


def _effect(desk: Desk, state: SignalState, width: int) -> list[Line]:
    """Return the lines on one check: its title, its present verdict, and what polling it costs or does."""
    signal = state.signal
    level = desk.lens.level(state)
    words = verdict_words(state, level) if state.asked_at else "not run yet"
    head: Line = (
        (f" {desk.lens.letter(state)} ", str(level)),
        (plain(signal.title, width - 18), "strong"),
        (f"  {words}", "muted"),
    )
    text = signal.effect or signal.about or signal.question
    return [head, *(((" " * INDENT + line, "text"),) for line in wrap(text, max(10, width - INDENT)))]


def _barred(state: SignalState, width: int) -> list[Line]:
    text = f"{plain(state.signal.title, 40)} is not allowed: add {state.signal.name} to allow.active"
    return [
        (((" - " if not n else "   ") + line, "warn"),) for n, line in enumerate(wrap(text, max(10, width - INDENT)))
    ]


def _checks(states: Sequence[SignalState]) -> str:
    return counted(len(states), "active check")


def _named(states: Sequence[SignalState]) -> str:
    names = [plain(state.signal.name, 40) for state in states]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _validity(states: Sequence[SignalState]) -> str:
    times = sorted({state.signal.valid_for for state in states})
    spans = age(times[0]) if len(times) == 1 else f"{age(times[0])} to {age(times[-1])}"
    return f"{'the result counts' if len(states) == 1 else 'the results count'} for {spans}"
