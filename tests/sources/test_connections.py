"""How HTTP sources identify themselves and get through: headers, passwords, client certificates, proxies."""

import base64
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from mmcockpit.core.model.reading import Fault, FaultKind
from mmcockpit.simulator.servers.process import HOST, free_port
from mmcockpit.sources import kind
from tests.servers.http import Answer, HttpServer
from tests.servers.proxy import Proxy
from tests.servers.tls import TlsServers
from tests.sources.polling import answer, fault, opened, probe, value

pytestmark = pytest.mark.anyio

PROMETHEUS = '{"status": "success", "data": {"resultType": "scalar", "result": [1.0, "7"]}}'
STATUS = '{"cluster": {"status": "disabled"}, "versionInfo": {"version": "0.28"}, "config": {"original": ""}}'
SECRET = "hunter2-canary"

KINDS = {
    "http": ("get", {"path": "/health"}, "/health", "ok"),
    "prometheus": ("query", {"query": "7"}, "/api/v1/query", PROMETHEUS),
}


async def poll(kind_: str, url: str, **options: Any) -> Any:
    name, args, _, _ = KINDS[kind_]
    async with opened(kind_, url=url, **options) as source:
        return await answer(probe(kind_, source, name, args))


def serve(server: HttpServer, kind_: str) -> HttpServer:
    _, _, path, body = KINDS[kind_]
    server.answers[path] = Answer(body=body, headers={"Content-Type": "application/json"})
    return server


@pytest.mark.parametrize("kind_", KINDS)
async def test_headers_are_sent_with_every_request(
    http_server: HttpServer, monkeypatch: pytest.MonkeyPatch, kind_: str
) -> None:
    monkeypatch.setenv("API_KEY_CANARY", SECRET)
    headers = {"X-Scope-OrgID": "team-a", "X-Api-Key": {"env": "API_KEY_CANARY"}}
    read = await poll(kind_, serve(http_server, kind_).url, headers=headers)
    assert not isinstance(read, Fault)
    sent = http_server.requests[0].headers
    assert (sent["X-Scope-OrgID"], sent["X-Api-Key"]) == ("team-a", SECRET)


@pytest.mark.parametrize("kind_", KINDS)
async def test_a_user_and_a_password_are_sent_and_never_shown(
    http_server: HttpServer, tmp_path: Path, kind_: str
) -> None:
    password = tmp_path / "password"
    password.write_text(f"{SECRET}\n")
    password.chmod(0o600)
    options = {"user": "ana", "password": {"file": str(password)}}
    await poll(kind_, serve(http_server, kind_).url, **options)
    encoded = base64.b64encode(f"ana:{SECRET}".encode()).decode()
    assert http_server.requests[0].headers["Authorization"] == f"Basic {encoded}"
    http_server.answers[KINDS[kind_][2]] = Answer(401, f"no: Basic {encoded} {SECRET}")
    read = await poll(kind_, http_server.url, **options)
    assert isinstance(read, Fault)
    assert read.kind is FaultKind.UNAUTHORISED
    assert encoded not in read.message
    assert SECRET not in read.message


