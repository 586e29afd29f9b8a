"""Sessions in which every text is hostile."""

import msgspec

from mmcockpit.core.facts.event import (
    Advice,
    Advised,
    AnyBody,
    BaselineRecorded,
    Decided,
    Event,
    Gap,
    Held,
    ItemChanged,
    ItemMarked,
    Noted,
    Observed,
    Opened,
    PollOpened,
    Reason,
    Refused,
    SessionMode,
    State,
    Trouble,
    Unread,
    Voted,
)
from mmcockpit.core.facts.reasons import ReasonKind, Result
from mmcockpit.core.model.checklist import Contact, Item, Link, Mode, Phase, Section
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.layout import PANEL_KINDS, PanelSpec
from mmcockpit.core.model.reading import Fault, FaultKind, Reading
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import Mark
from mmcockpit.core.model.verdict import Level
from tests.ui.feeds import START, cockpit_file, judged

TEXTS = {
    "markup": "[red]x[/red] [/] [@click=app.quit]go[/] [ERROR] t [x] $fail",
    "escapes": "a\x1b[31mred\x1b]0;title\x07\x9b2J\x00b\r\nc",
    "wide": "漢字かな交じり文 👩‍👩‍👧 e\u0301 \u200b\u200d\ufe0f한국어",
    "bidi": "abc\u202edef\u2066ghi\u200f",
    "long": "x" * 10_000,
    "empty": "",
    "lone": "\ud800\udfff\u2028 \u0085",
}


PANELS = tuple(PanelSpec(kind, kind, signals=("s", "t", "n")) for kind in PANEL_KINDS)


def hostile(text: str) -> list[Event]:
    """A session in which every text is this one."""
    item = Item("p/s/i", 1, text, text, Mode.SENSED, "s", role=text, links=(text,), caveat=text)
    manual = Item("p/s/j", 2, text, text)
    plain = cockpit_file()
    checklist = msgspec.structs.replace(
        plain.checklist,
        title=text,
        phases=(Phase("p", text, (Section("s", text, (item, manual)),)),),
        contacts=(Contact(text, text),),
        links=(Link(text, text),),
    )
    one = plain.signals[0]
    signals = tuple(
        msgspec.structs.replace(one, name=name, title=text, source=text, about=text, unit=text, args={text: text})
        for name in ("s", "t", "n")
    )
    file = msgspec.structs.replace(
        plain,
        name=text,
        environment=text,
        checklist=checklist,
        signals=signals,
        vars={"deployment": text},
        poll=(text,),
    )
    row = {"name": text, "ready": False, "reason": text, "phase": text, "address": text, "query": text, text: text}
    value = {"pods": [row], "replicas": [row, row], "slow": [row], text: text, "status": text, "ms": 1, "error": text}
    reasons = (
        Reason(ReasonKind.ABORT, text, text, recorded=text, before=text),
        Reason(ReasonKind.ITEM, "p/s/i", state=State.BLOCKED, title=text, by=text, text=text, parts=(text,)),
        Reason(ReasonKind.SIGNAL, "s", result=Result(text, text, text, judged(Level.FAIL, text))),
        Reason(ReasonKind.CONTACTS, parts=(text, text)),
    )
    bodies: list[AnyBody] = [
        Opened(text, text, text, text, SessionMode.LIVE, file),
        Observed("s", Reading(value), judged(Level.FAIL, text)),
        Observed("t", Fault(FaultKind.MALFORMED, text), judged(Level.UNKNOWN, text)),
        Observed("n", Reading(3.0, defect=text), judged(Level.PASS, text)),
        ItemMarked("p/s/j", Mark.DONE, text, text),
        ItemChanged("p/s/i", State.OPEN, State.BAD, text),
        Noted(text, text, "p/s/i"),
        Noted(text, text, marker=True),
        Refused(text, Refusal(Code.UNKNOWN_PERSON, text, names=(text,)), text),
        Trouble(text, text, text),
        Unread(text, text),
        Gap(3, Stamp(0, START), text),
        ItemMarked("p/s/i", Mark.BLOCK, text, text),
        Held(True, text, text),
        PollOpened(text),
        Voted(text, False, text, text),
        Advised(Advice.NO_GO, reasons),
        Decided(Advice.NO_GO, False, text, text, tuple(reason.coverage for reason in reasons)),
        BaselineRecorded(START - 60, START, {"s": 1.0, text: 2.0}, text),
        Observed(
            "t", Reading([{"name": text, "severity": text, "since": text, "labels": {text: text}}]), judged(Level.FAIL)
        ),
    ]
    return [Event(n, Stamp(float(n), START + n), body) for n, body in enumerate(bodies, 1)]
