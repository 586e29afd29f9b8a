"""The generated files of docs/: reference pages, JSON Schemas, the man page.

`python -m tests.docs.reference` writes them.
"""

import argparse
import inspect
import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from mmcockpit import sources
from mmcockpit.cli.commands import COMMANDS as PROGRAM
from mmcockpit.cli.commands import command_module
from mmcockpit.config.schema import KINDS, schema
from mmcockpit.sources.common.values import ByArguments, Value, shape_of, unwrapped
from mmcockpit.ui.actions.keymap import ACTIONS
from mmcockpit.ui.render.key_names import shown
from tests.docs.man_page import man_page
from tests.docs.packs import pack_page
from tests.docs.tables import NOTE, table

DOCS = Path(__file__).parents[2] / "docs"
GENERATED = ("reference/*.md", "schemas/*.json", "man/*")
"""The generated files of docs/."""
ABOUT = {
    "cockpit": "The cockpit file names what goes live, the systems to poll, and the checklist.",
    "checklist": "A checklist file holds phases, sections and items, with the signals that decide them.",
    "pack": "A pack holds signals, items and procedures that several go-lives share; `use:` adds it to a file.",
    "layout": "A layout file places the panels, for each size of terminal.",
    "theme": "A theme file holds the colours of the screen.",
    "keymap": "The keymap file binds keys to actions: keymap.yaml in your own folder (`~/.config/mmcockpit`).",
    "attention": "The attention file switches bell, notifications and window title: attention.yaml in your own folder.",
}


def pages() -> dict[str, str]:
    """Return the text of every generated file by its path in docs/."""
    files = {f"reference/{kind}-file.md": "\n".join(_file_page(kind)) for kind in KINDS}
    schemas = {f"schemas/{kind}.schema.json": json.dumps(schema(kind, sources), indent=1) + "\n" for kind in KINDS}
    others = {
        "packs.md": pack_page(),
        "probes.md": _probe_page(),
        "keys.md": _key_page(),
        "command-line.md": _program_page(),
    }
    named = {f"reference/{name}": "\n".join(lines) for name, lines in others.items()}
    return {**files, **schemas, **named, "man/mmcockpit.1": man_page()}


def main() -> None:
    """Write every file."""
    for name, text in pages().items():
        (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / name).write_text(text, encoding="utf-8")


def _file_page(kind: str) -> Iterator[str]:
    described = schema(kind, sources)
    yield from (NOTE, f"# {kind.capitalize()} file", "", ABOUT[kind], "")
    where = f"[JSON Schema](../schemas/{kind}.schema.json)"
    yield f"`mmcockpit schema {kind}` prints the {where} for editors; `mmcockpit check FILE` validates a file."
    yield ""
    yield from _fields(described)
    for name, part in sorted(described["$defs"].items()):
        if "." not in name and part.get("properties"):
            yield from (f"## {name}", "")
            if text := part.get("description"):
                yield from (_text(text), "")
            yield from _fields(part)


def _probe_page() -> Iterator[str]:
    yield from (NOTE, "# Sources and probes", "")
    yield "A signal polls one probe of one source: `SOURCE.PROBE: {arguments}`."
    yield "Options belong to the source in the cockpit file, arguments to the signal."
    yield ""
    for name in sources.SHIPPED:
        kind = sources.kind(name)
        yield from (f"## {name}", "", _text(_doc(import_module(sources.SHIPPED[name]))), "")
        options = kind.options.model_json_schema()
        yield from ("Options:", "", *_fields(options)) if options.get("properties") else ("No options.", "")
        for probe, about in kind.probes.items():
            yield from (f"### {name}.{probe}", "")
            yield from (_text(_doc(about.args)), "")
            if inspect.isclass(about.make):
                yield from (_text(_doc(about.make)), "")
            arguments = about.args.model_json_schema()
            yield from _fields(arguments) if arguments.get("properties") else ("No arguments.", "")
            yield from _value(about.value)


def _value(declared: Any) -> Iterator[str]:
    """Describe what a probe returns, from its declaration: each value that it may be, with its fields."""
    values = declared.values if isinstance(declared, ByArguments) else (declared,)
    for value in values:
        yield from (f"Returns {_kind(value)}.", "")
    pending, described = list(values), list[type[Value]]()
    while pending:
        for part in _declared(pending.pop(0)):
            if part not in described:
                described.append(part)
                pending += get_type_hints(part, include_extras=True).values()
                yield from _value_fields(part)


