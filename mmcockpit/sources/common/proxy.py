"""The proxy between the cockpit and a system that is polled over HTTP."""

from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.common.secret import Secret
from mmcockpit.sources.common.secrets import Secrets

ENVIRONMENT = "environment"
"""The value of `proxy` that takes it from HTTPS_PROXY, HTTP_PROXY and NO_PROXY."""


def checked_proxy(proxy: str | Secret) -> str | Secret:
    """Return a proxy as written in a file; ValueError for an address that is not one, or that holds a password."""
    if isinstance(proxy, Secret) or proxy in ("", ENVIRONMENT):
        return proxy
    parts = urlsplit(proxy)
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with a user or password is a secret; write proxy: {env: NAME} or {file: PATH}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"must be {ENVIRONMENT}, or begin with http:// or https:// and contain a host")
    return proxy


def has_proxy(url: str) -> bool:
    """Return whether the environment names a proxy for a URL."""
    return bool(_of_environment(url))


def _of_environment(url: str) -> str:
    parts = urlsplit(url)
    address = getproxies_environment().get(parts.scheme, "")
    return "" if proxy_bypass(parts.netloc) else address


def proxy_for(url: str, proxy: str | Secret, secrets: Secrets) -> str:
    """Return the address of the proxy for a URL, empty for none; ProbeError(configuration) for an invalid one."""
    if isinstance(proxy, Secret):
        address = secrets.resolve(proxy)
    elif proxy == ENVIRONMENT:
        address = _of_environment(url)
        if not address:
            return ""
        address = address if "://" in address else f"http://{address}"
    else:
        return proxy
    parts = urlsplit(address)
    if parts.password:
        secrets.protect(parts.password)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProbeError(FaultKind.CONFIGURATION, "the proxy must begin with http:// or https:// and contain a host")
    return address
