"""A system polled over HTTP: its address, its trust settings, and what its error statuses mean."""

import base64
import re
import ssl
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator, model_validator

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.common.client_certificate import ClientCertificate
from mmcockpit.sources.common.contract import Options
from mmcockpit.sources.common.credential import Credential
from mmcockpit.sources.common.proxy import checked_proxy, proxy_for
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets

MESSAGE_LIMIT = 300
"""Characters kept of a fault's message."""

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
"""A name of a header: a token of RFC 9110."""

_OWN = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "accept-encoding"})
"""Headers that the request itself decides."""

_SECRET = re.compile(r"auth|token|secret|key|password|cookie|credential", re.IGNORECASE)
"""Names of headers whose value is a secret."""


def checked_url(url: str) -> str:
    """Return an http(s) base URL without its trailing slash; ValueError for more than scheme, host, port and path."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with http:// or https:// and contain a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL must not contain a user or password; use token: {env: NAME} or {file: PATH}")
    if parts.query or parts.fragment:
        raise ValueError("a base URL must not contain ?query or #fragment")
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError("the port must be a number from 1 to 65535") from error
    if port == 0:
        raise ValueError("invalid port 0")
    return url.rstrip("/")


class EndpointOptions(Options):
    """Where a system is polled over HTTP, with which credential, and which certificates are trusted."""

    # An error must not print the input: it may be a password inside the URL.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Annotated[str, Field(description="Base URL; a path in it is kept as a prefix.")]
    token: Annotated[Secret | None, Field(description="Sent as `Authorization: Bearer …`.")] = None
    user: Annotated[str, Field(description="Sent with `password` as `Authorization: Basic …`.")] = ""
    password: Annotated[Secret | None, Field(description="The password of `user`.")] = None
    headers: Annotated[
        dict[str, str | Secret],
        Field(
            default_factory=dict,
            description="Sent with every request, such as `X-Scope-OrgID`; a secret value as a reference.",
        ),
    ]
    client_certificate: Annotated[
        str, Field(description="PEM file of the certificate for servers that ask for one, read again when it changes.")
    ] = ""
    client_key: Annotated[str, Field(description="PEM file of its key, if it is not in the same file.")] = ""
    proxy: Annotated[
        str | Secret,
        Field(
            description="`http://proxy:3128`, or `environment` for HTTPS_PROXY, HTTP_PROXY and NO_PROXY; default: none."
        ),
    ] = ""
    ca: Annotated[
        str,
        Field(description="PEM file of the only trusted authorities; default: those of this machine and of certifi."),
    ] = ""
    verify: Annotated[bool, Field(description="false: certificates are not verified.")] = True

    @field_validator("url")
    @classmethod
    def _url(cls, url: str) -> str:
        return checked_url(url)

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, proxy: str | Secret) -> str | Secret:
        return checked_proxy(proxy)

    @field_validator("headers")
    @classmethod
    def _headers(cls, headers: dict[str, str | Secret]) -> dict[str, str | Secret]:
        for name, value in headers.items():
            if not _HEADER.fullmatch(name) or name.lower() in _OWN:
                raise ValueError("a name of a header has letters, digits and hyphens, and is not set by the request")
            if isinstance(value, str) and _SECRET.search(name):
                raise ValueError(f"the value of {name} is a secret; write {{env: NAME}} or {{file: PATH}}")
        return headers

    @model_validator(mode="after")
    def _identity(self) -> "EndpointOptions":
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password belong together")
        given = [self.token is not None, bool(self.user), any(name.lower() == "authorization" for name in self.headers)]
        if sum(given) > 1:
            raise ValueError("token, user and an Authorization header exclude each other")
        if self.client_key and not self.client_certificate:
            raise ValueError("client_key needs client_certificate")
        return self

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
        self.user = options.user
        self._credentials = {name: Credential(secret, secrets) for name, secret in _secrets_of(options).items()}
        self._plain = {name: value for name, value in options.headers.items() if isinstance(value, str)}
        self._certificate = (
            ClientCertificate(options.client_certificate, options.client_key) if options.client_certificate else None
        )
        self.proxy = proxy_for(options.url, options.proxy, secrets)
        # A value that is invalid in a header is reported before the first poll.
        self.headers()

    def headers(self) -> dict[str, str]:
        """Return the headers of every request: User-Agent, the current credential, and those of the options."""
        headers = {"User-Agent": "mmcockpit", **self._plain}
        for name, credential in self._credentials.items():
            value = credential.value
            if name == _TOKEN:
                headers["Authorization"] = f"Bearer {_sendable(value, 'the token')}"
            elif name == _PASSWORD:
                encoded = base64.b64encode(f"{self.user}:{value}".encode()).decode()
                self._secrets.protect(encoded)
                headers["Authorization"] = f"Basic {encoded}"
            else:
                headers[name] = _sendable(value, f"the value of {name}")
        for name, value in self._plain.items():
            _sendable(value, f"the value of {name}")
        return headers

    @property
    def credentials(self) -> frozenset[str]:
        """The names in lower case of the headers that hold a credential; empty without one."""
        own = {_TOKEN: "authorization", _PASSWORD: "authorization"}
        return frozenset(own.get(name, name.lower()) for name in self._credentials)

    @property
    def private(self) -> frozenset[str]:
        """The names in lower case of the headers that no other server may get."""
        return self.credentials | {name.lower() for name in self._plain}

    def renewed(self, refused: Mapping[str, str]) -> bool:
        """Return whether the credentials now differ from those in these headers, which were refused with 401."""
        before = dict(refused)
        for credential in self._credentials.values():
            credential.renewed("")
        return any(before.get(name) != value for name, value in self.headers().items())

    def identify(self, context: ssl.SSLContext) -> None:
        """Load the client certificate into a TLS context, if there is one and its files have changed."""
        if self._certificate is not None:
            self._certificate.load(context)

    @property
    def plain(self) -> bool:
        """Whether requests to it that follow no redirect never use TLS, neither to the system nor to a proxy."""
        return not any(url.lower().startswith("https:") for url in (self.url, self.proxy)) and not self.has_certificate

    @property
    def has_certificate(self) -> bool:
        """Whether a TLS context is for this endpoint only."""
        return self._certificate is not None

    def fault(self, kind: FaultKind, why: str, host: str = "") -> ProbeError:
        """Return a fault that names the host and the cause in one line, secrets struck out."""
        return ProbeError(kind, plain(self.redact(f"{host or self.host}: {why}"), MESSAGE_LIMIT))

    def redact(self, text: str) -> str:
        """Return the text with every secret struck out: a server may echo what it was sent."""
        return self._secrets.redact(text)


_TOKEN, _PASSWORD = "token", "password"


def _secrets_of(options: EndpointOptions) -> dict[str, Secret]:
    """Return the secrets by the header that they are for; `token` and `password` for that of Authorization."""
    named = {_TOKEN: options.token, _PASSWORD: options.password, **options.headers}
    return {name: secret for name, secret in named.items() if isinstance(secret, Secret)}


def _sendable(value: str, what: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise ProbeError(FaultKind.CONFIGURATION, f"{what} has characters that are invalid in an HTTP header")
    return value
