"""`mmcockpit doctor --procedures`: checks the steps of every procedure without changing anything."""

import asyncio
from collections.abc import Iterator, Mapping

import msgspec

from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.reading import Fault
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.reachable import reachable
from mmcockpit.core.rules.steps.step_signals import step_signals
from mmcockpit.core.text import clean
from mmcockpit.core.words.verdicts import verdict_reason
from mmcockpit.engine.survey import Poll, Survey
from mmcockpit.sources.common.secrets import Secrets

WORDS = {"ok": "ok", "failed": "FAILED", "unproven": "UNPROVEN"}


def check_procedures(cockpit: Cockpit, secrets: Secrets) -> bool:
    """Print the checks of every step of the procedures in files; return whether none failed."""
    procedures = [one for one in cockpit.checklist.procedures if one.offer is None]
    if not cockpit.allow.procedures:
        print("procedures were not checked: allow.procedures is not true")
        return not procedures
    checked = {signal.procedure: signal for signal in cockpit.signals if signal.procedure}
    polls = asyncio.run(_polled(cockpit, secrets, tuple(checked.values())))
    good = True
    for procedure in procedures:
        signal = checked.get(procedure.id)
        for result, text in _lines(polls.get(signal.name)) if signal else [("off", "switched off, not checked")]:
            good = good and result != "failed"
            print(secrets.redact(clean(f"{WORDS.get(result, result):8} {procedure.id:16} {text}", 600)))
    return good


async def _polled(cockpit: Cockpit, secrets: Secrets, checked: tuple[Signal, ...]) -> Mapping[str, Poll]:
    """Return the polls of these signals, made after those of the signals that the steps wait for."""
    by_name = {signal.name: signal for signal in cockpit.signals}
    steps = [step for procedure in cockpit.checklist.procedures for step in procedure.steps]
    waited = (name for step in steps for name in step_signals(step))
    needed = reachable(waited, lambda name: by_name[name].group if name in by_name else ())
    needed |= {signal.name for signal in checked}
    signals = tuple(signal for signal in cockpit.signals if signal.name in needed)
    survey = Survey(msgspec.structs.replace(cockpit, signals=signals), secrets)
    await survey.run(sum(signal.timeout for signal in signals))
    return survey.polls


def _lines(poll: Poll | None) -> Iterator[tuple[str, str]]:
    """Yield the result and the text of each check of a procedure."""
    if poll is None:
        yield "failed", "the checks did not end in time"
    elif isinstance(poll.answer, Fault):
        yield "failed", verdict_reason(poll.verdict)
    else:
        for check in poll.answer.value["checks"]:
            yield check["result"], f"{check['step']}: {check['about']}"
