"""Messages to a webhook: posted once, reported when they did not arrive, the address never shown."""

from pathlib import Path

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.procedure import Message
from mmcockpit.core.model.states import Advice
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.rules.messages.templates import change
from mmcockpit.core.state.session import Session
from mmcockpit.journal.reader import read
from tests.engine.engine_run import Watcher, running
from tests.engine.step_run import rollback
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import wait_until

CANARY = "/services/T0/B0/canary7f3a"


def told(monkeypatch: pytest.MonkeyPatch, url: str) -> Cockpit:
    monkeypatch.setenv("TEST_WEBHOOK", url)
    return rollback(messages=(Message("status", "Status", "so it is"),), webhook={"env": "TEST_WEBHOOK"})


def lasts(session: Session) -> bool:
    """Tell whether the advice does not change any more: a message is a second one only in the same situation."""
    held = session.advised is not None and session.advised.advice is Advice.HOLD
    return held and session.signals["there"].verdict.level is Level.FAIL


def send(screen: Watcher) -> None:
    screen.until(lasts, "HOLD, and the first reading")
    screen.do(commands.SendMessage("ana", "status", change(screen.session), "so it is", "webhook"))


def sent(screen: Watcher) -> list[facts.MessageSent]:
    return [event.body for event in screen.events if isinstance(event.body, facts.MessageSent)]


def test_a_message_is_posted_once(monkeypatch: pytest.MonkeyPatch, journal: Path) -> None:
    with HttpServer() as server, running(told(monkeypatch, server.url + CANARY), journal) as (_, screen):
        server.answers[CANARY] = Answer(200, "ok")
        send(screen)
        wait_until(lambda: server.count(CANARY) == 1, "it is posted")
        send(screen)
        screen.until(lambda _: any(isinstance(e.body, facts.Refused) for e in screen.events), "a second one is refused")
        assert msgspec.json.decode(server.requests[0].body) == {"text": "so it is"}
    assert [body.failed for body in sent(screen)] == [""]
    assert server.count(CANARY) == 1
    assert "canary7f3a" not in journal.read_text()


def test_no_text_notifies_a_channel_or_hides_a_link(monkeypatch: pytest.MonkeyPatch, journal: Path) -> None:
    with HttpServer() as server, running(told(monkeypatch, server.url + CANARY), journal) as (_, screen):
        server.answers[CANARY] = Answer(200, "ok")
        screen.until(lasts, "HOLD, and the first reading")
        text = "a<b & <!channel> <@U1> <http://evil.test|https://good.test> \u202eabc \x1b[31m"
        screen.do(commands.SendMessage("ana", "status", change(screen.session), text, "webhook"))
        wait_until(lambda: server.count(CANARY) == 1, "it is posted")
        escaped = "a&lt;b &amp; &lt;!channel&gt; &lt;@U1&gt; &lt;http://evil.test|https://good.test&gt; abc ␛[31m"
        assert msgspec.json.decode(server.requests[0].body) == {"text": escaped}


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (Answer(500, "broken"), "HTTP 500"),
        (Answer(302, headers={"Location": "/elsewhere"}), "redirected (302)"),
    ],
)
def test_a_message_that_did_not_arrive_is_reported_and_can_be_sent_again(
    monkeypatch: pytest.MonkeyPatch, journal: Path, answer: Answer, because: str
) -> None:
    with HttpServer() as server, running(told(monkeypatch, server.url + CANARY), journal) as (_, screen):
        server.answers[CANARY] = answer
        send(screen)
        screen.until(lambda _: len(sent(screen)) == 2, "the failure is told")
        assert sent(screen)[1].failed.startswith(because)
        server.answers[CANARY] = Answer(200)
        send(screen)
        wait_until(lambda: server.count(CANARY) == 2, "it is posted again")
        assert server.count("/elsewhere") == 0


@pytest.mark.parametrize(
    ("url", "because"),
    [
        ("http://127.0.0.1:1" + CANARY, "cannot connect: ConnectError"),
        ("http://hooks.example.test" + CANARY, "its address must begin with https://"),
        ("", "environment variable TEST_WEBHOOK is not set"),
    ],
)
def test_a_secret_address_is_not_shown(monkeypatch: pytest.MonkeyPatch, journal: Path, url: str, because: str) -> None:
    with running(told(monkeypatch, url), journal) as (_, screen):
        send(screen)
        screen.until(lambda _: len(sent(screen)) == 2, "the failure is told")
        assert sent(screen)[1].failed == because
    assert "canary7f3a" not in "".join(str(event.body) for event in read(journal))
