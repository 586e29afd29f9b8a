"""The facts about anchoring: signatures that bind the head of the journal to a person's SSH key."""

import msgspec

from mmcockpit.core.facts.body import Body
from mmcockpit.core.text import clean


class Anchored(Body, frozen=True):
    """The head of the journal after fact `seq` was signed.

    `key` is the fingerprint of the key (`SHA256:…`), `signature` the armoured signature of `anchor_text` in the
    `namespace`, as `ssh-keygen -Y sign` writes it.
    """

    seq: int
    head: str
    key: str
    signature: str
    namespace: str


class NotAnchored(Body, frozen=True):
    """The head of the journal after fact `seq` could not be signed, and why."""

    seq: int
    head: str
    because: str


def anchor_text(session: str, seq: int, head: str) -> bytes:
    """Return what a signature signs: one JSON object, in UTF-8, with the session's id, a fact's number and the head."""
    return msgspec.json.encode({"mmcockpit-anchor": 1, "session": clean(session), "fact": seq, "head": head})
