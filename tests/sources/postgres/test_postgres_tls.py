"""PostgreSQL over TLS by what a DSN may say: trust, client certificates, several hosts, services.

PgBouncer ends TLS here: the PostgreSQL of the tests is built without it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading
from mmcockpit.simulator.servers.postgres import Postgres
from mmcockpit.simulator.servers.process import HOST, free_port
from tests.servers.databases.pgbouncer import PgBouncer
from tests.servers.needs import need
from tests.sources.polling import answer, opened, probe

pytestmark = [pytest.mark.anyio, pytest.mark.server]
DAY = timedelta(days=1)


class TlsPooler(PgBouncer):
    """A pooler that requires TLS; `strict` asks clients for a certificate of the same authority."""

    def __init__(
        self,
        folder: Path,
        server: Postgres,
        authority: trustme.CA,
        name: str = HOST,
        ends: timedelta = DAY,
        strict: bool = False,
    ) -> None:
        super().__init__(folder, server)
        now = datetime.now(UTC)
        self._issued = authority.issue_cert(name, not_before=now - 9 * DAY, not_after=now + ends)
        self._authority, self._strict = authority, strict

    def prepare(self) -> None:
        own = self._own_folder = self._own_folder or self._made_folder()
        files = {
            "key": self._issued.private_key_pem.bytes(),
            "cert": b"".join(blob.bytes() for blob in self._issued.cert_chain_pems),
            "ca": self._authority.cert_pem.bytes(),
        }
        self.settings["client_tls_sslmode"] = "verify-ca" if self._strict else "require"
        for name, data in files.items():
            self._write(f"{name}.pem", data.decode())
            self.settings[f"client_tls_{name}_file"] = f"{own}/{name}.pem"
        super().prepare()

    def with_options(self, **options: str) -> str:
        """Return the superuser's DSN with these options."""
        return f"{self.dsn}?{'&'.join(f'{name}={value}' for name, value in options.items())}"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> str:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


@pytest.fixture(scope="module")
def tls_pooler(
    postgres: Postgres, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TlsPooler]:
    need(PgBouncer.binary(), "no pgbouncer: run `make servers`")
    with TlsPooler(tmp_path_factory.mktemp("tls-pooler"), postgres, authority) as made:
        yield made


@contextmanager
def started(pooler: TlsPooler) -> Iterator[TlsPooler]:
    need(PgBouncer.binary(), "no pgbouncer: run `make servers`")
    with pooler:
        yield pooler


async def selected(dsn: str, environment: pytest.MonkeyPatch) -> Answer:
    environment.setenv("TEST_DSN", dsn)
    async with opened("postgres", dsn={"env": "TEST_DSN"}) as source:
        return await answer(probe("postgres", source, "scalar", {"sql": "SELECT 1"}))


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({}, None, ""),
        (
            {"sslrootcert": "system"},
            FaultKind.TLS,
            "certificate verify failed: self-signed certificate in certificate chain; set sslrootcert to",
        ),
        ({"sslrootcert": "/missing.pem"}, FaultKind.CONFIGURATION, "/missing.pem"),
        ({"sslmode": "some"}, FaultKind.CONFIGURATION, "sslmode value"),
        ({"sslmode": "disable", "sslrootcert": ""}, FaultKind.TLS, "SSL required"),
        ({"channel_binding": "require"}, FaultKind.UNAUTHORISED, "channel binding"),
        ({"replication": "database"}, FaultKind.CONFIGURATION, "replication is not supported"),
        ({"sslmoed": "require"}, FaultKind.CONFIGURATION, "unknown option 'sslmoed'"),
        ({"service": "missing"}, FaultKind.CONFIGURATION, "service"),
    ],
)
async def test_an_option_of_the_dsn_works_or_is_refused_with_the_reason(
    tls_pooler: TlsPooler,
    ca: str,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, str],
    kind: FaultKind | None,
    text: str,
) -> None:
    given = {"sslmode": "verify-full", "sslrootcert": ca, **options}
    read = await selected(tls_pooler.with_options(**given), monkeypatch)
    if kind is None:
        assert isinstance(read, Reading), read
        return
    assert isinstance(read, Fault)
    assert (read.kind, text in read.message) == (kind, True), read
    assert tls_pooler.server.password not in read.message


@pytest.mark.parametrize(
    ("name", "ends", "text"),
    [
        (HOST, -DAY, "certificate verify failed: certificate has expired; renew it on the server"),
        ("db.example", DAY, 'does not match host name "127.0.0.1"; connect by a name of the certificate'),
    ],
)
async def test_a_server_with_a_wrong_certificate_is_a_fault_with_the_reason(
    postgres: Postgres,
    authority: trustme.CA,
    ca: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    ends: timedelta,
    text: str,
) -> None:
    with started(TlsPooler(tmp_path, postgres, authority, name, ends)) as pooler:
        read = await selected(pooler.with_options(sslmode="verify-full", sslrootcert=ca), monkeypatch)
    assert isinstance(read, Fault)
    assert (read.kind, text in read.message) == (FaultKind.TLS, True), read


async def test_a_client_certificate_is_presented_and_its_key_must_be_readable_by_us_alone(
    postgres: Postgres, authority: trustme.CA, ca: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "client.key", tmp_path / "client.pem"
    issued = authority.issue_cert(common_name="postgres")
    key.touch(mode=0o600)
    issued.private_key_pem.write_to_path(key)
    issued.cert_chain_pems[0].write_to_path(certificate)
    trusted = {"sslmode": "verify-full", "sslrootcert": ca}
    client = {**trusted, "sslcert": str(certificate), "sslkey": str(key)}
    with started(TlsPooler(tmp_path / "pooler", postgres, authority, strict=True)) as pooler:
        refused = await selected(pooler.with_options(**trusted), monkeypatch)
        assert isinstance(refused, Fault)
        assert (refused.kind, "certificate required" in refused.message) == (FaultKind.TLS, True), refused
        assert isinstance(await selected(pooler.with_options(**client), monkeypatch), Reading)
        os.chmod(key, 0o644)
        loose = await selected(pooler.with_options(**client), monkeypatch)
    assert isinstance(loose, Fault)
    assert (loose.kind, "group or world access" in loose.message) == (FaultKind.CONFIGURATION, True), loose


@pytest.mark.parametrize(("attributes", "text"), [("read-write", ""), ("standby", "not in hot standby mode")])
async def test_the_first_host_that_fits_is_used(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, attributes: str, text: str
) -> None:
    login, port = postgres.dsn.partition("@")[0], free_port()
    hosts = f"{HOST}:{port},{HOST}:{postgres.port}"
    read = await selected(f"{login}@{hosts}/postgres?target_session_attrs={attributes}", monkeypatch)
    if not text:
        assert isinstance(read, Reading), read
        return
    assert isinstance(read, Fault)
    assert text in read.message, read


async def test_a_service_file_names_the_server(
    tls_pooler: TlsPooler, ca: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = ["[shop]", f"host={HOST}", f"port={tls_pooler.port}", "dbname=postgres", "user=postgres"]
    services = "\n".join([*lines, "sslmode=verify-full", f"sslrootcert={ca}", ""])
    (tmp_path / "services").write_text(services)
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    monkeypatch.setenv("PGPASSWORD", tls_pooler.server.password)
    read = await selected("service=shop", monkeypatch)
    assert isinstance(read, Reading), read
