"""What `doctor` reports of `anchor:`: whether ssh-agent signs with the key."""

import asyncio

from mmcockpit.core.model.cockpit import Anchor
from mmcockpit.core.text import clean
from mmcockpit.engine.anchoring import AnchorError, signature

_TEXT = b"mmcockpit doctor\n"


def print_anchor(anchor: Anchor) -> bool:
    """Sign a text with the key, print the result, and return whether it was signed; the signature is not kept."""
    try:
        key, _ = asyncio.run(signature(anchor, _TEXT))
    except AnchorError as error:
        print(clean(f"{'REFUSED':8} {'anchor':12} {'ssh-agent':11} {error}", 400))
        return False
    print(clean(f"{'ok':8} {'anchor':12} {'ssh-agent':11} signs with the key {key}", 400))
    return True
