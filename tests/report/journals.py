"""Sessions to report on, written by the real writer: an incident, a failed rollback, and one of hostile texts."""

from collections.abc import Iterable
from pathlib import Path

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.core.model.states import Mark
from mmcockpit.journal.writer import Writer
from mmcockpit.report.collect import collect
from mmcockpit.report.past import Past
from tests.core.rollbacks import ended, listed, run
from tests.core.rollbacks import night as night_with_procedures
from tests.ui.go_lives import GoLive, cutover, item
from tests.ui.hostile import hostile

HARM = (
    "<script>fetch('{url}')</script><img src={url} onerror=alert(1)>\"' onload='alert(2)",
    "</title></style></script><svg onload=fetch('{url}')><style>@import url({url});</style>",
    "[click]({url}) ![picture]({url}) <{url}> {url} www.example.com `code` **bold** | cell | cell |",
    "- [x] done\n# heading\n> quote\n1. one\n```\nfence\n```\n| a | b |\n|---|---|\n</details><!-- -->",
    "{{ 7 * 7 }} {% raw %} ${jndi} \u202eevil\u2066 \x1b[31mred\x9b \x00 &lt;b&gt; &#60;b&#62; \\`",
)
"""Texts that HTML, CSS, Markdown, a template or a terminal would obey; `{url}` is where they would call."""


def journal(folder: Path, events: Iterable[Event]) -> Path:
    """Write a journal as the engine does; return its path."""
    path = folder / "journal.jsonl"
    writer = Writer.create(path)
    for event in events:
        writer.append(event)
    writer.close()
    return path


def collected(folder: Path, events: Iterable[Event]) -> Past:
    """Write a journal as the engine does, and return the report's data of it."""
    return collect(journal(folder, events))


def incident(closed: bool = True) -> GoLive:
    """A night that goes wrong: forced gates, faults, an override that expires, a hold, a no-go, and the rollback."""
    night = cutover()
    night.ask(commands.MarkItem("bo", item("Persistence"), "AOF is rewritten", Mark.OVERRIDE, 60.0))
    night.ask(commands.MarkItem("bo", item("Eviction Policy"), "agreed", Mark.OVERRIDE, 3600.0))
    night.ask(commands.HoldSession("ana", True, "wait for the database role"))
    night.watched(60, error_rate=Fault(FaultKind.TIMEOUT, "no answer within 3 s"))
    night.watched(30, error_rate=0.081)
    night.ask(commands.OpenPoll("ana"), commands.Vote("bo", True), commands.Vote("cy", False, "", "old answers"))
    night.ask(commands.ClosePoll("ana", False, "network says no"))
    night.ask(commands.HoldSession("ana", False, ""))
    night.watched(100)
    return night.ask(commands.EndSession("ana", "rolled back")) if closed else night


def rollback() -> list[Event]:
    """A night in which a procedure is begun, captures a revision, and fails at its second step."""
    story = night_with_procedures()
    listed(story)
    story.tell(facts.StepOutput("back", "history", "REVISION CAUSE\n40 one\n41 <b>two</b> ```"))
    story.do(commands.ChooseValue("ana", "back", "revision", "40"))
    story.do(run(story, "undo", "undo", "40", typed=("muxer",)))
    story.tell(facts.StepOutput("back", "undo", "not found", error=True, dropped=3))
    ended(story, "undo", 1)
    return story.events


def harmful(text: str) -> list[Event]:
    """Return a session in which every text is this one, procedures among them."""
    events = hostile(text)
    last = events[-1]
    bodies: list[AnyBody] = [
        facts.ProcedureOpened(text, text),
        facts.StepChanged(text, text, facts.StepState.RUNNING, text, text, (text, text), text),
        facts.StepOutput(text, text, text),
        facts.StepChanged(text, text, facts.StepState.FAILED, exit=1, values={text: text}, output=text),
        facts.ValueChosen(text, text, text, text),
        facts.MessageSent(text, text, text, text, text, text),
        facts.ItemMarked("p/s/i", Mark.OVERRIDE, text, text, facts.Evidence(text, text, text, text, text)),
        facts.PhaseChanged("p", text, text, (facts.Evidence(text, text, text, text, text),), (text,), text, text),
        facts.PollClosed(True, text, text, (text,)),
        facts.Closed(text, text),
    ]
    return [*events, *(Event(last.seq + n, last.stamp, body) for n, body in enumerate(bodies, 1))]
