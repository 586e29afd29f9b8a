"""HTTPS servers whose certificates are good, expired, about to expire, of another name, or their own authority."""

import ssl
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mmcockpit.simulator.servers.process import HOST
from tests.servers.http import Answer, HttpServer

DAY = timedelta(days=1)
GOOD_DAYS = 90
EXPIRING_DAYS = 10
OTHER_NAME = "other.example"

Address = tuple[str, int]


class TlsServers:
    """One HTTPS server for each kind of certificate, all of the authority `ca` (a PEM file) but the self-signed one.

    Each attribute is (host, port); `/` answers 200 "ok" everywhere. `servers` has the servers themselves, by attribute.
    """

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca)
        now = datetime.now(UTC)
        contexts = {
            "good": _issued(authority, HOST, now - DAY, now + GOOD_DAYS * DAY),
            "expiring": _issued(authority, HOST, now - DAY, now + EXPIRING_DAYS * DAY),
            "expired": _issued(authority, HOST, now - 30 * DAY, now - DAY),
            "wrong_name": _issued(authority, OTHER_NAME, now - DAY, now + GOOD_DAYS * DAY),
            "self_signed": _self_signed(folder, now),
        }
        self.servers = {name: HttpServer(tls=context) for name, context in contexts.items()}
        for server in self.servers.values():
            server.answers["/"] = Answer(body="ok")
        self.good: Address = self.servers["good"].address
        self.expiring: Address = self.servers["expiring"].address
        self.expired: Address = self.servers["expired"].address
        self.wrong_name: Address = self.servers["wrong_name"].address
        self.self_signed: Address = self.servers["self_signed"].address
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for server in self.servers.values():
            self._stack.enter_context(server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _server_context(load: Callable[[ssl.SSLContext], None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load(context)
    return context


def _issued(authority: trustme.CA, name: str, starts: datetime, ends: datetime) -> ssl.SSLContext:
    certificate = authority.issue_cert(name, not_before=starts, not_after=ends)
    return _server_context(certificate.configure_cert)


def _self_signed(folder: Path, now: datetime) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self-signed")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + GOOD_DAYS * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = folder / "self-signed.pem"
    pem.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    return _server_context(lambda context: context.load_cert_chain(pem))
