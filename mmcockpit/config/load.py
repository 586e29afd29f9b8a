"""The public functions of config: load files that people write into values of the core, or check them for mistakes."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mmcockpit.config import library
from mmcockpit.config.appearance import read_keymap, read_layout, read_theme
from mmcockpit.config.catalog import Catalog
from mmcockpit.config.checklist import markdown
from mmcockpit.config.checklist.conditions import apply_conditions
from mmcockpit.config.checklist.files import assemble, check_names, read_folder
from mmcockpit.config.cockpit import Resolving
from mmcockpit.config.library import FileKind, NotFound
from mmcockpit.config.loaded import Appearance, Loaded
from mmcockpit.config.procedures import KnownNames, named
from mmcockpit.config.rollback_rules import KnownSignals, resolve_rollback_rules
from mmcockpit.config.signals import Asking
from mmcockpit.config.text.dependencies import depends_on
from mmcockpit.config.text.error import FileError, FileWarning, Mistakes, did_you_mean, throw
from mmcockpit.config.text.password import find_passwords
from mmcockpit.config.text.yaml import read, read_text, top_keys
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.layout import Layout, Theme

NONE: Mapping[str, str] = MappingProxyType({})
DEFAULT_THEME = "cockpit-dark"


def load_cockpit(
    path: Path, catalog: Catalog, *, vars: Mapping[str, str] = NONE, warnings: list[FileWarning] | None = None
) -> Loaded:
    """Return a cockpit file with everything that it names; `vars` replace those of the file.

    Raises FileError, which holds every mistake found; possible mistakes are added to `warnings`. Secrets stay
    references.
    """
    resolving = Resolving(path, catalog, vars, warnings)
    cockpit = resolving.cockpit()
    assert resolving.theme is not None
    others = [theme for theme in themes() if theme.name != resolving.theme.name]
    return Loaded(cockpit, (resolving.theme, *others), load_keymap(), resolving.texts)


def load_checklist(where: Path | str, beside: Path | None = None) -> Checklist:
    """Return the checklist of a file, a folder, or a shipped name; FileError if it has mistakes."""
    path = _found("checklist", where, beside)
    if path.suffix == ".md":
        return markdown.parse(read_text(path), str(path))
    errors: list[FileError] = Mistakes()
    folder = read_folder(path, errors)
    checklist, _ = assemble(folder, folder.vars, errors, [])
    throw(errors)
    return checklist


def load_layout(where: Path | str, beside: Path | None = None) -> Layout:
    """Return a layout by path or name; FileError if it has mistakes."""
    errors: list[FileError] = Mistakes()
    layout, _ = read_layout(_found("layout", where, beside), errors)
    throw(errors)
    assert layout is not None
    return layout


def load_theme(where: Path | str, beside: Path | None = None) -> Theme:
    """Return a theme by path or name; FileError if it has mistakes."""
    errors: list[FileError] = Mistakes()
    theme = read_theme(_found("theme", where, beside), errors)
    throw(errors)
    assert theme is not None
    return theme


def load_keymap(path: Path | None = None) -> dict[str, str]:
    """Return the keys of a keymap file; without a path, those of the user's own keymap.yaml, if it exists."""
    path = path or library.user_folder() / "keymap.yaml"
    depends_on(path)
    if not path.exists():
        return {}
    errors: list[FileError] = Mistakes()
    keymap = read_keymap(path, errors)
    throw(errors)
    return keymap


def themes(first: str = DEFAULT_THEME) -> tuple[Theme, ...]:
    """Return all themes: `first`, then the user's, then the shipped ones whose name is not taken."""
    folder = library.user_folder() / "themes"
    depends_on(folder)
    try:
        own = library.entries(folder, ".yaml")
    except NotFound as error:
        raise FileError(str(folder), 1, 1, str(error)) from error
    found: dict[str, Theme] = {}
    for path in [*own, *library.shipped("theme")]:
        theme = load_theme(path)
        found.setdefault(theme.name, theme)
    return tuple(sorted(found.values(), key=lambda theme: theme.name != first))


def load_appearance(theme: str) -> Appearance:
    """Return the themes, `theme` first, and the user's keymap."""
    return Appearance(themes(theme), load_keymap())


def shipped(shelf: FileKind) -> list[Path]:
    """Return the shipped files of a kind, sorted by name; a checklist is a folder."""
    return library.shipped(shelf)


