"""The public functions of config: load files that people write into values of the core, or check them for mistakes."""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from mmcockpit.config import library
from mmcockpit.config.catalog import Catalog, KeymapMistakes, any_keymap
from mmcockpit.config.library import FileKind, UnknownFile
from mmcockpit.config.loader import Loader, Part, if_valid
from mmcockpit.config.results import Appearance, Loaded
from mmcockpit.config.text.dependencies import depends_on
from mmcockpit.config.text.error import MOST_MISTAKES, FileError, FileWarning, nearest
from mmcockpit.config.text.yaml import read, read_text, top_keys
from mmcockpit.core.model.layout import AttentionSettings, Layout, Theme
from mmcockpit.core.model.signal import Signal

if TYPE_CHECKING:
    from mmcockpit.config.markdown.result import Imported

NONE: Mapping[str, str] = MappingProxyType({})
DEFAULT_THEME = "cockpit-dark"


def load_cockpit(
    path: Path,
    catalog: Catalog,
    *,
    vars: Mapping[str, str] = NONE,
    warnings: list[FileWarning] | None = None,
    keymap_mistakes: KeymapMistakes = any_keymap,
) -> Loaded:
    """Return a cockpit file with everything that it names; `vars` replace those of the file.

    Raises FileError, which holds every mistake found; possible mistakes are added to `warnings`. Secrets stay
    references.
    """
    # Imported here, as below: each kind of file needs only its own part of this package.
    from mmcockpit.config.cockpit import CockpitResolver

    loader = Loader(catalog, vars)
    resolver = CockpitResolver(loader, path)
    try:
        cockpit = resolver.cockpit()
    finally:
        if warnings is not None:
            warnings += loader.warnings
    assert resolver.theme is not None
    found = load_appearance(DEFAULT_THEME, keymap_mistakes)
    others = [theme for theme in found.themes if theme.name != resolver.theme.name]
    appearance = msgspec.structs.replace(found, themes=(resolver.theme, *others))
    return Loaded(cockpit, appearance, loader.texts)


def read_markdown_file(path: Path, *, plain_lists: bool = False, level: str = "") -> "Imported":
    """Return the checklist of a Markdown file with notes on its lines; FileError if nothing can be taken."""
    from mmcockpit.config.markdown.reader import read_markdown

    with _uncollected():
        return read_markdown(read_text(path), str(path), plain_lists=plain_lists, level=level)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let no collection look through what is made of a file: little of it is garbage, and a file is at most 1 MB."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def load_layout(where: Path | str) -> Layout:
    """Return a layout by path or name; FileError if it has mistakes."""
    return _read_layout(_path_of("layout", where))[0]


def _read_layout(path: Path) -> tuple[Layout, Part]:
    """Return the layout of a file, and the file as it was read; FileError if it has mistakes."""
    from mmcockpit.config.appearance import read_layout

    loader = Loader()
    part = loader.open(path)
    layout = read_layout(part)
    loader.throw()
    assert layout is not None
    return layout, part


def layouts(signals: Sequence[Signal]) -> tuple[Layout, ...]:
    """Return the user's layouts and the shipped ones, with the panels that these signals fill; unreadable ones not."""
    from mmcockpit.config.panel_signals import with_signals

    found: dict[str, Layout] = {}
    for path in [*library.entries(library.user_folder() / "layouts", ".yaml"), *library.shipped("layout")]:
        with suppress(FileError, UnknownFile):
            layout, part = _read_layout(path)
            found.setdefault(layout.name, with_signals(layout, signals, (), part, own=False))
    return tuple(found.values())


def load_theme(where: Path | str) -> Theme:
    """Return a theme by path or name; FileError if it has mistakes."""
    from mmcockpit.config.appearance import read_theme

    loader = Loader()
    theme = read_theme(loader.open(_path_of("theme", where)))
    loader.throw()
    assert theme is not None
    return theme


def load_keymap(path: Path | None = None, mistakes: KeymapMistakes = any_keymap) -> dict[str, str]:
    """Return the keys of a keymap file; without a path, those of the user's own keymap.yaml, if it exists."""
    path = path or library.user_folder() / "keymap.yaml"
    depends_on(path)
    if not path.exists():
        return {}
    from mmcockpit.config.appearance import read_keymap

    loader = Loader(keymap_mistakes=mistakes)
    keymap = read_keymap(loader.open(path))
    loader.throw()
    return keymap


def load_attention(path: Path | None = None) -> AttentionSettings:
    """Return the settings of an attention file; without a path, those of the user's own one, if it exists."""
    path = path or library.user_folder() / "attention.yaml"
    depends_on(path)
    if not path.exists():
        return AttentionSettings()
    from mmcockpit.config.appearance import read_attention

    loader = Loader()
    settings = read_attention(loader.open(path))
    loader.throw()
    return settings


def themes(first: str = DEFAULT_THEME, problems: list[str] | None = None) -> tuple[Theme, ...]:
    """Return all themes: `first`, then the user's, then the shipped ones whose name is not taken.

    A file with mistakes is left out and added to `problems`; without a list it is a FileError.
    """
    folder = library.user_folder() / "themes"
    depends_on(folder)
    try:
        own = library.entries(folder, ".yaml")
    except UnknownFile as error:
        raise FileError(str(folder), 1, 1, str(error)) from error
    by_name: dict[str, Theme] = {}
    for path in [*own, *library.shipped("theme")]:
        theme = if_valid(partial(load_theme, path), None, problems)
        if theme is not None:
            by_name.setdefault(theme.name, theme)
    return tuple(sorted(by_name.values(), key=lambda theme: theme.name != first))


