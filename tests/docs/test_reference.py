"""The generated pages, schemas and the man page are up to date, and they build."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.man_page import ENVIRONMENT, man_page
from tests.docs.reference import DOCS, GENERATED, pages
from tests.servers.needs import need

CODE = DOCS.parent / "mmcockpit"
VARIABLE = re.compile(r"\bMMCOCKPIT_[A-Z_]+")


def test_the_generated_files_are_up_to_date() -> None:
    paths = [path for pattern in GENERATED for path in DOCS.glob(pattern)]
    written = {str(path.relative_to(DOCS)): path.read_text(encoding="utf-8") for path in paths}
    stale = [name for name, text in pages().items() if written.pop(name, "") != text]
    assert (stale, list(written)) == ([], []), "run `make docs`"


def test_the_man_page_names_every_variable_and_is_free_of_mistakes() -> None:
    page = man_page()
    used = {name for path in CODE.rglob("*.py") for name in VARIABLE.findall(path.read_text(encoding="utf-8"))}
    internal = {name for name in used if name.startswith("MMCOCKPIT_DEMO_")} | {"MMCOCKPIT_PORTS"}
    assert used - internal == {name for name in ENVIRONMENT if name.startswith("MMCOCKPIT_")}
    linters = [["mandoc", "-T", "lint", "-W", "warning"], ["groff", "-man", "-ww", "-z", "-T", "utf8"]]
    found = [words for words in linters if shutil.which(words[0])]
    need(found or None, "neither mandoc nor groff")
    for words in found:
        linted = subprocess.run(words, input=page, capture_output=True, text=True, timeout=30, check=False)
        assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", ""), words


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", str(DOCS), str(tmp_path)]
    built = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (built.returncode, built.stderr) == (0, "")
    assert (tmp_path / "reference" / "keys.html").is_file()
