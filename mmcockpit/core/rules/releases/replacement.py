"""What a step replaces in production: the value and the image that run now, and those that it brings."""

from collections.abc import Iterator
from typing import NamedTuple

from mmcockpit.core.model.procedure import Meaning, Step
from mmcockpit.core.state.options import Option, options
from mmcockpit.core.state.procedure_runs import ProcedureRun, capture_of
from mmcockpit.core.state.releases.running_images import seen_images
from mmcockpit.core.state.session import Session


class Replacement(NamedTuple):
    """What runs now and what would run; empty where it is unknown."""

    name: str
    now: str
    then: str


def replacements(session: Session, run: ProcedureRun, step: Step) -> Iterator[Replacement]:
    """Yield what changes: for each captured value in the command of a step the value, and the image if it is known.

    An answer of an operator is not a version of something that runs, so that it replaces nothing.
    """
    source = session.cockpit.polled_as(step.cluster)
    for name, value in used_values(run, step):
        if capture_of(run, name) is None:
            continue
        offered = options(run, name, seen_images(session, source))
        before = next((one for one in offered if one.running), None)
        after = next((one for one in offered if one.value == value), Option(value))
        now, image = before.image if before else "", after.image or _captured_image(run)
        now = now or _running_image(session, source)
        if value != image:
            yield Replacement(name, before.value if before else _reported(session, offered, source), value)
        if now or image:
            yield Replacement("image", now, image)


def used_values(run: ProcedureRun, step: Step) -> Iterator[tuple[str, str]]:
    """Yield the names and values that the command of a step uses, captured ones and answers."""
    for name, value in run.values.items():
        if any(f"${{values.{name}}}" in word for word in step.argv):
            yield name, value


def _reported(session: Session, offered: tuple[Option, ...], source: str) -> str:
    """Return the revision that a rollout reports, if it is one of the values; empty if none is."""
    values = {one.value for one in offered}
    return next((revision for revision in _of_role(session, "revision", source) if revision in values), "")


def _running_image(session: Session, source: str) -> str:
    images = dict.fromkeys(_of_role(session, "image", source))
    return next(iter(images)) if len(images) == 1 else ""


def _captured_image(run: ProcedureRun) -> str:
    """Return the captured value that is itself an image."""
    captures = (capture for step in run.procedure.steps for capture in step.captures)
    named = (capture.name for capture in captures if capture.meaning(capture.name) is Meaning.IMAGE)
    return next((run.values[name] for name in named if name in run.values), "")


def _of_role(session: Session, role: str, source: str) -> Iterator[str]:
    """Yield the fields with a role of the latest values of all signals, of one source if it is given."""
    for state in session.signals.values():
        if source not in ("", state.signal.source):
            continue
        key = state.signal.shape.key_of(role)
        value = state.value.get(key) if key and isinstance(state.value, dict) and state.fault is None else None
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            yield str(value)
