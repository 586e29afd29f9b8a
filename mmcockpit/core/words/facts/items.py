"""Sentences about items: marks, states, notes."""

from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.states import Mark
from mmcockpit.core.words.facts import Sentences
from mmcockpit.core.words.naming import Wording

MARK_WORDS = {
    Mark.DONE: "tick",
    Mark.VERIFY: "verify",
    Mark.CLAIM: "claim",
    Mark.UNDO: "undo",
    Mark.OVERRIDE: "override",
    Mark.NOT_APPLICABLE: "not appl",
    Mark.DEFER: "defer",
    Mark.BLOCK: "blocked",
}
"""The word of each mark, at most eight letters."""


def mark_words(body: facts.ItemMarked) -> str:
    """Return what a mark is, for an undo with what it takes back: `override`, `undo of 'not applicable'`."""
    return f"{body.mark} of '{body.undoes}'" if body.undoes else body.mark


def reason_of(body: facts.ItemMarked) -> str:
    """Return why an item was marked; nothing for an undo, whose reason only repeats what it takes back."""
    return "" if body.undoes else body.reason


def _marked(body: facts.ItemMarked, wording: Wording) -> str:
    why = f": {reason}" if (reason := reason_of(body)) else ""
    witnessed = " (witnessed, same terminal)" if body.witnessed else ""
    evidence = body.evidence if wording.full else None
    result = f" [{evidence.signal} {evidence.level} {evidence.value}]" if evidence else ""
    repeats = wording.labelled and not body.undoes and MARK_WORDS[body.mark].startswith(body.mark)
    mark = "" if repeats else f" {mark_words(body)}"
    return f"{body.by}{mark}: {wording.names.item(body.item)}{why}{witnessed}{result}"


def _changed(body: facts.ItemChanged, wording: Wording) -> str:
    because = f": {body.because}" if body.because else ""
    return f"[{body.was}]→[{body.now}] {wording.names.item(body.item)}{because}"


def _noted(body: facts.Noted, wording: Wording) -> str:
    about = f" on {wording.names.item(body.item)}" if body.item else ""
    return f"{body.by}{about}: {body.text}"


def _expired(body: facts.MarkExpired, wording: Wording) -> str:
    return f"{wording.names.item(body.item)}: the override of {body.by} expired"


SENTENCES: Sentences = {
    facts.ItemMarked: ("marked", _marked),
    facts.ItemChanged: ("sensed", _changed),
    facts.MarkExpired: ("expired", _expired),
    facts.Noted: ("note", _noted),
}
