"""The loader owns the documents, the variables and the mistakes of one load; a part knows its place in a file."""

from pathlib import Path

import pytest

from mmcockpit.config.loader import Loader
from mmcockpit.config.text.document import Mistake
from mmcockpit.config.text.error import MOST_MISTAKES, FileError


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_mistakes_of_several_files_are_raised_together_each_at_its_place(tmp_path: Path) -> None:
    loader = Loader()
    first = loader.open(written(tmp_path, "a.yaml", "people:\n  - {name: ana}\n"))
    second = loader.open(written(tmp_path, "b.yaml", "signals:\n  p95: {pass: value < 1}\n"))
    second.at("signals", "p95").error("second", key=True)
    second.at("signals", "p95").report(Mistake(("pass",), "third", inside=(1, 9)))
    first.at("people", 0, "name").error("first")
    with pytest.raises(FileError) as raised:
        loader.throw()
    assert [str(error).rpartition("/")[2] for error in raised.value.errors] == [
        "a.yaml:2:12: first",
        "b.yaml:2:3: second",
        "b.yaml:2:23: third",
    ]


def test_a_mistake_at_a_missing_key_is_at_the_nearest_part_around_it(tmp_path: Path) -> None:
    part = Loader().open(written(tmp_path, "a.yaml", "a: 1\nb:\n  c: 2\n"))
    part.at("b", "d", "e").error("missing")
    assert [(error.line, error.column) for error in part.loader.errors] == [(3, 3)]


def test_a_load_stops_at_the_maximum_of_mistakes(tmp_path: Path) -> None:
    part = Loader().open(written(tmp_path, "a.yaml", "a: 1\n"))
    for number in range(MOST_MISTAKES):
        part.error(f"mistake {number}")
    with pytest.raises(FileError, match="fix these first"):
        part.error("one too many")


def test_warnings_stop_nothing(tmp_path: Path) -> None:
    part = Loader().open(written(tmp_path, "a.yaml", "a: 1\n"))
    part.at("a").warn("careful")
    part.loader.throw()
    assert [str(warning).rpartition("/")[2] for warning in part.loader.warnings] == ["a.yaml:1:4: warning: careful"]


def test_variables_of_the_caller_replace_those_of_the_cockpit_file_and_these_those_of_the_checklist(
    tmp_path: Path,
) -> None:
    loader = Loader(variables={"a": "caller"})
    loader.define([loader.open(written(tmp_path, "cockpit.yaml", "vars: {a: cockpit, b: cockpit}\n"))])
    loader.define(
        [
            loader.open(written(tmp_path, "1.yaml", "vars: {a: one, b: one, c: one, d: one}\n")),
            loader.open(written(tmp_path, "2.yaml", "vars: {d: two}\n")),
        ]
    )
    assert loader.variables == {"a": "caller", "b": "cockpit", "c": "one", "d": "two"}


def test_only_a_load_with_a_main_file_is_complete(tmp_path: Path) -> None:
    path = written(tmp_path, "a.yaml", "a: 1\n")
    loader = Loader()
    assert not loader.open(path).is_main
    assert not loader.complete
    assert loader.open(path, main=True).at("a").is_main
    assert loader.complete
