"""The certificate authorities of a demo: of the service's API, and of its cluster."""

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

HOSTS = ("localhost", "api.modelmuxer.com", "modelmuxer.com", "www.modelmuxer.com", "127.0.0.1")
VALID_DAYS = 61


def server_context(ca_file: Path) -> ssl.SSLContext:
    """Create an authority, write its certificate to the file, and return a server context that uses it."""
    authority = trustme.CA(organization_name="simulated production")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ends = datetime.now(UTC) + timedelta(days=VALID_DAYS)
    authority.issue_cert(*HOSTS, not_after=ends).configure_cert(context)
    authority.cert_pem.write_to_path(ca_file)
    return context


def kept_authority(path: Path | None) -> trustme.CA:
    """Return the cluster's authority from a file, which is created if it is missing or not usable.

    A cluster is known by its authority: with the same file, a demo that is resumed has the same cluster.
    """
    if path is not None and path.is_file():
        pem = path.read_bytes()
        try:
            return trustme.CA.from_pem(cert_bytes=pem, private_key_bytes=pem)
        except ValueError:
            path.unlink()
    authority = trustme.CA(organization_name="simulated kubernetes")
    if path is not None:
        # Another demo that starts now may have the same idea: the file appears complete, the last one stays.
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(authority.private_key_pem.bytes() + authority.cert_pem.bytes())
        temporary.replace(path)
    return authority
