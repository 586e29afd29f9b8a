"""The base class of all kinds of facts."""

import msgspec


class Body(msgspec.Struct, frozen=True, tag=True, omit_defaults=True, gc=False):
    """The content of a fact; its class name is its tag in the journal."""
