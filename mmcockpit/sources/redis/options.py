"""The options of a Redis source: one server, a cluster by any of its nodes, or a master by its sentinels."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator, model_validator

from mmcockpit.sources.common.contract import Options
from mmcockpit.sources.common.secret import Secret

DEFAULT_PORT = 6379
SENTINEL_PORT = 26379


class RedisOptions(Options):
    """The address of the server, and credentials."""

    # An error must not print the input: it may be a password inside the URL.
    model_config = ConfigDict(hide_input_in_errors=True)

    url: Annotated[
        str | Secret,
        Field(description="redis://[user@]host:port/db, rediss:// for TLS; with a password only by reference."),
    ] = ""
    user: Annotated[str, Field(description="ACL user, if it is not in the URL.")] = ""
    password: Annotated[Secret | None, Field(description="Its password, if it is not in the URL.")] = None
    cluster: Annotated[
        bool,
        Field(
            description="Redis Cluster, by any of its nodes: `info` and `hit_rate` poll every master; `config`, "
            "`replication` and `snapshot` poll the node of the URL."
        ),
    ] = False
    sentinels: Annotated[
        tuple[str, ...],
        Field(description="Instead of a URL: `[host:port, …]` of all sentinels, which name the master."),
    ] = ()
    service: Annotated[str, Field(description="The name under which the sentinels monitor the master.")] = ""
    sentinel_user: Annotated[str, Field(description="ACL user at the sentinels.")] = ""
    sentinel_password: Annotated[Secret | None, Field(description="Its password, or that of the sentinels.")] = None
    tls: Annotated[bool, Field(description="TLS to the sentinels and the master; in a URL, write rediss://.")] = False
    ca: Annotated[
        str,
        Field(description="PEM file of the only trusted authorities; default: those of this machine and of certifi."),
    ] = ""
    server_name: Annotated[
        str, Field(description="The name that certificates must have; default: the host of the address.")
    ] = ""
    client_certificate: Annotated[
        str, Field(description="PEM file of the certificate for servers that ask for one, read again when it changes.")
    ] = ""
    client_key: Annotated[str, Field(description="PEM file of its key, if it is not in the same file.")] = ""
    verify: Annotated[bool, Field(description="false: certificates are not verified.")] = True

    @field_validator("url")
    @classmethod
    def _without_password(cls, url: str | Secret) -> str | Secret:
        if isinstance(url, str):
            if complaint := url_complaint(url):
                raise ValueError(complaint)
            if urlsplit(url).password is not None:
                raise ValueError("the URL contains a password; use {env: NAME} or {file: PATH}")
        return url

    @field_validator("sentinels")
    @classmethod
    def _addresses(cls, sentinels: tuple[str, ...]) -> tuple[str, ...]:
        for sentinel in sentinels:
            if sentinel_address(sentinel) is None:
                raise ValueError("a sentinel is host:port, as in sentinels: [redis-a:26379, redis-b:26379]")
        if len(set(sentinels)) < len(sentinels):
            raise ValueError("the same sentinel twice would vote twice")
        return sentinels

    @model_validator(mode="after")
    def _consistent(self) -> "RedisOptions":
        if bool(self.url) == bool(self.sentinels):
            raise ValueError("needs either url or sentinels")
        if bool(self.sentinels) != bool(self.service):
            raise ValueError("sentinels and service belong together")
        if (self.sentinel_user or self.sentinel_password) and not self.sentinels:
            raise ValueError("sentinel_user and sentinel_password need sentinels")
        if self.cluster and self.sentinels:
            raise ValueError("cluster and sentinels exclude each other: a cluster elects its masters itself")
        if self.tls and self.url:
            raise ValueError("tls is for sentinels; in a URL, write rediss://")
        if isinstance(self.url, str) and urlsplit(self.url).username and self.user:
            raise ValueError("the user is in the URL and in user; use one of them")
        if self.client_key and not self.client_certificate:
            raise ValueError("client_key needs client_certificate")
        if complaint := self.unencrypted(self.tls or not isinstance(self.url, str) or self.url.startswith("rediss:")):
            raise ValueError(complaint)
        return self

    def unencrypted(self, encrypted: bool) -> str:
        """Return why options of TLS do not fit a connection without it; empty if they do."""
        given = {
            "ca": self.ca,
            "server_name": self.server_name,
            "client_certificate": self.client_certificate,
            "verify": not self.verify,
        }
        names = [name for name, value in given.items() if value]
        how = "tls: true" if self.sentinels else "a URL with rediss://"
        return "" if encrypted or not names else f"{names[0]} needs TLS: {how}"


def url_complaint(url: str) -> str:
    """Return what is wrong with a URL, without the URL; empty if it is valid."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "url: invalid port or address"
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or port == 0:
        return "url: must be redis://host:port or rediss://host:port"
    if parts.query or parts.fragment:
        return "url: must not contain ? or #; use the options of the source"
    if not re.fullmatch(r"/?\d*", parts.path):
        return "url: the path must be the number of a database, as in redis://host:port/0"
    return ""


def sentinel_address(text: str) -> tuple[str, int] | None:
    """Parse `host:port` or `host`; None if it is neither."""
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or port == 0 or parts.netloc != text or "@" in text:
        return None
    return parts.hostname, port or SENTINEL_PORT


def host_name(host: str, port: int) -> str:
    """Return an address as text."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def target(options: RedisOptions) -> str:
    """Return in one line what the options point to, without a user or password."""
    if options.sentinels:
        return f"redis {options.service} by {', '.join(options.sentinels)}"
    if isinstance(options.url, str):
        parts = urlsplit(options.url)
        return f"redis {parts.hostname}:{parts.port or DEFAULT_PORT}"
    return f"redis at {{env: {options.url.env}}}" if options.url.env else f"redis at {{file: {options.url.file}}}"


def unverified(options: RedisOptions) -> str:
    """Return why certificates are not verified; empty if they are."""
    return "" if options.verify else "verify: false"
