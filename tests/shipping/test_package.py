"""The package: what is in it, and that pip and uv install it into an empty environment of every supported Python."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from mmcockpit import __version__
from tests.e2e.pty_session import REPOSITORY, Place, leave
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S
from tests.shipping.conftest import Built
from tests.terminal import Terminal

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
SHIPPED = ("checklists", "packs", "samples", "report/templates", "share/postgres", "config/starter")
PAGE = "share/man/man1/mmcockpit.1"
COCKPIT = """
name: Shop
environment: staging
checklist: list.yaml
sources: {disk: {kind: file}}
"""
CHECKLIST = """
name: shop
title: Shop
phases: [{title: Ready, sections: [{title: Core, items: [{title: List, signal: list}]}]}]
signals: {list: {title: List, disk.stat: {path: list.yaml}, pass: value.exists}}
"""


def plain_environment(place: Place, **more: str) -> dict[str, str]:
    """Return an environment in which a program finds only what is installed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_", "UV_"))}
    own = {name: value for name, value in place.env.items() if name != "PYTHONPATH"}
    return {**inherited, **own, "UV_PYTHON_DOWNLOADS": "never", **more}


def run(place: Place, argv: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        env=plain_environment(place, **more),
        cwd=place.folder,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )


def done(place: Place, argv: list[str], **more: str) -> str:
    """Run a program that succeeds; return what it printed."""
    ended = run(place, argv, **more)
    assert ended.returncode == 0, (argv, ended.stdout, ended.stderr)
    return ended.stdout


def test_the_version_has_its_section_in_the_changelog(built: Built) -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+) - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)[0] == __version__
    assert built.wheel.name == f"mmcockpit-{__version__}-py3-none-any.whl"


def test_the_wheel_has_every_file_of_the_program_and_no_test(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as packed:
        names = set(packed.namelist())
        requires = set(packed.read(f"mmcockpit-{__version__}.dist-info/METADATA").decode().splitlines())
    tracked = subprocess.run(
        ["git", "ls-files", "mmcockpit"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    program = set(tracked.stdout.split())
    assert program - names == set()
    for folder in ("layouts", "themes"):
        assert {f"mmcockpit/{path.relative_to(REPOSITORY)}" for path in (REPOSITORY / folder).glob("*.yaml")} <= names
    assert "mmcockpit/py.typed" in names
    assert all(any(name.startswith(f"mmcockpit/{folder}/") for name in names) for folder in SHIPPED)
    assert f"mmcockpit-{__version__}.data/data/{PAGE}" in names
    assert {name.partition("/")[0] for name in names} == {
        "mmcockpit", f"mmcockpit-{__version__}.data", f"mmcockpit-{__version__}.dist-info",
    }  # fmt: skip
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {re.split(r"[\[<>=]", each)[0] for each in project["dependencies"]} == {
        re.split(r"[\[<>=]", line.split()[1])[0]
        for line in requires
        if line.startswith("Requires-Dist") and ";" not in line
    }


def test_the_source_has_the_documents_and_no_test(built: Built) -> None:
    with tarfile.open(built.sdist) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    assert {"README.md", "CHANGELOG.md", "LICENSE", "docs/man/mmcockpit.1", "examples/minimal/cockpit.yaml"} <= names
    assert [name for name in names if name.startswith(("tests", "snapshots", ".ci", "."))] in ([], [".gitignore"])


def test_pip_installs_it_and_the_demo_starts(place: Place, built: Built) -> None:
    folder = place.folder / "environment"
    venv.create(folder)
    python = os.fspath(folder / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python]
    done(place, [*pip, "install", "--quiet", "--no-index", "--no-deps", "--no-compile", os.fspath(built.wheel)])
    installed = Path(done(place, [python, "-c", "import mmcockpit; print(mmcockpit.__file__)"]).strip())
    assert installed.is_relative_to(folder)
    assert (folder / PAGE).read_text() == (REPOSITORY / "docs" / "man" / "mmcockpit.1").read_text()
    # The packages that it needs, without a network, are those of this Python, but not its editable mmcockpit.
    (installed.parents[1] / "packages.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    done(place, [*pip, "check"])
    program = os.fspath(folder / "bin" / "mmcockpit")
    assert done(place, [program, "--version"]) == f"mmcockpit {__version__}\n"
    with Terminal([program, "demo"], env={**place.env, "PYTHONPATH": ""}, cwd=os.fspath(place.folder)) as screen:
        screen.wait_for(r"\[\+\] |more, all ok")
        assert re.search(r"^ DEMO +modelmuxer ", screen.text())
        assert leave(screen) == 0, screen.text()


@pytest.mark.parametrize("version", VERSIONS)
def test_uv_installs_it_as_a_tool(place: Place, built: Built, version: str) -> None:
    python = _python(place, built.uv, version)
    if python is None:
        pytest.skip(f"NOT TESTED: no Python {version} here")
    cache = subprocess.run([built.uv, "cache", "dir"], capture_output=True, text=True, check=True)
    folders = {
        "UV_CACHE_DIR": cache.stdout.strip(),
        "UV_TOOL_DIR": os.fspath(place.folder / "tools"),
        "UV_TOOL_BIN_DIR": os.fspath(place.folder / "bin"),
    }
    argv = [built.uv, "tool", "install", "--quiet", "--offline", "--python", python]
    lock = os.fspath(REPOSITORY / "requirements.lock")
    installed = run(place, [*argv, "--constraints", lock, os.fspath(built.wheel)], **folders)
    if "network was disabled" in installed.stderr:
        need(None, f"uv's cache has no packages for Python {version}: run `make servers`")
    assert installed.returncode == 0, installed.stderr
    program = os.fspath(place.folder / "bin" / "mmcockpit")
    assert done(place, [program, "--version"]) == f"mmcockpit {__version__}\n"
    assert f"version_info = {version}." in (place.folder / "tools" / "mmcockpit" / "pyvenv.cfg").read_text()
    place.write("cockpit.yaml", COCKPIT)
    place.write("list.yaml", CHECKLIST)
    assert done(place, [program, "gate", "cockpit.yaml", "ready"]) == "GO: Ready: 1 of 1 item satisfied\n"
    assert "rolled back, nothing lost" in done(place, [program, "log", "sample"])
    assert "_mmcockpit_names" in done(place, [program, "completion", "zsh"])


def _python(place: Place, uv: str, version: str) -> str | None:
    """Return a Python of this version: one that uv finds, or one of pyenv."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    found = run(place, [uv, "python", "find", version])
    if found.returncode == 0:
        return found.stdout.strip()
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    return next(map(os.fspath, sorted(root.glob(f"versions/{version}.*/bin/python"))), None)
