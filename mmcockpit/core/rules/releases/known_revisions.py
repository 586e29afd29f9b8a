"""The values to choose from with all that the session knows of them: also what ran before it began, by its charts."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.reading import Reading
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.judge import judge
from mmcockpit.core.state.options import Option, options
from mmcockpit.core.state.procedure_runs import ProcedureRun
from mmcockpit.core.state.releases.running_images import abort_signals, seen_images
from mmcockpit.core.state.session import Session

BEFORE_S = 600.0
"""Seconds before the running revision began in which the one before it has to have been good."""


def known_options(session: Session, run: ProcedureRun, name: str, now: Stamp) -> tuple[Option, ...]:
    """Return the values to choose from, newest first, with what is known of them.

    The revision that ran just before the present one is good if, until the present one began, points of the abort
    rules' signals passed and none failed.
    """
    offered = options(run, name, seen_images(session, _source(session, run, name)))
    place = next((n for n, one in enumerate(offered) if one.running), None)
    began = moment(offered[place].since) if place is not None else None
    if place is None or began is None or place + 1 >= len(offered):
        return offered
    before = offered[place + 1]
    if not before.usable or before.proven:
        return offered
    levels = list(_levels(session, run.procedure.target, began - BEFORE_S, began, now))
    if Level.PASS not in levels or Level.FAIL in levels:
        return offered
    until = Stamp(now.at - (now.wall - began), began)
    return (*offered[: place + 1], msgspec.structs.replace(before, passed=until), *offered[place + 2 :])


def _source(session: Session, run: ProcedureRun, name: str) -> str:
    """Return the source of the cluster in which a value was captured; empty if there is only one cluster."""
    steps = (step for step in run.procedure.steps if any(capture.name == name for capture in step.captures))
    return session.cockpit.polled_as(next((step.cluster for step in steps), ""))


def moment(text: str) -> float | None:
    """Return a time as Kubernetes writes it (RFC 3339), in Unix seconds; None for any other text."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time.timestamp() if time.tzinfo is not None else None


def _levels(session: Session, target: str, start: float, end: float, now: Stamp) -> Iterator[Level]:
    """Yield the levels of the points of the abort rules' signals between two times (Unix seconds)."""
    for state in abort_signals(session, target):
        for wall, value in state.points:
            if start <= wall < end:
                yield judge(state.signal, Reading(value), session, now).raw
