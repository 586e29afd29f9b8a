"""The certificate authority of a demo, and the certificate of its API."""

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
