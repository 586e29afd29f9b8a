"""Every kind of fact there is, made by hypothesis from the facts' own types, with harmful text."""

from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from mmcockpit.core.facts import event as facts
from mmcockpit.core.facts.event import AnyBody, Event
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.shape import ValueColumn
from mmcockpit.core.text import clean

BODIES: tuple[type[AnyBody], ...] = get_args(AnyBody)
START_MS = 1_796_522_400_000

HARMFUL = (
    "\x1b]52;c;cm0gLXJm\x07", "\x9b31m", "[/red]", "[@click=app.quit]x[/]", "\u202egnp.exe", "a\r\nb\rc", "\ud800",
    '","Closed",{}]\n[1', "\\u001b", "\x7f\x00", "\u2028", "ﷺ" * 9, "e\u0301", "\N{PILE OF POO}", "</script>", "'\"\\",
)  # fmt: skip

_foreign_texts = st.one_of(st.text(max_size=40), st.sampled_from(HARMFUL))
texts = _foreign_texts.map(clean)

raw_texts = _foreign_texts.filter(lambda text: "\ud800" not in text)
"""Text that was not cleaned, but for lone surrogates: no line can hold them."""

numbers = st.floats(allow_nan=False, allow_infinity=False)
integers = st.integers(-(2**70), 2**70)


@cache
def json_values(words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Return any JSON value."""
    leaves = st.one_of(st.none(), st.booleans(), integers, numbers, words)
    return st.recursive(
        leaves, lambda part: st.lists(part, max_size=3) | st.dictionaries(words, part, max_size=3), max_leaves=6
    )


@cache
def made_of(hint: Any, words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Return values of a type as it is annotated in the core."""
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: words, float: numbers, int: integers, bool: st.booleans(), type(None): st.none(), Any: json_values(words)
    }  # fmt: skip
    if hint in plain:
        return plain[hint]
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return st.one_of(*(made_of(part, words) for part in parts))
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple and parts[-1] is ...:
        return st.lists(made_of(parts[0], words), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(made_of(part, words) for part in parts))
    if origin is dict:
        return st.dictionaries(words, made_of(parts[1], words), max_size=2)
    if issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    assert issubclass(hint, msgspec.Struct), hint
    fields = get_type_hints(hint)
    if hint is ValueColumn:
        # A column may hold a shape with columns of its own.
        fields["rows"] = type(None)
    nested = [name for name, part in fields.items() if hint in get_args(part)]
    flat = {name: made_of(part, words) for name, part in fields.items() if name not in nested}
    parts_of_its_kind = st.lists(st.builds(hint, **flat), max_size=2).map(tuple)
    return st.builds(hint, **flat, **dict.fromkeys(nested, parts_of_its_kind))


@cache
def bodies(kind: type[AnyBody], words: st.SearchStrategy[str] = texts) -> st.SearchStrategy[Any]:
    """Return facts of one kind."""
    return made_of(kind, words)


stamps = st.builds(
    lambda at, drift: Stamp(at / 1000, (START_MS + at + drift) / 1000),
    st.integers(0, 10**9),
    st.integers(-(10**6), 10**6) | st.just(0),
)


@cache
def events(kind: type[AnyBody], words: st.SearchStrategy[str] = texts) -> st.SearchStrategy[Event]:
    """Return events with a body of this kind."""
    unknown = st.none() | st.dictionaries(words, json_values(words), min_size=1, max_size=2)
    return st.builds(
        Event, st.integers(0, 10**7), stamps, bodies(kind, words), st.just(True), words, words, integers, unknown
    )


NAMES = {
    "signal": st.sampled_from(["error_rate", "access", "gone"]),
    "item": st.sampled_from(["ready/core/audit", "ready/core/errors", "cutover/steps/dns", ""]),
}


def told_bodies(kind: type[AnyBody]) -> st.SearchStrategy[AnyBody]:
    """Return facts of a kind that are about signals and items of the small session, or about none."""

    def about(made: AnyBody, signal: str, item: str) -> AnyBody:
        named: dict[str, object] = {"signal": signal, "item": item}
        if isinstance(made, facts.Resumed):
            named.update(schema=facts.SCHEMA, minor=facts.MINOR)
        return msgspec.structs.replace(made, **{name: named[name] for name in named if hasattr(made, name)})

    return st.builds(about, made_of(kind, texts), NAMES["signal"], NAMES["item"])


steps = st.lists(
    st.tuples(
        st.one_of(*(told_bodies(kind) for kind in BODIES if kind is not facts.Opened)),
        st.integers(0, 5_000),
        st.sampled_from([0, 0, 0, 1, -2_000, 3_600_000]),
    ),
    max_size=30,
)
"""Facts of a session with the milliseconds before each, and how far the wall clock was moved."""
