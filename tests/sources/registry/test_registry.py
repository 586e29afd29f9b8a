"""Tags of a real registry: what they point to, how the cockpit signs in, and what a registry may not forge."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mmcockpit.core.model.reading import FaultKind, Reading
from mmcockpit.sources.registry.challenge import Challenge, TokenServer, challenges
from tests.servers.go_programs import go_program
from tests.servers.http import Answer, HttpServer
from tests.servers.needs import need
from tests.servers.registry.server import CONFIG, IMAGE, PASSWORD, USER, Pusher, Registry
from tests.servers.registry.tokens import RegistryTokens
from tests.sources.polling import answer, fault, opened, probe, value

pytestmark = [pytest.mark.anyio, pytest.mark.server, pytest.mark.xdist_group("registry")]

CREATED = "org.opencontainers.image.created"
AMD, ARM = {"os": "linux", "architecture": "amd64"}, {"os": "linux", "architecture": "arm64", "variant": "v8"}


def ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    need(go_program("registry"), "no registry: run `make servers`")
    with Registry(tmp_path_factory.mktemp("registry")) as server:
        yield server


async def polled(registry: Registry, image: str, **more: str) -> Any:
    async with opened("registry", url=registry.url) as source:
        return await value(probe("registry", source, "tag", {"image": image, **more}))


async def test_a_tag_of_an_image_has_its_digest_platform_and_age(registry: Registry) -> None:
    pusher = Pusher(registry.url, "shop/api")
    image = pusher.image("1.0", {"created": ago(5), **ARM})
    read = await polled(registry, "shop/api:1.0")
    assert (read["exists"], read["digest"], read["platforms"]) == (True, image["digest"], ["linux/arm64/v8"])
    assert read["age_s"] == pytest.approx(5 * 3600, abs=120)
    pusher.image("1.1", {"created": ago(5), **ARM}, annotations={CREATED: ago(2)})
    assert (await polled(registry, f"127.0.0.1:{registry.port}/shop/api:1.1"))["age_s"] == pytest.approx(7200, abs=120)


async def test_a_tag_of_an_index_has_all_its_platforms_and_no_attestations(registry: Registry) -> None:
    pusher = Pusher(registry.url, "shop/web")
    amd, arm = (pusher.image("", {"created": ago(hours), **one}) for hours, one in ((3, AMD), (4, ARM)))
    proof = pusher.image("", {"os": "unknown", "architecture": "unknown"})
    images = [
        {**amd, "platform": AMD},
        {**arm, "platform": ARM},
        {**proof, "platform": {"os": "unknown", "architecture": "unknown"}},
    ]
    digest = pusher.index("2.0", images)
    read = await polled(registry, "shop/web:2.0")
    assert read["platforms"] == ["linux/amd64", "linux/arm64/v8"]
    assert (read["digest"], read["digests"]) == (digest, [digest, amd["digest"], arm["digest"]])
    assert read["age_s"] == pytest.approx(3 * 3600, abs=120)
    of_arm = await polled(registry, "shop/web:2.0", platform="linux/arm64/v8")
    assert of_arm["age_s"] == pytest.approx(4 * 3600, abs=120)
    pusher.index("2.1", images, annotations={CREATED: ago(1)})
    assert (await polled(registry, "shop/web:2.1"))["age_s"] == pytest.approx(3600, abs=120)
    async with opened("registry", url=registry.url) as source:
        lacking = await fault(probe("registry", source, "tag", {"image": "shop/web:2.0", "platform": "linux/s390x"}))
    assert (lacking.kind, "no image for linux/s390x; it has linux/amd64" in lacking.message) == (FaultKind.QUERY, True)


async def test_an_unknown_tag_is_a_reading_and_an_unknown_build_time_is_no_age(registry: Registry) -> None:
    pusher = Pusher(registry.url, "shop/job")
    pusher.image("1.0", {"created": "1980-01-01T00:00:01Z", **AMD})
    pusher.manifest(
        "chart",
        {
            "schemaVersion": 2,
            "mediaType": IMAGE,
            "config": {
                "mediaType": "application/vnd.cncf.helm.config.v1+json",
                "digest": pusher.blob(b"{}"),
                "size": 2,
            },
            "layers": [],
        },
    )
    for unknown in ("shop/job:2.0", "shop/other:1.0"):
        read = await polled(registry, unknown)
        assert (read["exists"], read["digest"], read["reason"]) == (False, "", "unknown tag")
    async with opened("registry", url=registry.url) as source:
        for tag, platforms in (("1.0", ["linux/amd64"]), ("chart", [])):
            read = await answer(probe("registry", source, "tag", {"image": f"shop/job:{tag}"}))
            assert isinstance(read, Reading)
            assert (read.remark, read.value["platforms"]) == ("no time of the build", platforms)
            assert "age_s" not in read.value


async def test_a_moved_tag_shows_at_the_next_poll(registry: Registry) -> None:
    pusher = Pusher(registry.url, "shop/moved")
    first = pusher.image("1.0", {"created": ago(2), **AMD})
    async with opened("registry", url=registry.url) as source:
        polls = probe("registry", source, "tag", {"image": "shop/moved:1.0"})
        assert (await value(polls))["digest"] == first["digest"]
        second = pusher.image("1.0", {"created": ago(1), **AMD})
        assert (await value(polls))["digest"] == second["digest"] != first["digest"]


async def test_tokens_are_fetched_with_the_password_kept_and_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(go_program("registry"), "no registry: run `make servers`")
    monkeypatch.setenv("TEST_REGISTRY_PASSWORD", PASSWORD)
    monkeypatch.setenv("TEST_REGISTRY_WRONG", "not-the-password")
    known = {"user": USER, "password": {"env": "TEST_REGISTRY_PASSWORD"}}
    with RegistryTokens(tmp_path) as tokens, Registry(tmp_path / "registry", auth=tokens.auth) as registry:
        for repository in ("public/app", "private/app"):
            token = tokens.token(f"repository:{repository}:pull,push")
            Pusher(registry.url, repository, {"Authorization": f"Bearer {token}"}).image("1.0", {**AMD})
        async with opened("registry", url=registry.url) as source:
            assert (await value(probe("registry", source, "tag", {"image": "public/app:1.0"})))["exists"]
            # Without the right to pull, the registry does not tell whether a tag exists.
            denied = await fault(probe("registry", source, "tag", {"image": "private/app:1.0"}))
            assert denied.kind is FaultKind.UNAUTHORISED
            assert tokens.given[-1][-20:] not in denied.message
        async with opened("registry", url=registry.url, **known) as source:
            tokens.requests.clear()
            private = probe("registry", source, "tag", {"image": "private/app:1.0"})
            for _ in range(3):
                assert (await value(private))["exists"]
            assert len(tokens.requests) == 1
            assert (await source.check()).authorised
            # A token that the registry does not accept any more is replaced.
            source.client._tokens = {scope: ("old", until) for scope, (_, until) in source.client._tokens.items()}  # type: ignore[attr-defined]
            assert (await value(private))["exists"]
        async with opened(
            "registry", url=registry.url, **{**known, "password": {"env": "TEST_REGISTRY_WRONG"}}
        ) as source:
            wrong = await fault(probe("registry", source, "tag", {"image": "private/app:1.0"}))
            assert wrong.kind is FaultKind.UNAUTHORISED
            assert f"token server {tokens.url.removeprefix('http://')}: 401" in wrong.message
            assert "wrong password" in wrong.message


async def test_a_registry_with_passwords_gets_them_and_the_target_of_a_redirect_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(go_program("registry"), "no registry: run `make servers`")
    monkeypatch.setenv("TEST_REGISTRY_PASSWORD", PASSWORD)
    auth = {"htpasswd": {"realm": "r", "path": str(tmp_path / "registry" / "htpasswd")}}
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    with (
        HttpServer() as storage,
        Registry(tmp_path / "registry", auth=auth, redirect=storage.url) as registry,
    ):
        Pusher(registry.url, "shop/api", {"Authorization": f"Basic {basic}"}).image("1.0", {"created": ago(1), **AMD})
        for file in registry.blobs.rglob("data"):
            storage.answers[f"/{file.relative_to(registry.blobs)}"] = Answer(body=file.read_bytes())
        async with opened("registry", url=registry.url) as source:
            assert (
                await fault(probe("registry", source, "tag", {"image": "shop/api:1.0"}))
            ).kind is FaultKind.UNAUTHORISED
            assert not (await source.check()).authorised
        options = {"user": USER, "password": {"env": "TEST_REGISTRY_PASSWORD"}}
        async with opened("registry", url=registry.url, **options) as source:
            read = await value(probe("registry", source, "tag", {"image": "shop/api:1.0"}))
    assert read["platforms"] == ["linux/amd64"]
    assert storage.requests
    assert not [one for one in storage.requests if "authorization" in map(str.lower, one.headers)]


def scripted(server: HttpServer, *, config: bytes = b'{"os": "linux", "architecture": "amd64"}') -> str:
    """Let a server answer as a registry with one image, and return the digest of its manifest."""
    described = {"mediaType": CONFIG, "digest": f"sha256:{sha256(config).hexdigest()}", "size": len(config)}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": IMAGE, "config": described, "layers": []}).encode()
    digest = f"sha256:{sha256(manifest).hexdigest()}"
    # The tag's headers and the bytes of the digest are one request each.
    headers = {"Docker-Content-Digest": digest}
    for reference in ("1.0", digest):
        server.answers[f"/v2/shop/api/manifests/{reference}"] = Answer(body=manifest, headers=headers)
    server.answers[f"/v2/shop/api/blobs/{described['digest']}"] = Answer(body=config)
    return digest


async def test_a_poll_of_an_unmoved_tag_is_one_request_that_is_no_pull(http_server: HttpServer) -> None:
    digest = scripted(http_server)
    async with opened("registry", url=http_server.url) as source:
        polls = probe("registry", source, "tag", {"image": "shop/api:1.0"})
        for _ in range(3):
            assert (await value(polls))["digest"] == digest
    assert [one.method for one in http_server.requests] == ["HEAD", "GET", "GET", "HEAD", "HEAD"]


@pytest.mark.parametrize("part", ["manifests", "blobs"])
async def test_bytes_that_do_not_have_the_digest_are_no_reading(http_server: HttpServer, part: str) -> None:
    scripted(http_server)
    path = next(path for path in http_server.answers if f"/{part}/sha256:" in path)
    forged = http_server.answers[path]
    http_server.answers[path] = Answer(
        body=bytes(forged.body, "ascii") if isinstance(forged.body, str) else forged.body + b" "
    )
    async with opened("registry", url=http_server.url) as source:
        found = await fault(probe("registry", source, "tag", {"image": "shop/api:1.0"}))
    assert (found.kind, "do not have the digest sha256:" in found.message) == (FaultKind.MALFORMED, True)


async def test_a_404_that_is_not_of_a_registry_is_a_fault(http_server: HttpServer) -> None:
    for body in ("<html>not here</html>", '{"errors": [{"code": "DENIED", "message": "no"}]}'):
        http_server.answers["/v2/shop/api/manifests/1.0"] = Answer(404, body)
        async with opened("registry", url=http_server.url) as source:
            found = await fault(probe("registry", source, "tag", {"image": "shop/api:1.0"}))
        assert found.kind is FaultKind.NOT_FOUND


async def test_an_image_of_another_registry_is_a_mistake_in_the_file(http_server: HttpServer) -> None:
    async with opened("registry", url=http_server.url) as source:
        found = await fault(probe("registry", source, "tag", {"image": "ghcr.io/shop/api:1.0"}))
    assert (found.kind, "is of ghcr.io" in found.message) == (FaultKind.CONFIGURATION, True)
    assert http_server.requests == []


def test_challenges_are_read_as_registries_write_them() -> None:
    docker = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"'
    both = 'Basic realm="a, Bearer b=c", Bearer realm="https://t.test/x?y=1", service=s'
    assert challenges(docker)[0].fields["scope"] == "repository:a/b:pull,push"
    assert [(one.scheme, one.fields.get("service")) for one in challenges(both)] == [("basic", None), ("bearer", "s")]
    assert challenges("Negotiate") == []
    server = TokenServer.of(challenges(both)[1], "repository:a/b:pull", "https://r.test")
    assert (server.url, server.path) == ("https://t.test", "/x?y=1&service=s&scope=repository%3Aa%2Fb%3Apull")


@pytest.mark.parametrize("realm", ["http://t.test/token", "ftp://t.test", "token", "https://u:p@t.test/token"])
def test_a_password_goes_only_to_an_encrypted_token_server(realm: str) -> None:
    with pytest.raises(ValueError, match=r"not encrypted|must"):
        TokenServer.of(Challenge("bearer", {"realm": realm}), "", "https://r.test")
