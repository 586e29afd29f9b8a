"""The HTTPS servers pass and fail in the ways that their names tell, as Python's own TLS sees them."""

import ssl

import httpx
import pytest

from tests.servers.tls import TlsServers


def ask(tls_servers: TlsServers, name: str) -> httpx.Response:
    trust = ssl.create_default_context(cafile=str(tls_servers.ca))
    return httpx.get(tls_servers.servers[name].url, verify=trust)


@pytest.mark.parametrize("name", ["good", "expiring"])
def test_a_valid_certificate_is_accepted(tls_servers: TlsServers, name: str) -> None:
    assert ask(tls_servers, name).text == "ok"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("expired", "certificate has expired"),
        ("wrong_name", "IP address mismatch"),
        ("self_signed", "self.signed certificate"),
    ],
)
def test_an_invalid_certificate_is_refused_for_its_reason(tls_servers: TlsServers, name: str, reason: str) -> None:
    with pytest.raises(httpx.ConnectError, match=reason):
        ask(tls_servers, name)
    assert tls_servers.good != tls_servers.expired
