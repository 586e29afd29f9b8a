"""Each kind of channel, received by a real server on loopback: the bytes, each once, and no secret anywhere."""

import email
import ssl
from email.message import Message as Mail
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.messages.channels import Announced, ChannelKind
from mmcockpit.core.model.states import Advice
from mmcockpit.core.rules.messages.templates import change
from tests.engine.engine_run import MovedClock, Watcher, running
from tests.engine.outward.mail import MailServer
from tests.engine.outward.outward_run import channel, outward, troubles
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import wait_until

TOKEN = "glsa_canary7f3a9Qx"
ANNOTATIONS = "/api/annotations"


def go_live(screen: Watcher, flag: Path) -> None:
    """Pass a gate, let the abort rule fail, roll back, end."""
    screen.until(lambda session: session.items["p/s/there"].proven, "the item is satisfied")
    screen.do(commands.OpenPhase("ana", "p"))
    screen.until(lambda session: session.phase == 1, "the gate is passed")
    flag.unlink()
    screen.until(lambda session: session.alarm is not None, "the abort rule has failed")
    screen.do(commands.OpenProcedure("ana", "back"))
    screen.until(lambda session: "back" in session.procedures, "the rollback is open")
    screen.do(commands.SettleStep("ana", "back", "tell", True, "told"))
    screen.until(lambda session: session.procedures["back"].closed is not None, "the rollback is done")
    screen.do(commands.EndSession("ana", "rolled back"))
    screen.until(lambda session: session.closed is not None, "the session has ended")


BEGINNINGS = [
    "shop (production): Prepare → Deploy, gate passed by ana",
    "shop (production): regressed: 1 There; ROLLBACK: There",
    "shop (production): rollback started by ana: Roll back",
    "shop (production): rollback done: Roll back",
    "shop (production): session ended by ana: rolled back",
]
"""How the texts begin that a channel gets in `go_live`, if it announces everything."""


def test_grafana_gets_annotations_with_their_time_and_tags(
    monkeypatch: pytest.MonkeyPatch, journal: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("GRAFANA_TOKEN", TOKEN)
    (flag := tmp_path / "there").touch()
    with HttpServer() as server:
        server.answers[ANNOTATIONS] = Answer(200, '{"message":"Annotation added","id":1}')
        charts = channel("charts", ChannelKind.GRAFANA, "GRAFANA_TOKEN", url=server.url, dashboard="d1", tags=("shop",))
        with running(outward(flag, charts), journal) as (_, screen):
            go_live(screen, flag)
            wait_until(lambda: server.count(ANNOTATIONS) == len(BEGINNINGS), "every annotation has arrived")
        got = [msgspec.json.decode(request.body) for request in server.requests]
    print(*(request.body.decode() for request in server.requests), sep="\n")
    shown = [one["text"].replace("&gt;", ">") for one in got]
    assert [text[: len(begins)] for text, begins in zip(shown, BEGINNINGS, strict=True)] == BEGINNINGS
    assert {request.headers["Authorization"] for request in server.requests} == {f"Bearer {TOKEN}"}
    assert {one["dashboardUID"] for one in got} == {"d1"}
    assert [one["tags"] for one in got] == [
        ["mmcockpit", "shop", "phase"],
        ["mmcockpit", "shop", "rollback", "regression"],
        ["mmcockpit", "shop", "rollback"],
        ["mmcockpit", "shop", "rollback"],
        ["mmcockpit", "shop", "end"],
    ]
    passed = next(event for event in screen.events if isinstance(event.body, facts.PhaseChanged))
    assert got[0]["time"] == round(passed.stamp.wall * 1000)
    assert TOKEN not in journal.read_text()


def test_t0_is_announced_when_it_is_reached_and_only_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, journal: Path, tmp_path: Path
) -> None:
    with HttpServer() as server:
        server.answers["/t0"] = server.answers["/end"] = Answer(200)
        monkeypatch.setenv("T0_HOOK", f"{server.url}/t0")
        monkeypatch.setenv("END_HOOK", f"{server.url}/end")
        t0 = channel("start", ChannelKind.WEBHOOK, "T0_HOOK", on=(Announced.T0,))
        end = channel("end", ChannelKind.WEBHOOK, "END_HOOK", on=(Announced.END,))
        clock = MovedClock()
        with running(outward(tmp_path / "x", t0, end), journal, clock) as (_, screen):
            screen.do(commands.SetT0("ana", clock.now().wall + 3600.0))
            screen.until(lambda session: session.t0 is not None, "T0 is in an hour")
            clock.slept = 3600.0
            wait_until(lambda: server.count("/t0") == 1, "T0 is announced")
            screen.do(commands.EndSession("ana", "done"))
            wait_until(lambda: server.count("/end") == 1, "the end is announced")
        print(*(f"{request.path} {request.body.decode()}" for request in server.requests), sep="\n")
        bodies = [msgspec.json.decode(request.body)["text"] for request in server.requests]
    ends = ("T0: the planned start is reached", "session ended by ana: done")
    assert bodies == [f"shop (production): {end}" for end in ends]


def mailed(raw: bytes) -> tuple[Mail, str]:
    mail = email.message_from_bytes(raw)
    part: Any = next(one for one in mail.walk() if not one.is_multipart())
    return mail, part.get_payload(decode=True).decode()


@pytest.mark.parametrize("secure", [False, True], ids=["mailto", "mailtos"])
def test_apprise_delivers_a_mail(monkeypatch: pytest.MonkeyPatch, journal: Path, tmp_path: Path, secure: bool) -> None:
    (flag := tmp_path / "there").touch()
    tls = None
    if secure:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with MailServer(tls) as server:
        mode = "mode=ssl&verify=no" if secure else "mode=insecure"
        url = f"mailto{'s' if secure else ''}://127.0.0.1:{server.port}?smtp=127.0.0.1&{mode}"
        monkeypatch.setenv("MAIL", f"{url}&from=cockpit@example.com&to=ops7f3a@example.com")
        team = channel("team", ChannelKind.APPRISE, "MAIL", on=())
        with running(outward(flag, team), journal) as (_, screen):
            screen.until(lambda session: session.advised is not None and session.advised.advice is Advice.GO, "GO")
            sent = commands.SendMessage("ana", "status", change(screen.session), "so it is <b>& all</b>", "team")
            screen.do(sent)
            wait_until(lambda: len(server.mails) == 1, "the mail has arrived", 60.0)
            screen.do(sent)
            screen.until(lambda _: any(isinstance(e.body, facts.Refused) for e in screen.events), "not sent twice")
        (raw,) = server.mails
        print(raw.decode())
    mail, text = mailed(raw)
    assert mail["To"] == "ops7f3a@example.com"
    assert mail["From"] == "cockpit@example.com"
    assert mail["Subject"] == "so it is <b>& all</b>"
    assert text.rstrip() == "so it is <b>& all</b>"
    assert [body.failed for event in screen.events if isinstance(body := event.body, facts.MessageSent)] == [""]
    assert troubles(screen) == []
    assert "ops7f3a" not in journal.read_text()
