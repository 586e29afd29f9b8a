"""Where the servers written in Go are: built by .ci/go-build or .ci/kubernetes, or stock ones."""

import functools
import hashlib
import os
import shutil
from pathlib import Path

from mmcockpit.simulator.servers.process import cache_folder

SOURCES = Path(__file__).with_name("kubernetes")
VERSIONS = Path(__file__).with_name("versions")


def built_folder(name: str) -> Path:
    """Return the folder into which .ci/go-build builds this server; it may not exist."""
    # .ci/go-build computes the same name.
    return cache_folder() / f"{name}-{(VERSIONS / name).read_text().strip()}"


def go_program(name: str) -> Path | None:
    """Return the program that .ci/go-build built, else the one on PATH."""
    ours = shutil.which(name, path=os.fspath(built_folder(name)))
    found = ours or shutil.which(name)
    return Path(found) if found else None


@functools.cache
def kubernetes_program(name: str) -> Path | None:
    """Return the program of this name: from $KUBEBUILDER_ASSETS, then our cache, then PATH."""
    # .ci/kubernetes computes the same name.
    inputs = [SOURCES / "go.mod", SOURCES / "go.sum", SOURCES / "kwok-version", *sorted(SOURCES.glob("kube-*/main.go"))]
    version = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()[:16]
    ours = os.fspath(cache_folder() / f"kubernetes-{version}")
    folders = [os.environ.get("KUBEBUILDER_ASSETS", ""), ours, os.environ.get("PATH", os.defpath)]
    found = (shutil.which(name, path=folder) for folder in folders if folder)
    return next((Path(program) for program in found if program), None)
