"""Channels that fail: one attempt a message, one line in the log, nothing waits for them, no secret in any text."""

import time
from pathlib import Path

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.messages.channels import Announced, ChannelKind
from mmcockpit.core.rules.messages.templates import change
from mmcockpit.core.words.describe import describe
from mmcockpit.engine.outward import post
from mmcockpit.engine.outward.delivery import MOST_WAITING
from mmcockpit.journal.reader import read
from mmcockpit.simulator.servers.process import free_port
from tests.engine.engine_run import Watcher, running
from tests.engine.outward.mail import ACCEPTED, MailServer
from tests.engine.outward.outward_run import channel, outward, troubles
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import PATIENCE_S, wait_until

SECRET = "canary7f3aQ9zt"
HOOK = f"/services/{SECRET}"


def holds(screen: Watcher, count: int) -> None:
    """Put the session on hold and resume it, which announces two messages each time."""
    for _ in range(count):
        screen.do(commands.HoldSession("ana", True, "wait"))
        screen.do(commands.HoldSession("ana", False))


def test_a_dead_channel_is_reported_once_until_it_works_again(
    monkeypatch: pytest.MonkeyPatch, journal: Path, tmp_path: Path
) -> None:
    with HttpServer() as server:
        monkeypatch.setenv("HOOK", server.url + HOOK)
        server.answers[HOOK] = Answer(503)
        chat = channel("chat", ChannelKind.WEBHOOK, "HOOK", on=(Announced.HOLD,))
        with running(outward(tmp_path / "x", chat), journal) as (_, screen):
            holds(screen, 3)
            wait_until(lambda: server.count(HOOK) == 6, "each message was tried")
            screen.until(lambda _: len(troubles(screen)) == 1, "the failure is reported")
            server.answers[HOOK] = Answer(200)
            holds(screen, 1)
            wait_until(lambda: server.count(HOOK) == 8, "two more messages have arrived")
            server.answers[HOOK] = Answer(500)
            holds(screen, 1)
            screen.until(lambda _: len(troubles(screen)) == 2, "the next failure is reported")
            wait_until(lambda: server.count(HOOK) == 10, "every message was tried once")
    (first, second) = [describe(one)[1] for one in troubles(screen)]
    assert first == (
        "channel chat: message not delivered: HTTP 503; later messages are tried once each, without further reports"
    )
    assert "HTTP 500" in second
    assert SECRET not in journal.read_text()


def test_an_operator_is_notified_of_each_message_that_failed(
    monkeypatch: pytest.MonkeyPatch, journal: Path, tmp_path: Path
) -> None:
    with MailServer() as server:
        server.answer = "554 no mail for ops"
        url = f"mailto://127.0.0.1:{server.port}?smtp=127.0.0.1&mode=insecure&from=cockpit@example.com"
        monkeypatch.setenv("MAIL", f"{url}&to={SECRET}@example.com")
        team = channel("team", ChannelKind.APPRISE, "MAIL", on=())
        with running(outward(tmp_path / "x", team), journal) as (_, screen):
            screen.until(lambda session: session.alarm is not None, "the advice does not change any more")
            sent = commands.SendMessage("ana", "status", change(screen.session), "so it is", "team")
            screen.do(sent)
            screen.until(lambda _: len(messages(screen)) == 2, "the failure is recorded", 60.0)
            server.answer = ACCEPTED
            screen.do(sent)
            wait_until(lambda: len(server.mails) == 2, "it is sent again")
    assert messages(screen)[1].failed.startswith("apprise: ")
    assert troubles(screen) == []
    assert SECRET not in "".join(str(event.body) for event in read(journal))


def messages(screen: Watcher) -> list[facts.MessageSent]:
    return [event.body for event in screen.events if isinstance(event.body, facts.MessageSent)]


@pytest.mark.parametrize(
    ("url", "because"),
    [
        (
            f"mailto://user:{SECRET}@127.0.0.1:{{port}}?smtp=127.0.0.1&mode=insecure&from=a@b.com&to=o@b.com",
            "apprise: ",
        ),
        (f"nosuchservice://{SECRET}", "apprise does not know this kind of URL"),
        ("", "environment variable URL is not set"),
    ],
)
def test_the_url_of_apprise_is_in_no_text(
    monkeypatch: pytest.MonkeyPatch,
    journal: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    url: str,
    because: str,
) -> None:
    monkeypatch.setenv("URL", url.format(port=free_port()))
    with running(outward(tmp_path / "x", channel("team", ChannelKind.APPRISE, "URL")), journal) as (_, screen):
        screen.until(lambda _: len(troubles(screen)) == 1, "the failure is reported", 60.0)
    assert troubles(screen)[0].summary.startswith(f"message not delivered: {because}")
    assert SECRET not in journal.read_text() + caplog.text


def test_a_hanging_channel_delays_neither_facts_nor_the_end(
    monkeypatch: pytest.MonkeyPatch, journal: Path, tmp_path: Path
) -> None:
    with HttpServer() as server:
        monkeypatch.setattr(post, "WITHIN_S", PATIENCE_S)
        server.answers[HOOK] = Answer(200, delay_s=PATIENCE_S)
        monkeypatch.setenv("HOOK", server.url + HOOK)
        with running(outward(tmp_path / "x", channel("chat", ChannelKind.WEBHOOK, "HOOK")), journal) as (_, screen):
            wait_until(lambda: server.count(HOOK) == 1, "the first message hangs")
            holds(screen, MOST_WAITING)
            screen.until(lambda _: len(troubles(screen)) == 1, "the queue is full")
            assert "20 messages wait already" in troubles(screen)[0].summary
            left = time.monotonic()
        assert time.monotonic() - left < PATIENCE_S / 2, "the message that hangs takes longer"
        assert server.count(HOOK) == 1
    assert len([event for event in read(journal) if isinstance(event.body, facts.Held)]) == 2 * MOST_WAITING