async def test_a_password_that_was_changed_is_sent_again_after_a_401(http_server: HttpServer, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("old-password")
    password.chmod(0o600)
    http_server.answers["/health"] = Answer(401)
    async with opened("http", url=http_server.url, user="ana", password={"file": str(password)}) as source:
        polled = probe("http", source, "get", {"path": "/health"})
        assert (await fault(polled)).kind is FaultKind.UNAUTHORISED
        password.write_text("new-password")
        await fault(polled)
    sent = [request.headers["Authorization"].removeprefix("Basic ") for request in http_server.requests]
    assert base64.b64decode(sent[-1]) == b"ana:new-password"


async def test_a_redirect_to_another_server_gets_none_of_our_headers(
    http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_KEY_CANARY", SECRET)
    with HttpServer() as other:
        other.answers["/there"] = Answer(body="there")
        http_server.answers["/health"] = Answer(302, headers={"Location": f"{other.url}/there"})
        http_server.answers["/here"] = Answer(302, headers={"Location": "/health"})
        options = {"headers": {"X-Api-Key": {"env": "API_KEY_CANARY"}, "X-Scope-OrgID": "a"}, "follow": True}
        async with opened("http", url=http_server.url, **options) as source:
            read = await value(probe("http", source, "get", {"path": "/here"}))
        assert read["text"] == "there"
        assert [request.headers["X-Api-Key"] for request in http_server.requests] == [SECRET, SECRET]
        assert not {"X-Api-Key", "X-Scope-OrgID"} & set(other.requests[0].headers)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"headers": {"X-Api-Key": "clear"}}, "the value of X-Api-Key is a secret"),
        ({"headers": {"a b": "c"}}, "a name of a header"),
        ({"headers": {"Host": "c"}}, "a name of a header"),
        ({"user": "ana"}, "user and password belong together"),
        ({"token": {"env": "A"}, "user": "a", "password": {"env": "B"}}, "exclude each other"),
        ({"client_key": "key.pem"}, "client_key needs client_certificate"),
        ({"proxy": f"http://ana:{SECRET}@proxy:3128"}, "is a secret; write proxy: {env: NAME}"),
        ({"proxy": "socks5://proxy:1080"}, "must be environment, or begin with http:// or https://"),
    ],
)
@pytest.mark.parametrize("kind_", ["http", "prometheus", "alertmanager"])
async def test_options_that_cannot_be_meant_are_refused(kind_: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as error:
        kind(kind_).options.model_validate({"url": "http://a", **options})
    assert message in str(error.value)
    assert SECRET not in str(error.value)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    made = trustme.CA()
    made.cert_pem.write_to_path(path)
    return made, path


@pytest.fixture
def strict_server(authority: tuple[trustme.CA, Path]) -> Iterator[HttpServer]:
    """An HTTPS server that requires a certificate of its authority from every client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert(HOST).configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority[0].configure_trust(context)
    with HttpServer(tls=context) as server:
        yield server


def issue(authority: trustme.CA, path: Path) -> str:
    """Write a certificate with its key."""
    certificate = authority.issue_cert("cockpit@example.com")
    certificate.private_key_and_cert_chain_pem.write_to_path(path)
    return str(path)


@pytest.mark.parametrize("kind_", KINDS)
async def test_a_client_certificate_lets_us_in_and_is_read_again(
    strict_server: HttpServer, authority: tuple[trustme.CA, Path], tmp_path: Path, kind_: str
) -> None:
    name, args, _, _ = KINDS[kind_]
    serve(strict_server, kind_)
    foreign = issue(trustme.CA(), tmp_path / "client.pem")
    async with opened(kind_, url=strict_server.url, ca=str(authority[1]), client_certificate=foreign) as source:
        refused = await answer(probe(kind_, source, name, args))
        assert isinstance(refused, Fault) or refused.value["status"] == 0
        issue(authority[0], tmp_path / "client.pem")
        read = await answer(probe(kind_, source, name, args))
        assert not isinstance(read, Fault), read
        assert read.value == 7.0 or read.value["status"] == 200


@pytest.mark.parametrize("kind_", KINDS)
@pytest.mark.parametrize(("written", "why"), [(None, "No such file"), ("nothing", "no PEM certificate")])
async def test_a_client_certificate_that_cannot_be_read_is_a_fault(
    http_server: HttpServer, tmp_path: Path, kind_: str, written: str | None, why: str
) -> None:
    path = tmp_path / "client.pem"
    if written is not None:
        path.write_text(written)
    read = await poll(kind_, serve(http_server, kind_).url, client_certificate=str(path))
    assert isinstance(read, Fault)
    assert (read.kind, why in read.message) == (FaultKind.CONFIGURATION, True), read.message


@pytest.mark.parametrize("kind_", KINDS)
async def test_a_proxy_is_used_for_http_and_https(
    http_server: HttpServer, authority: tuple[trustme.CA, Path], kind_: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert(HOST).configure_cert(context)
    with Proxy() as proxy, HttpServer(tls=context) as secure:
        for server in (serve(http_server, kind_), serve(secure, kind_)):
            ca = {"ca": str(authority[1])} if server is secure else {}
            read = await poll(kind_, server.url, proxy=proxy.url, **ca)
            assert not isinstance(read, Fault), read
        assert proxy.asked == [f"GET http://{HOST}:{http_server.port}", f"CONNECT {HOST}:{secure.port}"]


@pytest.mark.parametrize("kind_", KINDS)
async def test_the_proxy_of_the_environment_is_used_where_it_is_asked_for(
    http_server: HttpServer, monkeypatch: pytest.MonkeyPatch, kind_: str
) -> None:
    with Proxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        url = serve(http_server, kind_).url
        await poll(kind_, url)
        assert proxy.asked == []
        await poll(kind_, url, proxy="environment")
        assert len(proxy.asked) == 1
        monkeypatch.setenv("no_proxy", HOST)
        await poll(kind_, url, proxy="environment")
        assert len(proxy.asked) == 1


@pytest.mark.parametrize("kind_", KINDS)
async def test_a_dead_proxy_proves_nothing_about_the_target(http_server: HttpServer, kind_: str) -> None:
    """A refused connection to the target itself can be a reading; one to the proxy is never one."""
    read = await poll(kind_, serve(http_server, kind_).url, proxy=f"http://{HOST}:{free_port()}")
    assert isinstance(read, Fault)
    assert read.kind is FaultKind.REFUSED


async def test_a_proxy_with_a_password_is_a_secret(http_server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with Proxy(user="ana", password=SECRET) as proxy:
        monkeypatch.setenv("PROXY_CANARY", proxy.url.replace("//", f"//ana:{SECRET}@"))
        serve(http_server, "http")
        read = await poll("http", http_server.url, proxy={"env": "PROXY_CANARY"})
        assert read.value["status"] == 200
        proxy.password = "another"
        read = await poll("http", http_server.url, proxy={"env": "PROXY_CANARY"})
        assert isinstance(read, Fault)
        assert read.message.endswith(
            "through the proxy: 407 Proxy Authentication Required from /health; check the user and password of proxy"
        )
        assert SECRET not in str(read)


@pytest.mark.parametrize("kind_", KINDS)
async def test_a_proxy_that_refuses_to_connect_is_named_with_its_status(
    tls_servers: TlsServers, http_server: HttpServer, kind_: str
) -> None:
    with Proxy(user="ana", password=SECRET) as proxy:
        host, port = tls_servers.good
        read = await poll(kind_, f"https://{host}:{port}", proxy=proxy.url, ca=str(tls_servers.ca))
        assert isinstance(read, Fault)
        assert read.message == (
            f"{host}:{port}: the proxy refused to connect: 407 Proxy Authentication Required; "
            "check the user and password of proxy"
        )
        plain = await poll(kind_, serve(http_server, kind_).url, proxy=proxy.url)
        assert isinstance(plain, Fault), "a login that the proxy asks for is no result of the target"


async def test_alertmanager_takes_the_same_options(http_server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_CANARY", SECRET)
    options = {"user": "ana", "password": {"env": "PASSWORD_CANARY"}, "headers": {"X-Scope-OrgID": "a"}}
    async with opened("alertmanager", url=http_server.url, **options) as source:
        await source.check()
    sent = http_server.requests[0].headers
    assert (sent["X-Scope-OrgID"], sent["Authorization"].startswith("Basic ")) == ("a", True)
