"""`doctor` checks every channel as far as it can without a message, and lists what only a message would show."""

import os
from pathlib import Path

import pytest

from mmcockpit.simulator.servers.process import free_port
from tests.e2e.pty_session import Place
from tests.engine.outward.mail import MailServer
from tests.servers.http import Answer, HttpServer

MAIL = "mailto://127.0.0.1:%d?from=a@b.test&to=c@d.test"
TOKEN, PATH = "glsa_canary7f3a9Qx", "/hooks/canary-9f3a7c1b"
CHANNELS = """\
name: Small
environment: test
messages:
  channels:
    chat: {webhook: {env: CHAT}}
    mail: {apprise: {env: MAIL}}
    charts: {grafana: {url: "%s", token: {env: TOKEN}}}
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def checked(place: Place, server: HttpServer, **env: str) -> tuple[int, dict[str, str], str]:
    """Run doctor; return its exit code, its line of each channel, and all of its output."""
    place.write("cockpit.yaml", CHANNELS % server.url)
    given = {
        "CHAT": server.url + PATH,
        "MAIL": "mailto://127.0.0.1:25?from=a@b.test&to=c@d.test",
        "TOKEN": TOKEN,
        **env,
    }
    done = place.call("doctor", "cockpit.yaml", env=given)
    lines = {line.split()[1]: line for line in done.stdout.splitlines()}
    return done.returncode, lines, done.stdout + done.stderr


def test_channels_that_respond_are_ok_and_get_no_message(place: Place) -> None:
    with HttpServer() as server, MailServer() as mail:
        server.answers["/api/annotations"] = Answer(200, "[]")
        code, lines, output = checked(place, server, MAIL=MAIL % mail.port)
        assert (code, set(lines)) == (0, {"chat", "mail", "charts"}), output
        assert lines["chat"].split()[:3] == ["ok", "chat", "webhook"]
        assert "its server accepts connections; not checked: whether it takes messages" in lines["chat"]
        assert lines["mail"].endswith("not checked: whether its service is reached and takes messages")
        assert lines["charts"].endswith("the token is accepted; not checked: whether the token may write annotations")
        assert [(one.method, one.path) for one in server.requests] == [("GET", "/api/annotations")]
        assert server.requests[0].headers["Authorization"] == f"Bearer {TOKEN}"
        assert mail.mails == []
    assert not [secret for secret in (TOKEN, PATH[1:]) if secret in output]


def test_what_shows_that_no_message_would_arrive_is_refused_with_the_reason(place: Place) -> None:
    with HttpServer() as server:
        server.answers["/api/annotations"] = Answer(401, '{"message": "invalid API key"}')
        closed = f"http://127.0.0.1:{free_port()}{PATH}"
        code, lines, output = checked(place, server, CHAT=closed, MAIL="nothing-known://x", TOKEN=TOKEN)
        assert code == 1
        assert {line.split()[0] for line in lines.values()} == {"REFUSED"}, output
        assert "cannot connect: ConnectionRefusedError" in lines["chat"]
        assert "apprise does not know this kind of URL" in lines["mail"]
        assert "HTTP 401; check token" in lines["charts"]
        code, lines, output = checked(place, server, CHAT="http://chat.example.com/x", MAIL="")
        assert "its address must begin with https://" in lines["chat"]
        assert "environment variable MAIL is not set" in lines["mail"]
        server.answers["/api/annotations"] = Answer(403, "{}")
        _, lines, _ = checked(place, server)
        assert lines["charts"].startswith("ok "), "a token that may only write is enough"
    assert os.fspath(PATH)[1:] not in output
