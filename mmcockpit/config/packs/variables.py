"""The variables of a pack: their values come from the `use:` entry, from the variables of the files, or a default."""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from mmcockpit.config.loader import Part
from mmcockpit.config.models.pack import VariableEntry
from mmcockpit.config.models.use import UseEntry
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.config.text.variables import expand_text
from mmcockpit.core.text import plain
from mmcockpit.core.words.durations import is_duration


class Values(NamedTuple):
    """The values of a pack's variables, the place where each was set, and whether they are complete and valid."""

    by_name: dict[str, str]
    parts: dict[str, Part]
    valid: bool


def declared_variables(pack: Part) -> dict[str, VariableEntry] | None:
    """Return the variables that a pack declares; None if it has mistakes in them, which are reported."""
    value = pack.document.value
    written = value.get("vars") if isinstance(value, dict) else None
    if not isinstance(written, Mapping):
        return {}
    declared = {
        name: pack.at("vars", name).validate(VariableEntry, _spelled(pack, name, each))
        for name, each in written.items()
    }
    valid = {name: entry for name, entry in declared.items() if entry is not None}
    return valid if len(valid) == len(declared) else None


def _spelled(pack: Part, name: str, entry: object) -> object:
    """Return a variable's entry with the default and example as written: 2.10 stays 2.10."""
    if not isinstance(entry, Mapping):
        return entry
    texts = {key: pack.document.written.get(("vars", name, key), value) for key, value in entry.items()}
    return {**entry, **{key: texts[key] for key in ("default", "example") if key in texts}}


def used_values(label: str, pack: Part, declared: Mapping[str, VariableEntry], use: UseEntry, part: Part) -> Values:
    """Return the values of a pack's variables for one `use:` entry (`part`); what is missing or wrong is reported."""
    values, parts, valid = dict[str, str](), dict[str, Part](), True
    for name in use.vars.keys() - declared.keys():
        message = f"unknown variable '{name}' of {label}{did_you_mean(name, declared) or '; it has no variables'}"
        part.at("vars", name).error(message, key=True)
        valid = False
    for name, entry in declared.items():
        if name in use.vars:
            parts[name] = part.at("vars", name)
            values[name] = part.document.written.get(parts[name].place, use.vars[name])
        elif name in part.loader.variables:
            parts[name] = part
            values[name] = part.loader.variables[name]
        elif entry.default is not None:
            values[name] = _filled(entry.default, values)
            continue
        else:
            line = pack.document.at(("vars", name)).line
            where = f"{Path(pack.document.file).name}:{line}"
            way_out = f"write {{pack: {use.pack}, vars: {{{name}: ...}}}}, or {name} under vars: of the file"
            part.error(f"missing variable '{name}' of {label}: {plain(entry.about, 200)} ({where}); {way_out}")
            valid = False
            continue
        if not _TESTS[entry.type](values[name]):
            given = plain(values[name], 60)
            parts[name].error(f"variable '{name}' of {label} must be {_WORDS[entry.type]}, not '{given}'")
            valid = False
    return Values(values, parts, valid)


def example_values(pack: Part, declared: Mapping[str, VariableEntry]) -> dict[str, str]:
    """Return values with which a pack is checked on its own: defaults, examples or placeholders."""
    values: dict[str, str] = {}
    for name, entry in declared.items():
        written = entry.default if entry.default is not None else entry.example or _PLACEHOLDERS[entry.type]
        values[name] = _filled(written, values)
        for key, text in (("default", entry.default), ("example", entry.example or None)):
            if text is not None and not _TESTS[entry.type](text):
                pack.at("vars", name, key).error(f"{key} of variable '{name}' must be {_WORDS[entry.type]}")
    return values


def _filled(default: str, values: Mapping[str, str]) -> str:
    """Return a default in which the variables that the pack declares before it are replaced."""
    try:
        return expand_text(default, values)
    except KeyError:
        return default


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


_MATCHER = r'[a-zA-Z_]\w*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n]|\\.)*"'
_TESTS: dict[str, Callable[[str], object]] = {
    "text": lambda text: True,
    "name": re.compile(r"[^\s\"'`$\\{}]+").fullmatch,
    "number": _is_number,
    "duration": is_duration,
    "metric": re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*").fullmatch,
    "matchers": re.compile(rf"(?:{_MATCHER}(?:\s*,\s*{_MATCHER})*)?").fullmatch,
}
_WORDS = {
    "text": "text",
    "name": "a name without spaces and quotes",
    "number": "a number",
    "duration": "a duration, such as 5m",
    "metric": "the name of a metric or label",
    "matchers": 'label matchers, such as job="api", namespace="shop"',
}
_PLACEHOLDERS = {
    "text": "text",
    "name": "name",
    "number": "1",
    "duration": "1m",
    "metric": "metric",
    "matchers": 'job="name"',
}
"""Values of required variables without an example, when a pack is checked on its own."""
