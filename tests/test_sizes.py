"""Files and functions are short, class names are unique, and tests share builders instead of importing each other."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILE_LINES = {"mmcockpit": 300, "tests": 500}
FUNCTION_LINES = 40
FOLDER_FILES = 25


@pytest.mark.parametrize("folder", FILE_LINES)
def test_no_file_is_longer_than_its_folder_allows(folder: str) -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / folder).rglob("*.py")}
    assert {str(path): lines for path, lines in sizes.items() if lines > FILE_LINES[folder]} == {}


def test_no_function_of_the_product_is_longer_than_40_lines() -> None:
    assert list(_long_functions()) == []


@pytest.mark.parametrize("folder", FILE_LINES)
def test_no_folder_has_more_than_25_files(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    folders = Counter(str(path.parent.relative_to(ROOT)) for path in files)
    assert {folder: count for folder, count in folders.items() if count > FOLDER_FILES} == {}


def _long_functions() -> Iterator[str]:
    for path in (ROOT / "mmcockpit").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines}"


def test_no_test_imports_from_another_test_module() -> None:
    assert [f"{path.name}: {name}" for path in (ROOT / "tests").rglob("*.py") for name in _test_modules(path)] == []


def _test_modules(path: Path) -> Iterator[str]:
    """Yield the test modules that a file imports from."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and re.match(r"tests\..*\btest_", node.module or ""):
            yield str(node.module)


def test_public_class_names_of_the_product_are_unique() -> None:
    names = Counter(
        node.name
        for path in (ROOT / "mmcockpit").rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in names.items() if count > 1] == []
