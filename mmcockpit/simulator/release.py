"""The releases of ModelMuxer: their images, pinned by digest, and their configuration."""

import hashlib
from collections.abc import Mapping

REPOSITORY = "ghcr.io/modelmuxer/modelmuxer"
CONFIG_MAP = "modelmuxer-config"
SETTINGS: Mapping[str, str] = {
    "MODELMUXER_MODE": "production",
    "LOG_LEVEL": "INFO",
    "CORS_ORIGINS": '["https://modelmuxer.com"]',
    "REDIS_URL": "redis://redis-cluster:6379/0",
    "FEATURES_REDACT_PII": "true",
}
"""What is in the ConfigMap."""


def digest_of(version: str, repository: str = REPOSITORY) -> str:
    """Return the digest of a release's image."""
    return f"sha256:{hashlib.sha256(f'{repository}:{version}'.encode()).hexdigest()}"


def image_of(version: str, repository: str = REPOSITORY) -> str:
    """Return the image of a release, pinned by digest."""
    return f"{repository}:{version}@{digest_of(version, repository)}"


def version_of(image: str) -> str:
    """Return the release of an image: its tag."""
    return image.partition("@")[0].rpartition(":")[2]
