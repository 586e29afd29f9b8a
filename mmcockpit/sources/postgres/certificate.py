"""Why a server's certificate is not trusted: libpq reports only that it is not."""

import asyncio
import ssl
import struct
from typing import Any

_REQUEST = struct.pack("!ii", 8, 80877103)
"""SSLRequest of the PostgreSQL protocol; the server answers S if it supports TLS."""
PORT = 5432
WITHIN_S = 2.0


async def distrust(words: dict[str, Any]) -> str:
    """Return the reason by a handshake with the server of a DSN; empty if there is none, or for several hosts."""
    host, port = str(words.get("host") or words.get("hostaddr") or ""), str(words.get("port") or PORT)
    if not host or host.startswith("/") or not port.isdecimal() or "," in host:
        return ""
    ca = str(words.get("sslrootcert") or "")
    context = ssl.create_default_context(cafile=None if ca in ("", "system") else ca)
    # libpq compares the name itself, and its message shows both names.
    context.check_hostname = False
    try:
        async with asyncio.timeout(WITHIN_S):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(_REQUEST)
                if await reader.readexactly(1) == b"S":
                    await writer.start_tls(context, server_hostname=host)
            finally:
                writer.close()
    except ssl.SSLCertVerificationError as error:
        # Imported here: only this fault needs it.
        from mmcockpit.sources.common.network import distrust_text

        return distrust_text(error, "sslrootcert")
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return ""
    return ""
