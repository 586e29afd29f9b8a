"""The reference page of the shipped packs: what each shows, which sources and variables it needs."""

from collections.abc import Iterator
from typing import Any

import yaml

from mmcockpit.config.load import shipped
from tests.docs.tables import NOTE, table


def pack_page() -> Iterator[str]:
    """Yield the lines of the page."""
    yield from (NOTE, "# Packs", "")
    yield "A pack holds signals, items and procedures that several go-lives share. `use:` adds packs to a cockpit file"
    yield "or a checklist file:"
    yield from ("", "```yaml", "use:")
    yield "  - rollback-kubectl                       # its variables come from vars: of this file"
    yield "  - {pack: redis, source: carts, prefix: carts, vars: {memory_limit: 0.8}}"
    yield "  - ./packs/our-queue.yaml                 # a pack of your own"
    yield from ("```", "")
    yield "A file in the folder `packs` of your configuration folder replaces the shipped pack of the same name."
    yield "[Pack file](pack-file.md) lists the keys of a pack, and UseEntry in [Cockpit file](cockpit-file.md) those of"
    yield "`use:`."
    yield ""
    for path in shipped("pack"):
        yield from _pack(yaml.safe_load(path.read_text(encoding="utf-8")))


def _pack(pack: dict[str, Any]) -> Iterator[str]:
    yield from (f"## {pack['name']}", "", _line(pack["about"]), "")
    needs = [(f"`{name}`", need["kind"], _line(need["about"])) for name, need in pack.get("needs", {}).items()]
    yield from table(("Source", "Kind", "Needed for"), needs) if needs else ("Needs no source.", "")
    variables = [
        (f"`{name}`", each.get("type", "text"), _default(each), _line(each["about"]))
        for name, each in pack.get("vars", {}).items()
    ]
    yield from table(("Variable", "Type", "Default", "Meaning"), variables) if variables else ("No variables.", "")
    aborts = {abort["signal"]: f"after {abort['for']} from {abort['from']} on" for abort in pack.get("abort", ())}
    signals = [
        (f"`{name}`", _rule(each), aborts.get(name, ""), _line(each.get("about", "")))
        for name, each in pack.get("signals", {}).items()
    ]
    yield from table(("Signal", "Passes if", "ROLLBACK", "What it shows"), signals) if signals else ()
    items = [
        (f"`{item['id']}`", item["phase"], item["title"], f"`{item['signal']}`" if "signal" in item else "manual")
        for item in pack.get("items", ())
    ]
    yield from table(("Item", "Phase", "Title", "Decided by"), items) if items else ()
    for procedure in pack.get("procedures", ()):
        yield from (f"Procedure `{procedure['id']}`, {procedure['title']}: {_line(procedure['about'])}", "")
        yield from (f"{n}. {_step(step)}" for n, step in enumerate(procedure["steps"], start=1))
        yield ""


def _rule(signal: dict[str, Any]) -> str:
    passes = f"`{_line(signal['pass'])}`" if "pass" in signal else "shown only"
    return f"{passes}; warns if `{_line(signal['warn'])}`" if "warn" in signal else passes


def _step(step: dict[str, Any]) -> str:
    notes = [step["danger"]] if step.get("danger", "reads") != "reads" else []
    notes += [f"confirmed by `{step['signal']}`"] if "signal" in step else []
    return str(step["title"]) + (f" ({', '.join(notes)})" if notes else "")


def _default(variable: dict[str, Any]) -> str:
    if "default" not in variable:
        return "required"
    return f"`{variable['default']}`" if variable["default"] != "" else "empty"


def _line(text: str) -> str:
    return " ".join(text.split())
