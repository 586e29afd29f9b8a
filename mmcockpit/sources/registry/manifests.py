"""Manifests and indexes of OCI registries and of Docker: what they describe, and proof of their bytes."""

import hashlib
import re
from datetime import datetime

import msgspec

CREATED = "org.opencontainers.image.created"
INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
IMAGES = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
ACCEPT = ", ".join((*INDEXES, *IMAGES))
_DIGEST = re.compile(r"(sha256|sha512):([0-9a-f]{64}|[0-9a-f]{128})")
_FIRST_YEAR = 1981
"""Reproducible builds set 1970 or 1980 as the time of every image."""


class Platform(msgspec.Struct):
    """The platform of an image."""

    os: str = ""
    architecture: str = ""
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))

    @property
    def known(self) -> bool:
        """Whether it is one; attestations beside images have `unknown`."""
        return bool(self.os and self.architecture) and "unknown" not in (self.os, self.architecture)


class Descriptor(msgspec.Struct):
    """A reference to a manifest or a blob."""

    digest: str
    mediaType: str = ""
    platform: Platform | None = None
    annotations: dict[str, str] | None = None


class Manifest(msgspec.Struct):
    """An index with `manifests`, or the manifest of one image or artifact with `config`."""

    mediaType: str = ""
    manifests: list[Descriptor] | None = None
    config: Descriptor | None = None
    annotations: dict[str, str] | None = None
    schemaVersion: int = 0

    @property
    def created(self) -> str:
        """When it was built, by its annotation; empty without one."""
        return built((self.annotations or {}).get(CREATED, ""))

    @property
    def images(self) -> list[Descriptor]:
        """The images of an index, without attestations and other artifacts."""
        return [one for one in self.manifests or () if one.platform is None or one.platform.known]


class ImageConfig(Platform):
    """The configuration of an image: its platform, and when it was built."""

    created: str | None = None


def built(text: str) -> str:
    """Return the time of a build (RFC 3339); empty for an invalid one, and for the fixed one of reproducible builds."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return text if moment.year >= _FIRST_YEAR and moment.tzinfo is not None else ""


def is_digest(text: str) -> bool:
    """Return whether a text is a digest that can be verified."""
    match = _DIGEST.fullmatch(text)
    return match is not None and len(match[2]) == hashlib.new(match[1]).digest_size * 2


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    """Return the digest of bytes."""
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def is_genuine(content: bytes, digest: str) -> bool:
    """Return whether bytes have a digest."""
    return is_digest(digest) and digest_of(content, digest.partition(":")[0]) == digest
