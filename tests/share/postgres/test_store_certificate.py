"""A store whose certificate is not trusted: the message tells what to check."""

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from mmcockpit.share.postgres.records import StoreRefused
from mmcockpit.share.postgres.store import SharedStore

pytestmark = pytest.mark.anyio


@pytest.fixture
def encrypted_port() -> Iterator[int]:
    """Give the port of a server that does one TLS handshake after the request of a PostgreSQL client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(8)
                connection.sendall(b"S")
                context.wrap_socket(connection, server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        listener.settimeout(30)
        pool.submit(serve)
        yield listener.getsockname()[1]


async def test_a_certificate_of_another_authority_is_refused_with_what_to_check(
    encrypted_port: int, tmp_path: Path
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    dsn = f"host=127.0.0.1 port={encrypted_port} dbname=go sslmode=verify-full sslrootcert={tmp_path}/ca.pem"
    store = SharedStore(lambda: dsn, lambda text: text)
    try:
        with pytest.raises(StoreRefused) as caught:
            await store.session("any")
    finally:
        await store.close()
    assert str(caught.value).endswith(
        "certificate verify failed; check that it has not expired, and that sslrootcert in the address is its authority"
    )