def shipped_file(folder: str, name: str) -> Path:
    """Return a file that is shipped inside the package: `checklists`, `demo.yaml`."""
    return library.PACKAGE / folder / name


def check_file(path: Path, catalog: Catalog, warnings: list[FileWarning] | None = None) -> list[FileError]:
    """Return every mistake in a file of any kind, or in a checklist folder; opens no connection and polls nothing.

    Possible mistakes, which do not stop anything, are added to `warnings`.
    """
    errors: list[FileError] = Mistakes()
    doubts: list[FileWarning] = [] if warnings is None else warnings
    try:
        if path.is_dir():
            _check_checklist(path, catalog, errors, doubts)
        elif path.suffix == ".md":
            markdown.parse(read_text(path), str(path))
        else:
            _CHECKS[kind_of(path)](path, catalog, errors, doubts)
        throw(errors)
    except FileError as error:
        return list(error.errors)
    return []


def kind_of(path: Path) -> FileKind:
    """Return the kind of a file, determined by its keys; FileError if they do not identify one."""
    keys = top_keys(path)
    for kind, telling in _TELLING.items():
        if keys & telling:
            return kind
    # Report YAML errors before errors about keys.
    read(path)
    known = {key for telling in _TELLING.values() for key in telling}
    hint = next((did_you_mean(key, known) for key in sorted(keys)), "")
    message = f"no key here tells whether this is a cockpit, checklist, layout, theme or keymap file{hint}"
    raise FileError(str(path), 1, 1, message)


_TELLING: dict[FileKind, frozenset[str]] = {
    "layout": frozenset({"panels", "arrangements"}),
    "theme": frozenset({"background", "surface", "dark"}),
    "keymap": frozenset({"keys"}),
    "cockpit": frozenset({"environment", "sources", "checklist", "people", "t0", "poll", "window"}),
    "checklist": frozenset({"phases", "signals", "procedures", "messages", "contacts", "links", "vars", "abort"}),
}
"""Kind of file to the keys that only it has, checked in this order."""


def _found(shelf: FileKind, where: Path | str, beside: Path | None) -> Path:
    if isinstance(where, Path):
        return where
    try:
        return library.find(shelf, where, beside)
    except NotFound as error:
        raise FileError(where, 1, 1, str(error)) from error


def _check_cockpit(path: Path, catalog: Catalog, errors: list[FileError], warnings: list[FileWarning]) -> None:
    load_cockpit(path, catalog, warnings=warnings)


def _check_checklist(path: Path, catalog: Catalog, errors: list[FileError], warnings: list[FileWarning]) -> None:
    """Check a checklist on its own: customary source names determine the kinds, and every variable needs a default."""
    folder = read_folder(path, errors)
    for document in folder.documents:
        throw(find_passwords(document))
    checklist, assembly = assemble(folder, folder.vars, errors, warnings)
    apply_conditions(assembly, assembly.drafts, errors)
    asking = Asking({}, catalog, errors, warnings, complete=False)
    signals = [signal for draft in assembly.drafts.values() if (signal := asking.signal(draft))]
    if assembly.titled:
        check_names(assembly, {signal.name: signal.judged for signal in signals}, set(), errors, complete=False)
        known = KnownSignals({signal.name: signal for signal in signals}, frozenset(assembly.drafts))
        conduct = resolve_rollback_rules(assembly.said, checklist, known, errors)
        ruled = frozenset(abort.signal for abort in conduct.aborts)
        named(assembly.runbooks, KnownNames(known, ruled, assembly.messages), errors)


def _check_layout(path: Path, catalog: Catalog, errors: list[FileError], warnings: list[FileWarning]) -> None:
    read_layout(path, errors)


def _check_theme(path: Path, catalog: Catalog, errors: list[FileError], warnings: list[FileWarning]) -> None:
    read_theme(path, errors)


def _check_keymap(path: Path, catalog: Catalog, errors: list[FileError], warnings: list[FileWarning]) -> None:
    read_keymap(path, errors)


_CHECKS: dict[FileKind, Any] = {
    "cockpit": _check_cockpit,
    "checklist": _check_checklist,
    "layout": _check_layout,
    "theme": _check_theme,
    "keymap": _check_keymap,
}
