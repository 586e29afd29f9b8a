"""The probe `tag`: whether a tag exists, its digest, its platforms, and when it was built."""

import email.utils
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from pydantic import Field, field_validator

from mmcockpit.core.model.reading import FaultKind, Reading
from mmcockpit.core.text import plain
from mmcockpit.sources.common.base import TimedProbe
from mmcockpit.sources.common.contract import Args, Question
from mmcockpit.sources.common.http_status import decoded
from mmcockpit.sources.registry.client import RegistryClient, errors_of
from mmcockpit.sources.registry.manifests import (
    ACCEPT,
    CONFIGS,
    IMAGES,
    INDEXES,
    Descriptor,
    ImageConfig,
    Manifest,
    built,
    digest_of,
    is_digest,
    is_genuine,
)

if TYPE_CHECKING:
    from mmcockpit.sources.http.probes import Exchange

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(rf"(?P<repository>{_PART}(?:/{_PART})*):(?P<tag>\w[\w.-]{{0,127}})", re.ASCII)
_MISSING = {"MANIFEST_UNKNOWN": "unknown tag", "NAME_UNKNOWN": "unknown repository", "NOT_FOUND": "unknown tag"}
"""Codes of errors that say of a 404 that the tag does not exist; any other one may come from something else."""
_HUB = {"registry-1.docker.io": "docker.io", "index.docker.io": "docker.io"}
"""A registry whose images are named by another host; its official ones, without a slash, are in `library`."""
_NO_HEAD = (405, 501)
_WORDED = (401, 403, 404)
"""Refusals of a HEAD whose words a GET tells."""
_LATE_S = 300.0
"""Seconds by which the clock of a build may be ahead of the registry's."""


class ClientHolder(Protocol):
    """What the probe needs of its source."""

    client: RegistryClient


class TagArgs(Args):
    """A tag of a repository."""

    shorthand: ClassVar[str] = "image"
    image: Annotated[
        str,
        Field(
            max_length=512,
            description="`REPOSITORY:TAG`, such as `shop/api:2.4.1`; the host of the source may stand in front.",
        ),
    ]
    platform: Annotated[
        str,
        Field(
            pattern=r"^([a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?)?$",
            description="Whose build time counts if the tag has several, such as `linux/amd64`; default: the first.",
        ),
    ] = ""

    @field_validator("image")
    @classmethod
    def _image(cls, image: str) -> str:
        if _IMAGE.fullmatch(_without_host(image)[1]) is None:
            raise ValueError("must be REPOSITORY:TAG in lower case, such as shop/api:2.4.1")
        return image


@dataclass(frozen=True, slots=True)
class _Content:
    """What the bytes of a digest describe; never changes."""

    digests: tuple[str, ...]
    platforms: tuple[str, ...]
    created: str


