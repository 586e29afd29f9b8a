"""With which address, user and password a Redis server is polled; secrets are read again when their files change."""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.credential import Credential
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.redis.options import DEFAULT_PORT, RedisOptions, url_complaint

Address = tuple[str, int]
"""Host and port."""


class RedisLogin(NamedTuple):
    """What a connection begins with; `address` is that of the URL, None with sentinels."""

    address: Address | None
    user: str
    password: str
    database: int
    encrypted: bool


class Account:
    """The current login of a source, from its URL or from its user and password."""

    def __init__(self, options: RedisOptions, secrets: Secrets) -> None:
        self._options, self._secrets = options, secrets
        self._url = Credential(options.url, secrets) if isinstance(options.url, Secret) else options.url
        self._password = Credential(options.password, secrets) if options.password else None
        self._valid = ""
        if complaint := self._read():
            raise ProbeError(FaultKind.CONFIGURATION, complaint)

    @property
    def login(self) -> RedisLogin:
        """The login; read again if a file has changed. An invalid new URL is ignored."""
        self._read()
        parts = urlsplit(self._valid)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if self._password is not None:
            password = self._password.value
        return RedisLogin(
            (parts.hostname, parts.port or DEFAULT_PORT) if parts.hostname else None,
            user or self._options.user,
            password,
            int(parts.path.strip("/") or 0),
            self._options.tls or parts.scheme == "rediss",
        )

    def renewed(self, refused: RedisLogin) -> bool:
        """Return whether the login now differs from this one, which was refused."""
        for credential in (self._url, self._password):
            if isinstance(credential, Credential):
                credential.renewed("")
        return self.login != refused

    def _read(self) -> str:
        """Read the URL; return what is wrong with it, in which case the former one stays."""
        url = self._url.value if isinstance(self._url, Credential) else self._url
        if not url or url == self._valid:
            return ""
        if complaint := url_complaint(url) or self._options.unencrypted(url.startswith("rediss:")):
            return complaint
        if password := urlsplit(url).password:
            self._secrets.protect(password)
            self._secrets.protect(unquote(password))
        self._valid = url
        return ""


class SentinelAccount:
    """The login at the sentinels of a source; they have users and a password of their own."""

    def __init__(self, options: RedisOptions, secrets: Secrets) -> None:
        self._options = options
        self._password = Credential(options.sentinel_password, secrets) if options.sentinel_password else None

    @property
    def login(self) -> RedisLogin:
        """The login; read again if a file has changed."""
        password = self._password.value if self._password else ""
        return RedisLogin(None, self._options.sentinel_user, password, 0, self._options.tls)

    def renewed(self, refused: RedisLogin) -> bool:
        """Return whether the login now differs from this one, which was refused."""
        if self._password is not None:
            self._password.renewed("")
        return self.login != refused
