"""The cockpit file of the guide serves the whole shipped checklist, and check shows what does not."""

from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.cli import main
from mmcockpit.config.load import check_file
from mmcockpit.config.starter_files import starter
from mmcockpit.config.text.error import FileWarning
from tests.config.cockpit_by_example import ROLES, example, written


@pytest.fixture
def cockpit(tmp_path: Path) -> Path:
    path = tmp_path / "cockpit.yaml"
    path.write_text(example(), encoding="utf-8")
    return path


def warnings(cockpit: Path, *, without: tuple[str, ...] = ()) -> list[str]:
    lines = cockpit.read_text(encoding="utf-8").splitlines(keepends=True)
    cockpit.write_text("".join(line for line in lines if not line.strip().startswith(without)), encoding="utf-8")
    found: list[FileWarning] = []
    assert check_file(cockpit, sources, found) == []
    return [one.message for one in found]


def test_the_example_serves_every_signal_of_the_shipped_checklist(
    cockpit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(cockpit)]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == (f"{cockpit}: ok\n", "")


def test_check_counts_the_signals_without_a_source_and_names_the_sources(
    cockpit: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert warnings(cockpit, without=("grafana:", "file:")) == [
        "8 signals have no data, because the source is missing: file (6), grafana (2); "
        "add each source under sources:, or switch off its signals"
    ]
    assert main(["check", str(cockpit)]) == 0
    assert capsys.readouterr().out == f"{cockpit}: ok, 1 warning\n"


def test_check_names_the_programs_that_signals_need_and_may_not_run(cockpit: Path) -> None:
    cockpit.write_text(example().replace("curl, gh, ", ""), encoding="utf-8")
    assert warnings(cockpit) == [
        "7 signals have no data, because the program is not allowed: curl (1), gh (6); "
        "add each program to allow.probe_commands, or switch off its signals"
    ]


def test_signals_that_are_switched_off_need_no_source(cockpit: Path) -> None:
    cockpit.write_text(example() + "signals: {tracer: off}\n", encoding="utf-8")
    assert warnings(cockpit, without=("tracing:",)) == []


def test_the_starter_folder_serves_every_signal(tmp_path: Path) -> None:
    for name, text in starter().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert [one for one in warnings(tmp_path / "cockpit.yaml") if "no data" in one] == []


def test_the_roles_in_the_docs_are_those_of_the_example(cockpit: Path) -> None:
    assert ROLES.read_text(encoding="utf-8") == written(cockpit), "run: python -m tests.config.cockpit_by_example"