class TagProbe(TimedProbe):
    """What a tag points to: digest, platforms and age of an image, or of an index of images.

    A 404 in the form of the OCI specification reads `exists: false`. The digest is verified over the bytes. The time of
    the build is that of the annotation `org.opencontainers.image.created`, else of the image's configuration; builds
    that are reproducible have none. While the digest is the same, a poll is one HEAD request, which registries do not
    count as a pull.
    """

    def __init__(self, source: ClientHolder, question: Question) -> None:
        super().__init__(source.client.endpoint, question)
        self._client = source.client
        self._host, image = _without_host(question.args.image)
        repository, _, self._tag = image.rpartition(":")
        official = "/" not in repository and self._client.endpoint.host in _HUB
        self._repository = f"library/{repository}" if official else repository
        self._now: float | None = None
        self._known: tuple[str, _Content] | None = None

    async def poll(self) -> Reading:
        """Read the digest of the tag and, if it is another one, what it describes."""
        endpoint = self._client.endpoint
        if self._host not in ("", endpoint.host, _HUB.get(endpoint.host)):
            why = f"the image is of {self._host}; poll it by a source of its own"
            raise endpoint.fault(FaultKind.CONFIGURATION, why)
        digest, response = await self._head()
        if response is not None and response.status == 404:
            return self._missing(response)
        if self._known is None or digest != self._known[0] or not digest:
            self._known = await self._read(digest)
        digest, content = self._known
        value: dict[str, Any] = {
            "exists": True,
            "reason": "",
            "digest": digest,
            "digests": list(content.digests),
            "created": content.created,
            "platforms": list(content.platforms),
        }
        age, remark = self._age(content.created)
        if age is not None:
            value["age_s"] = age
        return Reading(value, remark=remark)

    def _age(self, created: str) -> tuple[int | None, str]:
        """Return the seconds since a build, None with a remark if they are not known."""
        if not created:
            return None, "no time of the build"
        if self._now is None:
            return None, "age not known: response has no Date header"
        age = self._now - datetime.fromisoformat(created).timestamp()
        return (round(max(age, 0.0)), "") if age >= -_LATE_S else (None, f"built in the future: {created}")

    async def _head(self) -> "tuple[str, Exchange | None]":
        """Return the digest of the tag, empty if only its bytes tell it; with a 404, the response to a GET."""
        path = self._path("manifests", self._tag)
        response = await self._sent("HEAD", path, ACCEPT)
        if response.status == 200:
            digest = response.headers.get("docker-content-digest", "")
            return (digest if is_digest(digest) else ""), None
        if response.status in _NO_HEAD:
            return "", None
        if response.status in _WORDED:
            response = await self._sent("GET", path, ACCEPT)
        if response.status == 200:
            return "", None
        if response.status != 404:
            raise self._client.refusal(response, path)
        return "", response

    def _missing(self, response: "Exchange") -> Reading:
        codes = [error.code for error in errors_of(response)]
        reason = next((_MISSING[code] for code in codes if code in _MISSING), "")
        if not reason:
            raise self._client.refusal(response, self._path("manifests", self._tag))
        value = {"exists": False, "reason": reason, "digest": "", "digests": [], "created": "", "platforms": []}
        return Reading(value)

    async def _read(self, digest: str) -> tuple[str, _Content]:
        """Return the digest of the tag's manifest, and what it describes."""
        digest, top = await self._manifest(digest or self._tag)
        if top.manifests is None:
            created, platform = await self._of_image(top)
            return digest, _Content((digest,), (platform,) if platform else (), created)
        images = top.images
        platforms = tuple(dict.fromkeys(str(one.platform) for one in images if one.platform is not None))
        digests = (digest, *(one.digest for one in images))
        created = top.created or await self._of_index(images)
        return digest, _Content(tuple(dict.fromkeys(digests)), platforms, created)

    async def _of_index(self, images: list[Descriptor]) -> str:
        """Return when the image of `platform`, else the first one, was built."""
        wanted = self.args.platform
        chosen = [one for one in images if not wanted or str(one.platform) == wanted]
        if wanted and not chosen:
            names = ", ".join(str(one.platform) for one in images)
            raise self._client.fault(FaultKind.QUERY, f"the tag has no image for {wanted}; it has {names}")
        if not chosen:
            return ""
        noted = built((chosen[0].annotations or {}).get("org.opencontainers.image.created", ""))
        if noted:
            return noted
        _, manifest = await self._manifest(chosen[0].digest)
        return (await self._of_image(manifest))[0]

    async def _of_image(self, manifest: Manifest) -> tuple[str, str]:
        """Return when an image was built, and its platform; empty for what is not known, as of other artifacts."""
        config = manifest.config
        if config is None or config.mediaType not in CONFIGS:
            return manifest.created, ""
        body = await self._bytes("blobs", config.digest, "")
        described = decoded(body, ImageConfig, body, self._client.fault)
        platform = str(described) if described.known else ""
        return manifest.created or built(described.created or ""), platform

    async def _manifest(self, reference: str) -> tuple[str, Manifest]:
        """Return a manifest by its digest or a tag, and its digest."""
        body = await self._bytes("manifests", reference, ACCEPT)
        manifest = decoded(body, Manifest, body, self._client.fault)
        if manifest.mediaType and manifest.mediaType not in (*INDEXES, *IMAGES):
            raise self._client.fault(FaultKind.MALFORMED, f"a manifest of the type {plain(manifest.mediaType, 100)}")
        if manifest.manifests is None and manifest.config is None:
            raise self._client.fault(FaultKind.MALFORMED, "a manifest without images and without a configuration")
        return reference if is_digest(reference) else digest_of(body), manifest

    async def _bytes(self, kind: str, reference: str, accept: str) -> bytes:
        """Return the bytes of a manifest or a blob, verified if they are named by a digest."""
        path = self._path(kind, reference)
        response = await self._sent("GET", path, accept)
        if response.status != 200:
            raise self._client.refusal(response, path)
        told = response.headers.get("docker-content-digest", "")
        digest = reference if is_digest(reference) or kind == "blobs" else told if is_digest(told) else ""
        if digest and not is_genuine(response.body, digest):
            raise self._client.fault(FaultKind.MALFORMED, f"the bytes of {path} do not have the digest {digest}")
        return response.body

    async def _sent(self, method: str, path: str, accept: str) -> "Exchange":
        scope = f"repository:{self._repository}:pull"
        response = await self._client.response(method, path, scope, self.timeout, accept)
        # It is only needed for the age.
        with suppress(ValueError):
            self._now = email.utils.parsedate_to_datetime(response.headers.get("date", "")).timestamp()
        return response

    def _path(self, kind: str, reference: str) -> str:
        return f"/v2/{self._repository}/{kind}/{reference}"


def _without_host(image: str) -> tuple[str, str]:
    """Return the host in front of an image, empty without one, and the rest, as Docker tells them apart."""
    first, slash, rest = image.partition("/")
    return (first, rest) if slash and (first == "localhost" or "." in first or ":" in first) else ("", image)
