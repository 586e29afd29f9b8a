"""JSON Schema of the files that people write, for completion and checks in editors."""

import ast
import inspect
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from mmcockpit.config.catalog import Catalog
from mmcockpit.config.definitions import SHORT_KEYS
from mmcockpit.config.library import FileKind
from mmcockpit.config.messages import CHANNELS, RESERVED
from mmcockpit.config.models import (
    checklist,
    cockpit,
    fields,
    layout,
    messages,
    pack,
    procedure,
    rollback_rules,
    signal,
    theme,
    use,
)
from mmcockpit.config.models.fields import FileModel
from mmcockpit.core.model.messages.channels import WEBHOOK
from mmcockpit.core.model.signal import BUILT_IN

KINDS: tuple[FileKind, ...] = ("cockpit", "checklist", "pack", "layout", "theme", "keymap", "attention")
_MODELS: dict[str, type[FileModel]] = {
    "cockpit": cockpit.CockpitFile,
    "checklist": checklist.ChecklistFile,
    "pack": pack.PackFile,
    "layout": layout.LayoutFile,
    "theme": theme.ThemeFile,
    "keymap": theme.KeymapFile,
    "attention": theme.AttentionFile,
}
_NAME = "[A-Za-z][A-Za-z0-9_-]*"
_SIGNAL = {"$ref": "#/$defs/Signal"}
_REFERENCE = {"type": "string", "pattern": r"\$\{", "description": "a variable, `${name}`"}
Schema = dict[str, Any]


def schema(kind: str, catalog: Catalog) -> Schema:
    """Return the JSON Schema of a kind of file, with the options and arguments of every source kind in the catalog."""
    root = _documented(_MODELS[kind].model_json_schema())
    if kind in ("cockpit", "checklist", "pack"):
        _add_signals(root, catalog)
    if kind in ("cockpit", "checklist"):
        _add_messages(root, kind == "cockpit")
    if kind == "checklist":
        item = root["$defs"]["ItemEntry"]["properties"]["signal"]
        item["anyOf"] = [{"type": "string", "pattern": f"^{_NAME}$"}, _SIGNAL]
        _named(root, "signals", _SIGNAL)
    if kind == "pack":
        _accept_variables(root)
        _named(root, "signals", _SIGNAL)
    if kind == "cockpit":
        change = {"$ref": "#/$defs/SignalChange"}
        _named(root, "signals", {"anyOf": [change, {"enum": ["off", False]}]})
        _add_sources(root, catalog)
    root["title"] = f"mmcockpit {kind} file"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **root}


def _named(root: Schema, field: str, entry: Schema) -> None:
    """Set the schema of the values of a mapping by name."""
    root["properties"][field].update({"patternProperties": {f"^{_NAME}$": entry}, "additionalProperties": False})


def _add_signals(root: Schema, catalog: Catalog) -> None:
    """Define Signal (with exactly one probe) and SignalChange (may use the probe of the signal that it changes)."""
    entry = _documented(signal.SignalEntry.model_json_schema())
    root["$defs"].update(entry.pop("$defs", {}))
    queries: dict[str, list[Schema]] = {}
    for kind in catalog.kinds():
        for name, probe in catalog.kind(kind).probes.items():
            arguments = _own(root, kind, probe.args)
            pattern = rf"^{_NAME}\.{name}$"
            queries.setdefault(pattern, []).extend(_accepted(root, arguments, probe.args))
    entry["properties"] |= {key: _short(root, key, catalog) for key in SHORT_KEYS}
    entry["patternProperties"] = {pattern: {"anyOf": accepted} for pattern, accepted in queries.items()}
    root["$defs"]["SignalChange"] = entry
    root["$defs"]["Signal"] = {**entry, "title": "Signal", "minProperties": 1}


def _short(root: Schema, key: str, catalog: Catalog) -> Schema:
    """Return the schema of a short key: the arguments of its probe, and `source`."""
    kind = SHORT_KEYS[key]
    arguments = _own(root, kind, catalog.kind(kind).probes[key].args)
    definition = root["$defs"][arguments["$ref"].rsplit("/", 1)[1]]
    about = f"The {kind} source, if there are several."
    properties = {**definition["properties"], "source": {"type": "string", "title": "Source", "description": about}}
    name = f"{kind}.{key}"
    root["$defs"][name] = {**definition, "properties": properties}
    return {
        "$ref": f"#/$defs/{name}",
        "description": f"`SOURCE.{key}` of the {kind} source. {definition['description']}",
    }


