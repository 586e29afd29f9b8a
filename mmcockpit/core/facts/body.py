"""What every kind of fact has in common."""

import msgspec


class Body(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """What a fact says; its class name is its tag in the journal."""
