"""JSON Schema: it knows every key that the shipped files use, and documents its own."""

import json
import re
from typing import Any

import pytest
import yaml

from mmcockpit import sources
from mmcockpit.config.library import PACKAGE
from mmcockpit.config.load import shipped
from mmcockpit.config.schema import KINDS, schema
from mmcockpit.config.starter_files import starter

Schema = dict[str, Any]


def accepts(part: Any, value: Any, root: Schema) -> bool:
    """Whether a schema's shape accepts a value: keys, kinds of values and choices, not lengths."""
    if "$ref" in part:
        return accepts(root["$defs"][part["$ref"].removeprefix("#/$defs/")], value, root)
    if "anyOf" in part:
        return any(accepts(each, value, root) for each in part["anyOf"])
    if "const" in part or "enum" in part:
        return value in part.get("enum", [part.get("const")])
    kinds = {
        "string": str,
        "integer": int,
        "number": int | float,
        "boolean": bool,
        "array": list,
        "object": dict,
        "null": type(None),
    }
    if "type" in part and not isinstance(value, kinds[part["type"]]):
        return False
    if isinstance(value, str) and "pattern" in part:
        return re.search(part["pattern"], value) is not None
    if isinstance(value, list):
        return all(accepts(part.get("items", {}), each, root) for each in value)
    if isinstance(value, dict) and part.get("type") == "object":
        named = set(part.get("required", [])) <= set(value)
        return named and all(_key(part, key, each, root) for key, each in value.items())
    return True


def _key(part: Schema, key: str, value: Any, root: Schema) -> bool:
    if key in part.get("properties", {}):
        return accepts(part["properties"][key], value, root)
    for pattern, each in part.get("patternProperties", {}).items():
        if re.search(pattern, key):
            return accepts(each, value, root)
    rest = part.get("additionalProperties", True)
    return accepts(rest, value, root) if isinstance(rest, dict) else bool(rest)


OWN = {"keymap": [r"keys: {tick: [space, x], go!: ctrl+g}"], "attention": ["attention: {bell: false, title: true}"]}
"""Files that only users have."""


def documents(kind: str) -> list[tuple[str, Any]]:
    """The shipped files of a kind and the starter's, read by PyYAML alone: none has a word that 1.1 reads otherwise."""
    paths = {
        "cockpit": [PACKAGE / "checklists" / "demo.yaml"],
        "checklist": sorted((PACKAGE / "checklists" / "modelmuxer").glob("*.yaml")),
        "pack": shipped("pack"),
        "layout": shipped("layout"),
        "theme": shipped("theme"),
    }.get(kind, [])
    texts = {path.name: path.read_text(encoding="utf-8") for path in paths}
    texts |= {f"example {kind}": text for text in OWN.get(kind, ())}
    texts |= {f"starter {name}": text for name, text in starter().items() if name == f"{kind}.yaml"}
    return [(name, yaml.safe_load(text)) for name, text in texts.items()]


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_accepts_every_shipped_file(kind: str) -> None:
    root = schema(kind, sources)
    for name, value in documents(kind):
        assert accepts(root, value, root), name
        assert not accepts(root, {**value, "unknown-key": 1}, root), name


def test_the_schema_refuses_what_the_loader_refuses() -> None:
    root = schema("cockpit", sources)
    good = {"name": "n", "environment": "e", "signals": {"s": {"p.query": "x", "every": "5s"}}}
    assert accepts(root, good, root)
    for bad in (
        {"p.qery": "x"},
        {"p.query": {"qery": "x"}},
        {"p.query": "x", "every": 5},
        {"p.query": "x", "empty": "maybe"},
        "on",
    ):
        assert not accepts(root, {**good, "signals": {"s": bad}}, root), bad
    source = {"kind": "redis", "url": {"env": "REDIS_URL"}}
    assert accepts(root, {**good, "sources": {"c": source}}, root)
    assert not accepts(root, {**good, "sources": {"c": {**source, "kind": "prometheus", "cluster": True}}}, root)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_documented(kind: str) -> None:
    root = json.loads(json.dumps(schema(kind, sources)))
    definitions = {"": root, **root["$defs"]}
    bare = [
        f"{name}.{key}"
        for name, part in definitions.items()
        for key, field in part.get("properties", {}).items()
        if "." not in name and not field.get("description")
    ]
    assert bare == []
