"""String functions of CEL's strings extension, as in Kubernetes validation rules."""

from typing import Any


def split() -> Any:
    """Return the declaration of `text.split(separator)`, a list of texts."""
    from cel_expr_python import cel

    types = cel.Type
    overload = cel.Overload(
        id="string_split_string",
        return_type=types.List(types.STRING),
        parameters=[types.STRING, types.STRING],
        is_member=True,
        impl=_parts,
    )
    return cel.FunctionDecl("split", [overload])


def _parts(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else list(text)
