"""`init --discover` where a proxy asks for a user, and shows a certificate of the team's own authority."""

import base64

import pytest

from tests.discovery.command import Program
from tests.servers.tls import TlsServers

PASSWORD = "canary-of-the-login"


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGIN_PASSWORD", PASSWORD)


def test_user_password_and_authority_are_used_and_never_written(tls_servers: TlsServers, program: Program) -> None:
    server = tls_servers.servers["good"]
    before = len(server.requests)
    ran = program.discover(
        "--prometheus", server.url, "--prometheus-login", "ana:env:LOGIN_PASSWORD", "--ca", tls_servers.ca,
        "--http", server.url,
    )  # fmt: skip
    expected = base64.b64encode(f"ana:{PASSWORD}".encode()).decode()
    sent = [request.headers.get("Authorization") for request in server.requests[before:]]
    assert f"Basic {expected}" in sent, ran
    text = program.cockpit_text
    assert "user: ana, password: {env: LOGIN_PASSWORD}" in text
    assert text.count(str(tls_servers.ca)) == 2
    assert PASSWORD not in f"{ran}{text}"


@pytest.mark.parametrize("login", ["ana", "ana:secret", ":env:LOGIN_PASSWORD"])
def test_a_login_without_a_reference_is_refused(login: str, program: Program) -> None:
    ran = program.discover("--alertmanager", "http://127.0.0.1:9", "--alertmanager-login", login)
    assert (ran.code, program.folder.exists()) == (2, False)
    assert "--alertmanager-login must be a user and a reference to the password, such as ana:env:NAME" in ran.err
    assert "secret" not in ran.err
