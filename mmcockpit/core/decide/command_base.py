"""The base of the commands of operators."""

import msgspec


class Command(msgspec.Struct, frozen=True):
    """A request of the operator `by`."""

    by: str
