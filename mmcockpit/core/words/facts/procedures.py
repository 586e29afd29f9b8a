"""Sentences about procedures, their steps, and messages."""

import shlex

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.messages.channels import CLIPBOARD, WEBHOOK
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.facts import Sentences
from mmcockpit.core.words.naming import Wording
from mmcockpit.core.words.reasons import reason_text

_PROCESS = {None: "started", True: "is still running", False: "has ended"}


def _step(body: facts.StepChanged, wording: Wording) -> str:
    ran = f": {shlex.join(body.argv)}" if body.argv and wording.full else ""
    ended = f", exit {body.exit} after {body.ms / 1000:.1f}s" if body.exit is not None else ""
    captured = "".join(f", {name} {value}" for name, value in body.values.items())
    because = f": {body.because}" if body.because else ""
    by = f" by {body.by}" if body.by else ""
    again = f" (attempt {body.attempt})" if body.attempt > 1 else ""
    return f"{body.procedure}/{body.step} {body.now}{again}{by}{ran}{ended}{captured}{because}"


def _process(body: facts.StepProcess, wording: Wording) -> str:
    return f"{body.procedure}/{body.step}: process {body.pid} on {body.host} {_PROCESS[body.runs]}"


def _closed(body: facts.ProcedureClosed, wording: Wording) -> str:
    return f"{body.procedure} {procedure_end(body)}"


def procedure_end(body: facts.ProcedureClosed) -> str:
    """Return how a procedure ended."""
    return f"abandoned by {body.by}: {body.reason}" if body.abandoned else "done"


def _sent(body: facts.MessageSent, wording: Wording) -> str:
    failed = f" failed: {body.failed}" if body.failed else ""
    the = "the " if body.to in (CLIPBOARD, WEBHOOK) else ""
    return f"{body.message} to {the}{body.to} by {body.by}{failed}: {body.text}"


def output_length(body: facts.StepOutput) -> str:
    """Return how much a step wrote, where its text is shown elsewhere."""
    dropped = f", {body.dropped} more in its file" if body.dropped else ""
    return f"{body.procedure}/{body.step} wrote {counted(len(body.text.splitlines()), 'line')}{dropped}"


SENTENCES: Sentences = {
    facts.ProcedureQueued: ("queued", lambda body, _: f"{body.procedure}: {reason_text(body.reason)}"),
    facts.ProcedureUnqueued: ("unqueued", lambda body, _: f"{body.procedure}: its causes are resolved"),
    facts.ProcedureOpened: ("procedure", lambda body, _: f"{body.procedure} started by {body.by}"),
    facts.ProcedureClosed: ("procedure", _closed),
    facts.StepChanged: ("step", _step),
    facts.StepOutput: ("output", lambda body, _: f"{body.procedure}/{body.step}: {body.text}"),
    facts.StepProcess: ("process", _process),
    facts.StepsRepeated: ("repeated", lambda body, _: f"{body.procedure} from {body.step} by {body.by}: {body.reason}"),
    facts.ValueChosen: ("chosen", lambda body, _: f"{body.procedure} {body.name} {body.value} by {body.by}"),
    facts.MessageSent: ("message", _sent),
}
