"""The actions on steps that are no plain command: answer a question, begin a wait, skip what has no condition met."""

from collections.abc import Callable, Sequence

from mmcockpit.core.decide import command as commands
from mmcockpit.core.model.refusal import Refusal
from mmcockpit.core.rules.steps.conditions import unmet
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.ui.actions.ask import cancelled
from mmcockpit.ui.actions.steps import step_outcomes as outcomes
from mmcockpit.ui.actions.steps.step_outcomes import StepPlace, choose
from mmcockpit.ui.desk import Desk
from mmcockpit.ui.questions import WIDTH, DialogQuestion, Way, always
from mmcockpit.ui.render.step_kinds import kind_status, question_words, wait_words
from mmcockpit.ui.render.text import Line, plain, wrap

MOST_CHOICES = 9
"""Choices that have a digit as key; more of them are entered as text."""


def begin(desk: Desk, place: StepPlace) -> bool:
    """Act on a ready step that is a question or a wait, or may not start; False for any other step."""
    step, name = place.one.step, place.run.procedure.id
    refusal = unmet(desk.session, place.run, place.one, desk.now)
    if refusal is not None:
        _skip_only(desk, place, refusal)
    elif step.ask is not None:
        _answer(desk, place)
    elif step.wait is not None:
        desk.submit(lambda by: commands.RunStep(by, name, step.id))
    else:
        return False
    return True


def _skip_only(desk: Desk, place: StepPlace, refusal: Refusal) -> None:
    ways = (Way("b", "back", "nothing is recorded"), Way("s", "skip", "skip the step; asks why"))
    choose(desk, refusal_words(refusal, desk.lens.keys), ways, outcomes.settling(desk, place))


def _answer(desk: Desk, place: StepPlace) -> None:
    step, name = place.one.step, place.run.procedure.id
    ask = step.ask
    if ask is None:
        return
    title = f"{plain(step.title, 60)}: {question_words(step)}"

    def answer(value: str) -> Callable[[], None]:
        return lambda: desk.submit(lambda by: commands.AnswerStep(by, name, step.id, value))

    words = {plain(one, WIDTH): one for one in ask.choices}
    if 0 < len(words) == len(ask.choices) <= MOST_CHOICES and not words.keys() & {"back", "skip"}:
        ways = [Way("b", "back", "nothing is recorded")]
        ways += [Way(str(n), word, "") for n, word in enumerate(words, 1)]
        ways.append(Way("s", "skip", "skip the step; asks why"))
        answers = {word: answer(value) for word, value in words.items()}
        choose(desk, title, ways, {**answers, "skip": outcomes.settling(desk, place)["skip"]})
        return
    lines: Sequence[Line] = [((f" {line}", "muted"),) for line in wrap(title, WIDTH)]
    desk.ask(
        DialogQuestion(
            f"{plain(ask.name, 30)}:",
            lambda text, chosen: answer(text)(),
            lambda text: lines,
            cancelled=lambda: cancelled(desk),
            settles=always,
        )
    )


def waiting(desk: Desk, place: StepPlace) -> None:
    """Ask whether to end a wait early."""
    ways = (
        Way("b", "back", "let it wait"),
        Way("o", "ok", "end the wait now and continue; asks why"),
        Way("f", "failed", "end the wait as failed; asks why"),
        Way("s", "skip", "skip the step; asks why"),
        Way("a", "abandon", "abandon the procedure; asks why"),
    )
    status = kind_status(place.one, desk.session, desk.now)
    title = f"{plain(place.one.step.title, 60)}: {status} ({wait_words(place.one.step)}). End the wait?"
    choose(desk, title, ways, outcomes.settling(desk, place))
