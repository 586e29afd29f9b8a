"""Bodies that a server sends compressed although it was asked not to, as for files that it stores compressed."""

import zlib

_FORMATS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""Window bits of zlib by the name of the encoding."""


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """Return a body without its compression, at most one byte more than `limit`.

    As it is, if it is not compressed in a known format, or not complete.
    """
    bits = _FORMATS.get(encoding.strip().lower())
    if bits is None:
        return body
    unpacker = zlib.decompressobj(bits)
    try:
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error:
        return body
    return plain if unpacker.eof or len(plain) > limit else body
