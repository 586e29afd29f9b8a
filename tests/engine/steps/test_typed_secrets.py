"""What a person types: a known secret in any text of any command is in no journal, on no screen and in no store."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints
from uuid import uuid4

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.decide.request import Request
from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.sources import Identity
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.messages.alarms import AlarmCause, AlarmKind
from mmcockpit.core.model.procedure import StepQuestion
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.model.states import Advice, Mark, StepState
from mmcockpit.core.words.refusals import refusal_words
from mmcockpit.journal.reader import read
from mmcockpit.share.requests import encode
from mmcockpit.sources.common.secrets import Secrets
from tests.engine.engine_run import Watcher, running
from tests.engine.step_run import begin, one, python, rollback, step, until

CANARY = "s3cret-9f3acanary"

NAMES = {"item", "phase", "role", "procedure", "step", "message", "change", "to", "signal", "entry", "source", "name"}
"""Fields that name a thing of the session: a wrong one is refused, and a struck one would be a wrong one."""

SHOWN = {"argv", "where", "typed", "signals", "seen", "causes", "history", "values", "by"}
"""Fields that repeat what was on the screen, and who sends the command."""

VALID: dict[type, dict[str, Any]] = {
    commands.MarkItem: {"item": "p/s/audit", "mark": Mark.OVERRIDE},
    commands.OpenPhase: {"phase": "p", "override": True},
    commands.HoldSession: {"on": True},
    commands.Vote: {"go": True},
    commands.ClosePoll: {"go": True},
    commands.DecideAdvice: {"advice": Advice.HOLD, "seen": (), "accept": True},
    commands.AcknowledgeAlarm: {"causes": (AlarmCause(AlarmKind.ROLLBACK, "there"),)},
    commands.OpenProcedure: {"procedure": "back"},
    commands.AbandonProcedure: {"procedure": "back"},
    commands.SettleStep: {"procedure": "back", "step": "hand", "ok": True},
    commands.AnswerStep: {"procedure": "back", "step": "ask"},
    commands.SkipStep: {"procedure": "back", "step": "ask"},
    commands.RepeatSteps: {"procedure": "back", "step": "first"},
    commands.ChooseValue: {"procedure": "back", "name": "revision"},
    commands.RecordBaseline: {"values": {"there": 1.0}},
    commands.AcceptIdentity: {"source": "disk", "seen": Identity("disk")},
    commands.SetT0: {"t0": 1.0},
    commands.AcknowledgeHandover: {"handover": 1},
}
"""The fields of a command that is not refused for its form."""

NESTED = (
    commands.AcknowledgeAlarm("ana", (AlarmCause(AlarmKind.ROLLBACK, CANARY),)),
    commands.RecordBaseline("ana", {CANARY: 1.0}),
    commands.AcceptIdentity("ana", "disk", "it was moved", Identity(CANARY)),
    commands.MarkItem(CANARY, "p/s/audit", mark=Mark.VERIFY, witnessed=True),
    commands.MarkItem(CANARY, "p/s/nothing", mark=Mark.VERIFY, witnessed=True),
)
"""Commands with the canary inside of another value, or as the name of a witness."""


def texts(kind: type) -> dict[str, Any]:
    """Return the fields of a command that hold text, with the canary as their value."""
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for name, hint in hints.items():
        options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
        if str in options:
            found[name] = CANARY
        elif tuple[str, ...] in options:
            found[name] = (CANARY,)
    return found


def free(kind: type) -> dict[str, Any]:
    """Return the fields of a command that hold free text, with the canary as their value."""
    return {name: text for name, text in texts(kind).items() if name not in NAMES | SHOWN}


def typed(kind: type) -> Iterator[commands.AnyCommand]:
    """Yield commands of a kind with the canary in all free texts, and then also in one field that names something."""
    written = {"by": "ana", **VALID.get(kind, {}), **free(kind)}
    named = {name: text for name, text in texts(kind).items() if name not in written}
    for name, text in ((name, text) for name, text in texts(kind).items() if name not in {"by", *free(kind)}):
        yield kind(**{**named, **written, name: text})
    yield kind(**{**named, **written})


def kinds() -> list[type]:
    """Return the kinds of commands; those that end something come last."""
    last = (commands.AbandonProcedure, commands.EndSession, commands.LeaveSession)
    return [kind for kind in get_args(commands.AnyCommand) if kind not in last] + list(last)


@pytest.fixture
def cockpit(monkeypatch: pytest.MonkeyPatch) -> Cockpit:
    """Return a cockpit whose source has the canary as its token."""
    monkeypatch.setenv("API_TOKEN", CANARY)
    api = SourceSpec("api", "http", {"url": "http://127.0.0.1:1", "token": {"env": "API_TOKEN"}})
    steps = (
        step("first", python("pass")),
        step("ask", (), ask=StepQuestion("ticket")),
        step("hand", python("pass"), manual=True),
    )
    return rollback(*steps, sources=(SourceSpec("disk", "file", budget=100.0), api))


def answer(screen: Watcher, value: str) -> None:
    screen.do(commands.AnswerStep("ana", "back", "ask", value))


def refusals(screen: Watcher) -> list[Refusal]:
    return [event.body.refusal for event in screen.events if isinstance(event.body, facts.Refused)]


def test_no_text_of_any_command_is_recorded_or_shown_with_a_known_secret(cockpit: Cockpit, journal: Path) -> None:
    with running(cockpit, journal) as (_, screen):
        begin(screen, "first")
        until(screen, "first", StepState.OK)
        screen.do(commands.OpenPoll("ana"))
        for command in (*NESTED, *(command for kind in kinds() for command in typed(kind))):
            screen.do(command)
        screen.until(lambda session: session.closed is not None, "the session was ended")
        recorded = {type(event.body) for event in screen.events}
        assert {facts.Noted, facts.ItemMarked, facts.Held, facts.Refused, facts.Closed} <= recorded
        assert CANARY not in repr(screen.events)
        assert CANARY not in repr(screen.session)
    assert CANARY not in journal.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", kinds())
def test_every_text_of_a_command_is_free_or_names_something(kind: type) -> None:
    secrets = Secrets()
    secrets.protect(CANARY)
    others = {name: type(text)() for name, text in texts(kind).items()}
    command = kind(**{**others, **VALID.get(kind, {}), **free(kind)})
    assert CANARY.encode() not in encode(Request(uuid4().hex, command), secrets.redact)


def test_a_name_that_is_typed_for_a_witness_is_struck_out_before_it_is_sent() -> None:
    secrets = Secrets()
    secrets.protect(CANARY)
    command = commands.MarkItem(CANARY, "p/s/audit", mark=Mark.VERIFY, witnessed=True)
    assert CANARY.encode() not in encode(Request(uuid4().hex, command), secrets.redact)


def test_an_answer_with_a_known_secret_is_refused_and_another_one_is_recorded(cockpit: Cockpit, journal: Path) -> None:
    with running(cockpit, journal) as (_, screen):
        begin(screen, "first")
        until(screen, "first", StepState.OK)
        answer(screen, f"token {CANARY}")
        answer(screen, "token •••")
        screen.until(lambda _: len(refusals(screen)) == 2, "both are refused")
        assert [refusal.code for refusal in refusals(screen)] == [Code.SECRET_ANSWER] * 2
        assert refusal_words(refusals(screen)[0]) == ("the answer to Ask contains a known secret: enter one without it")
        assert one(screen.session, "ask").state is StepState.READY
        answer(screen, "OPS-17")
        assert until(screen, "ask", StepState.OK).state is StepState.OK
        assert screen.session.procedures["back"].values == {"ticket": "OPS-17"}
    assert CANARY not in repr(list(read(journal)))
