"""A system polled over HTTP: its address, its trust settings, and what its error statuses mean."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator, model_validator

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.contract import Options
from mmcockpit.sources.common.credential import Credential
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets

MESSAGE_LIMIT = 300
"""Characters kept of a fault's message."""


def checked_url(url: str) -> str:
    """Return an http(s) base URL without its trailing slash; ValueError for more than scheme, host, port and path."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with http:// or https:// and contain a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL must not contain a user or password; use token: {env: NAME} or {file: PATH}")
    if parts.query or parts.fragment:
        raise ValueError("a base URL must not contain ?query or #fragment")
    if parts.port == 0:
        raise ValueError("invalid port 0")
    return url.rstrip("/")


class EndpointOptions(Options):
    """Where a system is polled over HTTP, with which credential, and which certificates are trusted."""

    # An error must not print the input: it may be a password inside the URL.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Annotated[str, Field(description="Base URL; a path in it is kept as a prefix.")]
    token: Annotated[Secret | None, Field(description="Sent as `Authorization: Bearer …`.")] = None
    ca: Annotated[
        str,
        Field(description="PEM file of the only trusted authorities; default: those of this machine and of certifi."),
    ] = ""
    verify: Annotated[bool, Field(description="false: certificates are not verified.")] = True

    @field_validator("url")
    @classmethod
    def _url(cls, url: str) -> str:
        return checked_url(url)

    @model_validator(mode="after")
    def _trust(self) -> "EndpointOptions":
        if self.ca and not self.verify:
            raise ValueError("ca and verify: false exclude each other")
        return self


def off(options: EndpointOptions) -> str:
    """Return why certificates are not verified; empty if they are."""
    return "" if options.verify else "verify: false"


class Endpoint:
    """One system polled over HTTP: its name in messages, its authorization headers, and faults without secrets."""

    def __init__(self, options: EndpointOptions, secrets: Secrets) -> None:
        self.url = options.url
        self.host = urlsplit(options.url).netloc
        self._secrets = secrets
        self._token = Credential(options.token, secrets) if options.token is not None else None
        # A token that is invalid in a header is reported before the first poll.
        self.headers()

    def headers(self) -> dict[str, str]:
        """Return the headers of every request: User-Agent and, if there is one, the current token."""
        if self._token is None:
            return {"User-Agent": "mmcockpit"}
        token = self._token.value
        if not (token.isascii() and token.isprintable()):
            raise ProbeError(FaultKind.CONFIGURATION, "the token has characters that are invalid in an HTTP header")
        return {"User-Agent": "mmcockpit", "Authorization": f"Bearer {token}"}

    def renewed(self, refused: Mapping[str, str]) -> bool:
        """Return whether the token now differs from the one in these headers, which was refused with 401."""
        return self._token is not None and self._token.renewed(refused["Authorization"].removeprefix("Bearer "))

    def fault(self, kind: FaultKind, why: str, host: str = "") -> ProbeError:
        """Return a fault that names the host and the cause in one line, secrets struck out."""
        return ProbeError(kind, plain(self.redact(f"{host or self.host}: {why}"), MESSAGE_LIMIT))

    def redact(self, text: str) -> str:
        """Return the text with every secret struck out: a server may echo what it was sent."""
        return self._secrets.redact(text)