def _value_fields(part: type[Value]) -> Iterator[str]:
    hints = get_type_hints(part, include_extras=True)
    known = {column.key: column for column in shape_of(part).columns}
    rows = []
    for field in msgspec.structs.fields(part):
        types, column = unwrapped(hints[field.name])[0], known[field.encode_name]
        optional = "" if field.required else ", may be missing"
        rows.append(
            (
                f"`{field.encode_name}`",
                column.label,
                column.measured_in,
                " or ".join(map(_kind, types)) + optional,
                _text(_about(hints[field.name])),
            )
        )
    yield from (f"{_kind(part)[0].upper()}{_kind(part)[1:]}: {_text(_doc(part))}", "")
    yield from table(("Field", "Title", "Unit", "Type", "Meaning"), rows) if rows else ()


def _declared(hint: Any) -> list[type[Value]]:
    """Return the declarations inside a type."""
    if isinstance(hint, type) and issubclass(hint, Value):
        return [hint]
    return [part for inner in get_args(hint) for part in _declared(inner)]


def _about(hint: Any) -> str:
    notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((note.description or "" for note in notes if isinstance(note, msgspec.Meta)), "")


def _kind(hint: Any) -> str:
    """Return the text of a type: `number`, `list of pods`."""
    hint = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    names = {str: "text", int: "whole number", float: "number", bool: "yes or no", Any: "any JSON value"}
    if hint in names:
        return names[hint]
    parts = get_args(hint)
    match get_origin(hint):
        case origin if origin is list:
            return f"list of {_kind(parts[0])}"
        case origin if origin is dict:
            return f"mapping of text to {_kind(parts[1])}"
        case origin if origin is tuple:
            return f"[{', '.join(map(_kind, parts))}]"
        case origin if origin in (Union, UnionType):
            return " or ".join(_kind(part) for part in parts if part is not msgspec.UnsetType)
    return "_".join(re.findall("[A-Z][a-z]+", hint.__name__.removesuffix("Value"))).lower().replace("_", " ")


def _key_page() -> Iterator[str]:
    yield from (NOTE, "# Keys and commands", "")
    yield "A keymap file binds keys to actions, also to those without one. The command line (`:`) finds each command by"
    yield "its name, by the words of its sentence, and by the words under *also found as*; Tab completes arguments."
    yield ""
    for group in dict.fromkeys(action.group for action in ACTIONS):
        rows = [
            (
                " ".join(f"`{shown(key)}`" for key in action.keys) or "–",
                f"`:{action.usage}`",
                action.title,
                ", ".join(action.synonyms),
                f"`{action.id}`",
            )
            for action in ACTIONS
            if action.group == group
        ]
        yield from (f"## {group}", "", *table(("Keys", "Command", "What it does", "Also found as", "Action"), rows))


def _program_page() -> Iterator[str]:
    yield from (NOTE, "# Command line", "")
    yield from table(("Command", "What it does"), [(f"`mmcockpit {name}`", one.does) for name, one in PROGRAM.items()])
    for name, summary in PROGRAM.items():
        parser = argparse.ArgumentParser(prog=f"mmcockpit {name}", add_help=False)
        command_module(name).arguments(parser)
        yield from (f"## mmcockpit {name}", "", f"{summary.does[0].upper()}{summary.does[1:]}.", "")
        yield from ("```sh", summary.example, "```", "")
        yield from _arguments(parser)


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield a table of the arguments; the actions of a command that has some follow, each with its own."""
    groups = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    shown = [one for one in parser._actions if one not in groups and not isinstance(one, argparse._HelpAction)]
    rows = [(f"`{_option(one)}`", _text(one.help or "")) for one in shown]
    yield from table(("Argument", "Meaning"), rows) if rows else ()
    for group in groups:
        for name, action in group.choices.items():
            yield from (f"### {parser.prog} … {name}", "", f"{_text(action.description).capitalize()}.", "")
            yield from _arguments(action)


def _option(action: argparse.Action) -> str:
    value = action.metavar or (action.dest.upper() if action.nargs != 0 else "")
    words = ", ".join(action.option_strings)
    return f"{words} {value}".strip() if words else str(action.metavar or action.dest.upper())


def _fields(part: dict[str, Any]) -> Iterator[str]:
    required = set(part.get("required", ()))
    rows = [
        (
            f"`{name}`",
            _type(field),
            "required" if name in required else _default(field),
            _text(field.get("description", "")),
        )
        for name, field in part.get("properties", {}).items()
    ]
    yield from table(("Key", "Type", "Default", "Meaning"), rows) if rows else ()


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[1].rsplit(".", 1)[-1]
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{one}`" for one in field["enum"])
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(filter(None, map(_type, field["anyOf"]))))
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {})) or 'values'}"
    return {"null": "", "object": "mapping"}.get(str(field.get("type", "any")), str(field.get("type", "any")))


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    return "" if value in (None, "", [], {}) else f"`{value}`"


def _text(text: str) -> str:
    return " ".join(text.replace("%%", "%").split())


def _doc(described: Any) -> str:
    return inspect.cleandoc(described.__doc__ or "")


if __name__ == "__main__":
    main()
