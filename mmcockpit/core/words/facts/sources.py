"""Sentences about systems behind sources, and their readings."""

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.reading import Fault, Reading
from mmcockpit.core.model.signal import Signal
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.facts import Sentences
from mmcockpit.core.words.naming import Wording
from mmcockpit.core.words.values import value_line
from mmcockpit.core.words.verdicts import fault_text, result_words, signal_line


def verdict_changed(body: facts.Observed, before: Level, signal: Signal) -> str:
    """Return a result that changed the verdict of a signal: both levels, the value or the fault."""
    answer, verdict = body.answer, body.verdict
    words = fault_text(answer) if isinstance(answer, Fault) else result_words(value_line(answer.value, signal), verdict)
    of = f" ({verdict.agree} of {verdict.of} agree)" if verdict.of > 1 else ""
    return plain(f"{signal.title}: {before} → {verdict.level}, {words}{of}")


def _observed(body: facts.Observed, wording: Wording) -> str:
    answer = body.answer
    value = "" if isinstance(answer, Fault) else value_line(answer.value, wording.names.definition(body.signal))
    remark = f" (remark: {answer.remark})" if isinstance(answer, Reading) and answer.remark else ""
    return f"{signal_line(body.signal, value, body.verdict)}{remark}"


def _verification(body: facts.VerificationChanged, wording: Wording) -> str:
    return f"{body.source}: " + (f"TLS not verified ({body.off})" if body.off else "TLS verified again")


def _log(body: facts.LogRead, wording: Wording) -> str:
    of = f"{body.entry} {body.container}".strip() + (" (previous run)" if body.previous else "")
    return f"{of}: {body.failed or ' / '.join(body.lines) or 'no lines'}"


def _accepted(body: facts.IdentityAccepted, wording: Wording) -> str:
    return f"{body.source}: accepted by {body.by}: {body.identity}: {body.reason}"


SENTENCES: Sentences = {
    facts.SourceIdentified: ("identity", lambda body, _: f"{body.source}: {body.identity}"),
    facts.IdentityDiffered: ("identity", lambda body, _: f"{body.source}: another system responds: {body.identity}"),
    facts.IdentityAccepted: ("identity", _accepted),
    facts.FailedOver: ("failover", lambda body, _: f"{body.source}: {body.what} {body.was} → {body.now}"),
    facts.VerificationChanged: ("tls", _verification),
    facts.LogRead: ("log", _log),
    facts.Observed: ("observed", _observed),
    facts.Backfilled: ("backfill", lambda body, _: f"{body.signal}: {counted(len(body.points), 'point')}"),
}
