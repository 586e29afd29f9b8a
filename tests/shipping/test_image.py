"""The image: its Dockerfile is linted, copies what exists, and is built where a builder and its base image are."""

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from mmcockpit import __version__
from tests.e2e.pty_session import REPOSITORY

TEXT = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTION = re.compile(r"^([A-Z]+) +((?:[^\n]*\\\n)*[^\n]*)", re.MULTILINE)


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage, after those before the first."""
    parts: list[list[tuple[str, str]]] = [[]]
    for word, rest in INSTRUCTION.findall(TEXT):
        if word == "FROM":
            parts.append([])
        parts[-1].append((word, rest))
    return parts[1:]


def test_the_linter_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    linted = subprocess.run([linter, "Dockerfile"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


def test_the_image_has_the_program_only_and_no_root() -> None:
    build, final = stages()
    assert ("ENTRYPOINT", '["mmcockpit"]') in final
    assert [rest for word, rest in final if word == "USER"] == ["10001:10001"]
    assert final.index(("USER", "10001:10001")) > max(
        at for at, (word, _) in enumerate(final) if word in ("RUN", "COPY")
    )
    assert [rest for word, rest in final if word == "COPY"] == ["--from=build /opt/mmcockpit /opt/mmcockpit"]
    assert not any(re.search(r"apt|pip|gcc|uv ", rest) for word, rest in final if word == "RUN")
    (settings,) = [rest for word, rest in final if word == "ENV"]
    assert "TERM=xterm-256color" in settings
    assert "XDG_STATE_HOME=/var/lib" in settings
    assert ("VOLUME", "/var/lib/mmcockpit") in final
    assert any("--constraint requirements.lock" in rest for word, rest in build if word == "RUN")


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    ignored = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").split()
    kept = {line[1:] for line in ignored if line.startswith("!")}
    copied = {name for word, rest in stages()[0] if word == "COPY" for name in rest.split()[:-1]}
    assert copied == kept
    assert all((REPOSITORY / name).exists() for name in copied)
    assert not any(fnmatch(name, pattern) for name in copied for pattern in ("*.pyc", "tests*", "snapshots*"))


def test_the_image_is_built_and_runs() -> None:
    builder = next((name for name in ("docker", "podman", "buildah") if _has_base(name)), None)
    if builder is None:
        pytest.skip(
            "NOT TESTED: no docker, podman or buildah that has or gets the base image; the Dockerfile is linted"
        )
    words = ["bud", "--isolation=chroot"] if builder == "buildah" else ["build"]
    built = _run([builder, *words, "--tag", "mmcockpit:test", os.fspath(REPOSITORY)], 280)
    assert built.returncode == 0, built.stderr
    if builder != "buildah":
        shown = _run([builder, "run", "--rm", "mmcockpit:test", "--version"], 60)
        assert shown.stdout == f"mmcockpit {__version__}\n", shown.stderr
    configuration = json.loads(_run([builder, "inspect", "mmcockpit:test"], 60).stdout)
    assert '"10001:10001"' in json.dumps(configuration)


def _has_base(builder: str) -> bool:
    """Return whether a builder responds and has the base image, without asking a registry."""
    base = re.search(r"^FROM (\S+)", TEXT, re.MULTILINE)
    version = re.search(r"^ARG PYTHON=(\S+)", TEXT, re.MULTILINE)
    assert base is not None
    assert version is not None
    image = base[1].replace("${PYTHON}", version[1])
    return shutil.which(builder) is not None and _run([builder, "inspect", "--type=image", image], 20).returncode == 0


def _run(argv: list[str], within_s: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, timeout=within_s, check=False)