def load_appearance(theme: str, keymap_mistakes: KeymapMistakes = any_keymap) -> Appearance:
    """Return the themes, `theme` first, the user's keymap, and what gets the user's attention.

    A file of the user's with mistakes is not used: it must not keep anyone from a session. `problems` has it.
    """
    problems = list[str]()
    keymap = if_valid(partial(load_keymap, mistakes=keymap_mistakes), dict[str, str](), problems)
    attention = if_valid(load_attention, AttentionSettings(), problems)
    return Appearance(themes(theme, problems), keymap, attention, tuple(problems))


def shipped(kind: FileKind) -> list[Path]:
    """Return the shipped files of a kind, sorted by name; a checklist is a folder."""
    return library.shipped(kind)


def shipped_file(folder: str, name: str) -> Path:
    """Return a file that is shipped inside the package: `checklists`, `demo.yaml`."""
    return library.PACKAGE / folder / name


def check_file(
    path: Path,
    catalog: Catalog,
    warnings: list[FileWarning] | None = None,
    keymap_mistakes: KeymapMistakes = any_keymap,
    vars: Mapping[str, str] = NONE,
) -> list[FileError]:
    """Return every mistake in a file of any kind, or in a checklist folder; opens no connection and polls nothing.

    Possible mistakes, which do not stop anything, are added to `warnings`. `vars` are those of a checklist's cockpit.
    """
    loader = Loader(catalog, vars, keymap_mistakes)
    try:
        if path.is_dir():
            _check_checklist(loader, path)
        elif path.suffix == ".md":
            _check_markdown(loader, path)
        else:
            _CHECKS[kind_of(path)](loader, path)
        loader.throw()
    except FileError as error:
        return list(error.errors)
    finally:
        if warnings is not None:
            warnings += loader.warnings
    return []


def kind_of(path: Path) -> FileKind:
    """Return the kind of a file, determined by its keys; FileError if they do not identify one."""
    keys = top_keys(path)
    for kind, own in _OWN_KEYS.items():
        if keys & own:
            return kind
    # Report YAML errors before errors about keys.
    read(path)
    known = {key for own in _OWN_KEYS.values() for key in own}
    near = next((f"; did you mean '{name}'?" for key in sorted(keys) if (name := nearest(key, known))), "")
    message = (
        f"unknown kind of file: no key of a cockpit, checklist, pack, layout, theme, keymap or attention file{near}"
    )
    raise FileError(str(path), 1, 1, message)


_OWN_KEYS: dict[FileKind, frozenset[str]] = {
    "pack": frozenset({"needs", "about", "items"}),
    "layout": frozenset({"panels", "arrangements"}),
    "theme": frozenset({"background", "surface", "dark"}),
    "keymap": frozenset({"keys"}),
    "attention": frozenset({"attention"}),
    "cockpit": frozenset({"environment", "sources", "checklist", "people", "t0", "poll", "window"}),
    "checklist": frozenset(
        {"phases", "signals", "procedures", "messages", "contacts", "links", "vars", "abort", "use"}
    ),
}
"""Kind of file to the keys that only it has, checked in this order."""


def _path_of(kind: FileKind, where: Path | str) -> Path:
    if isinstance(where, Path):
        return where
    try:
        return library.find(kind, where)
    except UnknownFile as error:
        raise FileError(where, 1, 1, str(error)) from error


def _check_cockpit(loader: Loader, path: Path) -> None:
    from mmcockpit.config.cockpit import CockpitResolver

    CockpitResolver(loader, path).cockpit()


def _check_checklist(loader: Loader, path: Path) -> None:
    from mmcockpit.config.packs.file_checks import check_checklist

    check_checklist(loader, path)


def _check_pack(loader: Loader, path: Path) -> None:
    from mmcockpit.config.packs.file_checks import check_pack

    check_pack(loader, path)


def _check_markdown(loader: Loader, path: Path) -> None:
    """Report the mistakes of a Markdown checklist, and the lines that are not in the checklist as possible ones."""
    lost = sorted(read_markdown_file(path).lost, key=lambda note: not note.mistake)
    for note in lost[:MOST_MISTAKES]:
        error = FileError(str(path), note.line, 1, note.message)
        if note.mistake:
            loader.errors.append(error)
        else:
            loader.warnings.append(FileWarning(error))


def _check_appearance(loader: Loader, path: Path, kind: FileKind) -> None:
    from mmcockpit.config.appearance import READERS

    READERS[kind](loader.open(path))


_CHECKS: dict[FileKind, Callable[[Loader, Path], object]] = {
    "cockpit": _check_cockpit,
    "checklist": _check_checklist,
    "pack": _check_pack,
    "layout": partial(_check_appearance, kind="layout"),
    "theme": partial(_check_appearance, kind="theme"),
    "keymap": partial(_check_appearance, kind="keymap"),
    "attention": partial(_check_appearance, kind="attention"),
}
