"""YAML 1.2 with positions: what is text, what is a number, and what is refused where."""

import math
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmcockpit.config.text.document import Position
from mmcockpit.config.text.error import FileError
from mmcockpit.config.text.writer import write
from mmcockpit.config.text.yaml import MAX_BYTES, MAX_DEPTH, TOO_MANY, parse, parse_all, read


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("off", "off"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("2026-12-06", "2026-12-06"),
        ("2026-12-06T02:00:00Z", "2026-12-06T02:00:00Z"),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("-12", -12),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("2.4.1", "2.4.1"),
        ("-.inf", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("~", None),
        ("null", None),
        ("", None),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("=", "="),
        ("nan", "nan"),
    ],
)
def test_the_core_schema_of_yaml_1_2_decides_what_a_scalar_is(written: str, value: object) -> None:
    found = parse(f"a: {written}\n", "f").value["a"]
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_one() -> None:
    assert math.isnan(parse("a: .nan", "f").value["a"])


def test_every_value_and_key_has_its_place() -> None:
    document = parse("a:\n  - x\n  - {b: 'y'}\nc: |\n    one\n    two\n", "f")
    assert document.marks["a", 1, "b"] == Position(3, 9, "'")
    assert document.keys["a", 1, "b"] == Position(3, 6)
    assert document.at(("a", 1, "missing", 7)) == Position(3, 5)
    inside = document.error_inside(("c",), 2, 3, "here")
    assert (inside.line, inside.column) == (6, 7)
    quoted = document.error_inside(("a", 1, "b"), 1, 1, "here")
    assert (quoted.line, quoted.column) == (3, 10)


def test_plain_scalars_keep_how_they_were_written() -> None:
    assert parse("v: 2.10", "f").written["v",] == "2.10"


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", (1, 1), "empty"),
        ("# only a comment\n", (1, 1), "empty"),
        ("a: 1\nb: 2\na: 3\n", (3, 1), "duplicate key 'a'"),
        ("a: {b: 1, b: 2}", (1, 11), "duplicate key 'b'"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n", (3, 3), "merge keys"),
        ("a: *b", (1, 4), "alias without an anchor"),
        ("a: &a [*a]", (1, 8), "alias without an anchor"),
        ("a: 1\n---\nb: 2\n", (2, 1), "second document"),
        ("a: !!python/object/apply:os.system [ls]", (1, 4), "tag"),
        ("a: !thing x", (1, 4), "tag"),
        ("? [1]\n: 2", (1, 3), "a key must be text"),
        ("a: b: c", (1, 5), "quote the text"),
        ("a:\n\tb: 1", (2, 1), "spaces, not tabs"),
        ("a: [1, 2", (2, 1), "close the bracket"),
        ("a: 'x", (1, 6), "close the quote"),
        ("a: @x", (1, 4), "quote the text"),
        ("a: 1\nb: 'x\nc: 2\n", (4, 1), "close the quote (it begins in line 2, column 4)"),
        ("a:\n  - {b: 1,\nc: 2\n", (4, 1), "close the bracket or brace"),
        ('a: "C:\\shop"', (1, 7), "use single quotes"),
        ("é: \x00", (1, 4), "U+0000"),
        ("a: \ud800", (1, 4), "UTF-8"),
        ("[" * 100_000, (1, MAX_DEPTH + 2), "deep"),
    ],
)
def test_what_is_refused_is_refused_at_its_place(text: str, place: tuple[int, int], says: str) -> None:
    with pytest.raises(FileError, match=r"^f:\d+:\d+: ") as caught:
        parse(text, "f")
    assert (caught.value.line, caught.value.column) == place
    assert says in caught.value.message


def test_a_billion_laughs_stay_unlaughed() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]" for n in range(9)]
    with pytest.raises(FileError, match="more than"):
        parse("\n".join(lines), "f")


def test_aliases_repeat_values_and_know_their_places() -> None:
    document = parse("a: &x {k: 1}\nb: *x\n", "f")
    assert document.value == {"a": {"k": 1}, "b": {"k": 1}}
    assert document.marks["b", "k"] == document.marks["a", "k"]


def test_a_file_that_is_too_large_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(FileError, match="larger than 4 MiB"):
        read(large)
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(FileError, match="not UTF-8") as caught:
        read(broken)
    assert (caught.value.line, caught.value.column) == (2, 4)
    marked = tmp_path / "bom.yaml"
    marked.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(marked).value == {"a": 1}
    with pytest.raises(FileError, match="no such file"):
        read(tmp_path / "missing.yaml")
    with pytest.raises(FileError, match="is a directory"):
        read(tmp_path)


MERGES = """\
base: &base {a: 1, b: 2}
more: &more {b: 3, c: 4}
one: {b: 5, <<: *base}
two: {<<: [*more, *base], d: 6}
far: {<<: {<<: *base, a: 7}}
---
plain: {"<<": 1}
"""


def test_merge_keys_of_other_programs_files_are_resolved_and_own_keys_win() -> None:
    first, second = parse_all(MERGES, "f")
    assert first.value["one"] == {"b": 5, "a": 1}
    assert first.value["two"] == {"d": 6, "b": 3, "c": 4, "a": 1}
    assert first.value["far"] == {"a": 7, "b": 2}
    assert (first.keys["one", "a"].line, first.keys["two", "c"].line) == (1, 2)
    assert second.value == {"plain": {"<<": 1}}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: {<<: 5}\n", 2, "merges mappings only"),
        ("a: &a [1]\nb: {<<: [*a]}\n", 1, "merges mappings only"),
        ("a: &a {" + ", ".join(f"k{n}: 1" for n in range(500)) + "}\nb: {<<: [" + "*a, " * 200 + "*a]}\n", 1, TOO_MANY),
    ],
)
def test_what_cannot_be_merged_is_refused(text: str, line: int, reason: str) -> None:
    with pytest.raises(FileError) as caught:
        parse_all(text, "f")
    assert reason in caught.value.message
    assert caught.value.line == line


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_the_parser_raises_nothing_but_file_errors(text: str) -> None:
    with suppress(FileError):
        parse(text, "f")


_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t:#-?[]{}&*!|>'\"%@`0o.~ "))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.just("key"), _TEXTS | st.lists(_TEXTS) | st.booleans() | st.integers()))
def test_what_is_written_reads_back_the_same(values: dict[str, object]) -> None:
    if not values:
        return
    found = parse(write(values).replace("$${", "${"), "f").value
    assert found == values
