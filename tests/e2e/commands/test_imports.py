"""What a command imports: a small one neither the screen nor a client, the cockpit no client before its first frame."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.cockpits import light
from tests.e2e.pty_session import Place, leave, until
from tests.servers.wait import PATIENCE_S

CLIENTS = {"redis", "psycopg", "kubernetes", "requests", "httpx", "prometheus_api_client", "aiohttp", "dns"}
SCREEN = {"textual", "rich"}

CALL = """\
import json, sys
from mmcockpit.cli import main
code = main(sys.argv[1:])
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""

CORE = """\
import importlib, json, pkgutil, sys
import msgspec
before = set(sys.modules)
import mmcockpit.core
for found in pkgutil.walk_packages(mmcockpit.core.__path__, "mmcockpit.core."):
    importlib.import_module(found.name)
print(json.dumps([0, sorted({name.partition(".")[0] for name in set(sys.modules) - before})]), file=sys.stderr)
"""

RUN = """\
import json, os, sys
from mmcockpit.cli import main
from mmcockpit.engine import engine
from mmcockpit.ui.app import CockpitApp

# The engine waits only so long for the first frame, which a busy machine draws later.
engine.SCREEN_S = 120.0
begin = CockpitApp._begin

def first_frame(screen):
    with open(os.environ["E2E_SEEN"], "w") as seen:
        json.dump(sorted({name.partition(".")[0] for name in sys.modules}), seen)
    begin(screen)

CockpitApp._begin = first_frame
code = main(sys.argv[1:])
with open(os.environ["E2E_SEEN"] + ".late", "w") as seen:
    json.dump(sorted({name.partition(".")[0] for name in sys.modules}), seen)
os._exit(code)
"""


def imported(place: Place, code: str, *words: str) -> set[str]:
    """Return the top-level modules that a Python holds after it ran this code with these arguments."""
    argv = [sys.executable, "-c", code, *words]
    env = {**os.environ, **place.env}
    done = subprocess.run(
        argv, env=env, cwd=place.folder, capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    exit_code, modules = json.loads(done.stderr.splitlines()[-1])
    assert exit_code == 0, done.stderr
    return set(modules)


def test_the_core_imports_only_the_standard_library_and_msgspec(place: Place) -> None:
    foreign = imported(place, CORE) - set(sys.stdlib_module_names)
    assert foreign == {"mmcockpit"}


@pytest.mark.parametrize(
    "words", [["log"], ["verify"], ["report"], ["sessions"], ["check", "cockpit.yaml"], ["schema", "layout"]]
)
def test_small_commands_import_neither_screen_nor_client(place: Place, words: list[str]) -> None:
    with place.open("run", light(place, "redis://127.0.0.1:1/0")) as program:
        program.wait_for("1 Audit")
        assert leave(program) == 0
    found = imported(place, CALL, *words)
    assert "mmcockpit" in found
    assert not found & (CLIENTS | SCREEN)
    # pydantic, which checks files, needs it; msgspec does not.
    assert ("typing_extensions" in found) is (words[0] in {"check", "schema"})


def asked(place: Place) -> set[str]:
    """Return the signals that the journal has answers of."""
    journals = list(place.folder.rglob("journal.jsonl"))
    facts = [json.loads(line) for journal in journals for line in journal.read_bytes().split(b"\n")[:-1]]
    return {body[0] for _, _, _, tag, body, _ in facts if tag == "o"}


def test_no_client_is_imported_before_the_first_frame(place: Place, tmp_path: Path) -> None:
    light(place, "redis://127.0.0.1:1/0")
    text = (place.folder / "cockpit.yaml").read_text()
    sources = """\
sources:
  prometheus: {kind: prometheus, url: "http://127.0.0.1:1"}
  database: {kind: postgres, dsn: "postgresql://ana@127.0.0.1:1/x"}
  api: {kind: http, url: "http://127.0.0.1:1"}
  cluster: {kind: kubernetes, kubeconfig: none}
"""
    signals = """\
  jobs: {title: jobs, prometheus.query: jobs, pass: value > 0.0}
  answer: {title: answer, database.scalar: select 1, pass: value > 0.0}
  health: {title: health, api.get: /health, pass: value.status == 200}
  pods: {title: pods, cluster.pods: {namespace: x}, pass: value.ready > 0}
"""
    place.write("cockpit.yaml", text.replace("sources:\n", sources) + signals)
    assert place.call("check", "cockpit.yaml").stderr == ""
    seen = tmp_path / "seen.json"
    (tmp_path / "probe.py").write_text(RUN)
    with place.probe(tmp_path / "probe.py", "run", "cockpit.yaml", env={"E2E_SEEN": os.fspath(seen)}) as program:
        until(
            program,
            lambda: asked(place) == {"clients", "jobs", "answer", "health", "pods"},
            "every source was asked",
        )
        assert leave(program) == 0
        until(program, (tmp_path / "seen.json.late").exists, "the probe has written")
    first = set(json.loads(seen.read_text()))
    late = set(json.loads((tmp_path / "seen.json.late").read_text()))
    assert "textual" in first
    assert not first & CLIENTS
    assert late >= {"redis", "psycopg", "kubernetes", "httpx", "prometheus_api_client"}, "the probe sees clients at all"
