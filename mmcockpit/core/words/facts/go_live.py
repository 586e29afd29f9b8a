"""Sentences about the go-live: gates, holds, the poll, the advice, the baseline."""

from mmcockpit.core.facts import event as facts
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import age
from mmcockpit.core.words.facts import Sentences
from mmcockpit.core.words.naming import Names, Wording
from mmcockpit.core.words.reasons import reason_text
from mmcockpit.core.words.values import value_line
from mmcockpit.core.words.verdicts import advice_word


def go_words(go: bool) -> str:
    """Return the answer of a go/no-go poll."""
    return "go" if go else "no-go"


def gate_lacks(body: facts.PhaseChanged, names: Names) -> str:
    """Return what a gate was overridden with; empty if it was open."""
    lacks = [counted(len(body.unmet), "open item")] if body.unmet else []
    failing = ", ".join(map(names.signal, body.failing))
    lacks += [f"{counted(len(body.failing), 'failing signal')} ({failing})"] if failing else []
    lacks += [f"no name for {', '.join(body.unfilled)}"] if body.unfilled else []
    return ", ".join(lacks)


def _phase(body: facts.PhaseChanged, wording: Wording) -> str:
    lacks = gate_lacks(body, wording.names)
    gate = f"gate overridden by {body.by} with {lacks}" if lacks else f"gate passed by {body.by}"
    why = f": {body.reason}" if body.reason else ""
    head = f", head {body.head or 'unknown'}" if wording.full else ""
    return f"{wording.names.phase(body.was)} → {wording.names.phase(body.now)}, {gate}{why}{head}"


def _poll(body: facts.PollClosed, wording: Wording) -> str:
    missing = f", unanswered: {', '.join(body.unanswered)}" if body.unanswered else ""
    return f"{go_words(body.go)} by {body.by}: {body.reason}{missing}"


def _voted(body: facts.Voted, wording: Wording) -> str:
    reason = f": {body.reason}" if body.reason else ""
    return f"{body.role} {go_words(body.go)} by {body.by}{reason}"


def _held(body: facts.Held, wording: Wording) -> str:
    reason = f": {body.reason}" if body.reason else ""
    return f"{'hold' if body.on else 'hold ended'} by {body.by}{reason}"


def _advised(body: facts.Advised, wording: Wording) -> str:
    word = advice_word(body.advice)
    return f"{word}: {'; '.join(map(reason_text, body.reasons))}" if body.reasons else word


def _signal_changed(body: facts.SignalChanged, wording: Wording) -> str:
    change = f"{wording.names.signal(body.signal)}: {body.was} → {body.now}"
    return ", ".join(filter(None, [change, body.value, body.because]))


def _decided(body: facts.Decided, wording: Wording) -> str:
    return f"{advice_word(body.advice)} {'accepted' if body.accepted else 'dismissed'} by {body.by}: {body.reason}"


def _baseline(body: facts.BaselineRecorded, wording: Wording) -> str:
    means = ", ".join(f"{name} {value_line(value)}" for name, value in body.values.items())
    notes = [f"from the source's history: {', '.join(body.history)}"] if body.history else []
    notes += [f"set by an operator: {', '.join(body.by_hand)} ({body.reason})"] if body.by_hand else []
    notes += [f"missing: {', '.join(f'{name} ({why})' for name, why in body.missing.items())}"] if body.missing else []
    return "; ".join([f"over {age(body.end - body.start)} by {body.by}: {means}", *notes])


SENTENCES: Sentences = {
    facts.PhaseChanged: ("phase", _phase),
    facts.Held: ("held", _held),
    facts.PollOpened: ("poll", lambda body, _: f"opened by {body.by}"),
    facts.Voted: ("voted", _voted),
    facts.PollClosed: ("poll", _poll),
    facts.Advised: ("advice", _advised),
    facts.SignalChanged: ("signal", _signal_changed),
    facts.Decided: ("decided", _decided),
    facts.BaselineRecorded: ("baseline", _baseline),
}
