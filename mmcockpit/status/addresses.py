"""Where the status page is served: the address, its certificate, and the host names that requests may use."""

import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

LOCALHOST = "localhost"
LOOPBACK = frozenset({LOCALHOST, "127.0.0.1", "::1"})


class AddressError(Exception):
    """An address or a certificate that cannot be used; the message is what, and what to do."""


class Listener(NamedTuple):
    """Where to listen: `hosts` are the host names that a request may have, `tls` is None on loopback without it.

    A host that begins with `*.` accepts any one label there.
    """

    host: str
    port: int
    hosts: frozenset[str]
    tls: ssl.SSLContext | None

    def url(self, port: int) -> str:
        """Return the address that readers open; `port` is the real one."""
        named = sorted(self.hosts - LOOPBACK - {""}, key=lambda host: (host.startswith("*."), _is_ip(host), host))
        host = self.host if self.tls is None or not _is_wildcard(self.host) else next(iter(named), self.host)
        return f"{'http' if self.tls is None else 'https'}://{f'[{host}]' if ':' in host else host}:{port}/"

    def accepts(self, header: str) -> bool:
        """Return whether a request with this Host header is meant for this page, whatever its port."""
        try:
            host = (urlsplit(f"//{header}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return host in self.hosts or f"*.{host.partition('.')[2]}" in self.hosts


def listener(address: str, certificate: Path | None, key: Path | None) -> Listener:
    """Return where to listen for `HOST:PORT`; AddressError for an address that would send the page unencrypted."""
    host, port = _split(address)
    loopback = host == LOCALHOST or (_is_ip(host) and ip_address(host).is_loopback)
    if certificate is None or key is None:
        if certificate is not key:
            raise AddressError("--certificate and --key belong together: give both")
        if not loopback:
            raise AddressError(
                f"{host} is not loopback: give --certificate and --key, or serve on 127.0.0.1:{port} behind a proxy"
            )
        return Listener("127.0.0.1" if host == LOCALHOST else host, port, LOOPBACK | {host}, None)
    tls = _context(certificate, key)
    names = _names(certificate)
    return Listener(host, port, names | ({host} if not _is_wildcard(host) else frozenset()), tls)


def _split(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port is None or parts.path or parts.username is not None:
        raise AddressError(f"{address!r} is not an address: write HOST:PORT, such as 127.0.0.1:8080")
    if host != LOCALHOST and not _is_ip(host):
        raise AddressError(f"{host!r} is not an IP address: write the address to listen on, such as 127.0.0.1:{port}")
    return host, port


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_wildcard(host: str) -> bool:
    return _is_ip(host) and ip_address(host).is_unspecified


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # Without a password here, OpenSSL would ask for that of an encrypted key at the terminal.
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "cannot be read"
        message = f"{certificate}, {key}: {reason}; both must be PEM files, and the key must not be encrypted"
        raise AddressError(message) from error
    return context


def _names(certificate: Path) -> frozenset[str]:
    """Return the host names and addresses of a certificate."""
    # Imported here: most status pages are served on loopback.
    from cryptography import x509

    leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise AddressError(f"{certificate}: names no host (subjectAltName); browsers refuse it") from None
    dns = (name.lower() for name in names.get_values_for_type(x509.DNSName))
    return frozenset({*dns, *map(str, names.get_values_for_type(x509.IPAddress))})
