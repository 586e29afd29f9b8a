"""Facts as text: the only wording of a fact, for the screen, notifications, the log command and the report alike."""

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.model.messages.channels import DeliveryResult
from mmcockpit.core.text import plain
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.facts import Sentences, alarms, go_live, items, procedures, seats, sessions, sources
from mmcockpit.core.words.facts.alarms import delivery_text
from mmcockpit.core.words.keys import key_or_command
from mmcockpit.core.words.naming import Wording
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.core.words.values import value_line

SENTENCES: Sentences = {
    **sessions.SENTENCES,
    **items.SENTENCES,
    **go_live.SENTENCES,
    **alarms.SENTENCES,
    **procedures.SENTENCES,
    **seats.SENTENCES,
    **sources.SENTENCES,
}
"""Every kind of fact; a test checks that none is missing."""

IDS = Wording()
"""The wording of the log command: ids instead of titles, commands instead of keys, all details."""


def describe(body: AnyBody, wording: Wording = IDS) -> tuple[str, str]:
    """Return the kind of a fact as one lower-case word, and its text as one sanitised line."""
    word, sentence = SENTENCES[type(body)]
    match body:
        case facts.ItemMarked(mark=mark):
            word = items.MARK_WORDS[mark]
        case facts.Noted(marker=True):
            word = "marker"
    return word, plain(sentence(body, wording).strip())


def describe_event(event: Event, wording: Wording = IDS) -> tuple[str, str]:
    """Return the kind of a fact as one word, and its text; fields that this version does not know follow the text."""
    word, text = describe(event.body, wording._replace(labelled=True))
    if not event.unknown:
        return word, text
    fields = ", ".join(f"{name} {value_line(value)}" for name, value in event.unknown.items())
    return word, plain(f"{text} [{counted(len(event.unknown), 'unknown field')}: {fields}]")


def notification(body: AnyBody, wording: Wording = IDS) -> str:
    """Return the message that pops up for a fact; empty for a fact that has none."""
    keys = wording.keys
    match body:
        case facts.Refused():
            return f"refused: {refusal_words(body.refusal, keys)}"
        case facts.BaselineRecorded():
            lacks = f"; no value for {', '.join(body.missing)}" if body.missing else ""
            return f"baseline recorded: {counted(len(body.values), 'signal')}{lacks}"
        case facts.HandoverPrepared():
            return f"{body.by} hands over to {body.to}: {key_or_command(keys, 'handover')} shows the page"
        case facts.HandoverAcknowledged():
            return f"{body.by} acknowledged the handover" + (
                ", witnessed at the same terminal" if body.witnessed else ""
            )
        case facts.Escalated():
            return f"escalated to {', '.join(body.to)}: {key_or_command(keys, 'ack')} acknowledges"
        case facts.MessageDelivered(result=DeliveryResult.UNKNOWN):
            return f"{delivery_text(body)}; ask whether it arrived"
        case facts.AlarmAcknowledged():
            return f"{body.by} acknowledged the alarm"
        case facts.ControlsRequested():
            return f"{body.by} requests the controls: `:control grant {body.by}` grants them"
        case facts.ControlsGranted() | facts.DriverChanged() | facts.StepApproved():
            return describe(body, wording._replace(full=False))[1]
        case facts.NotAnchored():
            return f"journal not anchored: {body.because}"
        case facts.Trouble(harmless=False):
            return f"trouble in {body.where}: {body.summary}"
    return ""