def _add_messages(root: Schema, sends: bool) -> None:
    models: dict[str, type[FileModel]] = {
        "Message": procedure.MessageEntry,
        "Webhook": procedure.WebhookSecret,
        "Channel": messages.ChannelEntry,
    }
    for name, model in models.items():
        if sends or name == "Message":
            definition = _documented(model.model_json_schema())
            root["$defs"] |= {**definition.pop("$defs", {}), name: definition}
    _named(root, "messages", {"$ref": "#/$defs/Message"})
    if sends:
        channels: Schema = {"type": "object", "patternProperties": {f"^{_NAME}$": {"$ref": "#/$defs/Channel"}}}
        channels |= {"additionalProperties": False, "maxProperties": messages.MOST_CHANNELS}
        root["properties"]["messages"]["properties"] = {WEBHOOK: {"$ref": "#/$defs/Webhook"}, CHANNELS: channels}
        others = f"^(?!(?:{'|'.join(RESERVED)})$){_NAME}$"
        root["properties"]["messages"]["patternProperties"] = {others: {"$ref": "#/$defs/Message"}}


def _accepted(root: Schema, arguments: Schema, model: Any) -> list[Schema]:
    """Return what SOURCE.PROBE accepts: the arguments, the shorthand value, or null if no argument is required."""
    definition = root["$defs"][arguments["$ref"].rsplit("/", 1)[1]]
    accepted = [arguments]
    if getattr(model, "shorthand", ""):
        accepted.append(definition["properties"][model.shorthand])
    if not definition.get("required"):
        accepted.append({"type": "null"})
    return accepted


def _add_sources(root: Schema, catalog: Catalog) -> None:
    common = root["$defs"].pop("SourceEntry")
    kinds = []
    for kind in (kind for kind in catalog.kinds() if kind not in BUILT_IN):
        options = root["$defs"][_own(root, kind, catalog.kind(kind).options)["$ref"].rsplit("/", 1)[1]]
        options["properties"] = {**common["properties"], "kind": {"const": kind}, **options.get("properties", {})}
        options["required"] = ["kind", *options.get("required", [])]
        kinds.append({"$ref": f"#/$defs/{kind}.{catalog.kind(kind).options.__name__}"})
    _named(root, "sources", {"anyOf": kinds})


def _own(root: Schema, kind: str, model: type[BaseModel]) -> Schema:
    """Define a source kind's model under its own name, and return a reference to it."""
    definitions = _or_variable(model.model_json_schema(ref_template=f"#/$defs/{kind}.{{model}}"))
    for name, definition in definitions.pop("$defs", {}).items():
        root["$defs"][f"{kind}.{name}"] = definition
    root["$defs"][f"{kind}.{model.__name__}"] = definitions
    return {"$ref": f"#/$defs/{kind}.{model.__name__}"}


def _or_variable(part: Any) -> Any:
    """Also accept a variable where a number, a boolean, an enum or a text with a pattern is expected."""
    if isinstance(part, list):
        return [_or_variable(each) for each in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") in ("integer", "number", "boolean") or part.keys() & {"pattern", "enum"}:
        notes = {key: part[key] for key in ("title", "description", "default") if key in part}
        bare = {key: value for key, value in part.items() if key not in notes}
        return {**notes, "anyOf": [bare, _REFERENCE]}
    return {key: _or_variable(value) for key, value in part.items()}


def _accept_variables(root: Schema) -> None:
    """Accept a variable for the values of a pack, which replaces them before its values are checked."""
    for definition in [root, *(each for name, each in root["$defs"].items() if "." not in name)]:
        fields = definition.get("properties", {})
        definition["properties"] = {name: _or_variable(field) for name, field in fields.items()}


def _documented(root: Schema) -> Schema:
    """Add the docstrings of the fields as descriptions."""
    docs = _docs()
    root.setdefault("$defs", {})
    for definition in [root, *root["$defs"].values()]:
        for name, field in definition.get("properties", {}).items():
            text = docs.get((definition.get("title", ""), name))
            if text:
                field["description"] = text
            if field.get("type") == "string" and isinstance(field.get("default"), float):
                field["default"] = f"{field['default']:g}s"
    return root


def _docs() -> dict[tuple[str, str], str]:
    """Map (model, key) to the docstring below the field, read from the source code of the models."""
    docs: dict[tuple[str, str], str] = {}
    for module in (fields, checklist, cockpit, rollback_rules, layout, messages, pack, procedure, signal, theme, use):
        for node in ast.parse(inspect.getsource(module)).body:
            if not isinstance(node, ast.ClassDef):
                continue
            model = getattr(module, node.name)
            for base in model.__mro__[1:]:
                inherited = [(name, text) for (owner, name), text in docs.items() if owner == base.__name__]
                docs.update({(model.__name__, name): text for name, text in inherited})
            for name, text in _below(node.body):
                if name in model.model_fields:
                    key = model.model_fields[name].alias or name
                    docs[model.__name__, key] = inspect.cleandoc(text).replace("\n", " ")
    return docs


def _below(body: Iterable[ast.stmt]) -> Iterable[tuple[str, str]]:
    """Yield annotated names, each with the text directly below it."""
    name = ""
    for statement in body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and name:
            yield name, str(statement.value.value)
            name = ""
