"""A gate's answer as text, JSON or JUnit XML."""

import json
from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

import msgspec

from mmcockpit.core.checklist import Item, Phase
from mmcockpit.core.cockpit import Cockpit
from mmcockpit.core.describe import brief
from mmcockpit.core.signals import SignalState
from mmcockpit.core.state import State

WORDS = {0: "GO", 1: "NO-GO", 2: "HOLD"}


class Row(msgspec.Struct, frozen=True):
    """One item's answer: `code` is what it alone would make the exit code, `undecided` that waiting may change it."""

    item: Item
    state: State
    code: int
    level: str
    says: str
    hold_s: float
    undecided: bool


def text_line(state: SignalState) -> str:
    """Return what a signal says in one line: name, value, verdict, N of M, reason."""
    value = "" if state.fault or not state.reading else f" {brief(state.value)}"
    because = f": {state.verdict.because}" if state.verdict.because else ""
    verdict = state.verdict
    return f"{state.signal.name}{value} {verdict.level} {verdict.agree}/{verdict.of}{because}"


def as_text(cockpit: Cockpit, phase: Phase, rows: list[Row], code: int) -> str:
    """Return the items that are not satisfied, a line each, and the answer."""
    lines = [f"[{row.state}] {row.item.number:3} {row.item.title}  {row.says}" for row in rows if row.code]
    satisfied = sum(row.code == 0 for row in rows)
    lines.append(f"{WORDS[code]}: {phase.title}: {satisfied} of {len(rows)} items satisfied")
    return "\n".join(lines) + "\n"


def as_json(cockpit: Cockpit, phase: Phase, rows: list[Row], code: int) -> str:
    """Return everything as one JSON object."""
    items = [
        {
            "id": row.item.id,
            "number": row.item.number,
            "title": row.item.title,
            "mode": str(row.item.mode),
            "required": row.item.required,
            "state": f"[{row.state}]",
            "answer": WORDS[row.code],
            "signal": row.item.signal,
            "says": row.says,
        }
        for row in rows
    ]
    answer = {"cockpit": cockpit.name, "environment": cockpit.environment, "phase": phase.id, "answer": WORDS[code]}
    return json.dumps({**answer, "exit": code, "items": items}, indent=2) + "\n"


def as_junit(cockpit: Cockpit, phase: Phase, rows: list[Row], code: int) -> str:
    """Return one test suite, a test case an item: failed for NO-GO, an error for HOLD (nobody knows)."""
    failures = sum(row.code == 1 for row in rows)
    errors = sum(row.code == 2 for row in rows)
    name = quoteattr(f"{cockpit.name}: {phase.title}")
    head = f'<testsuite name={name} tests="{len(rows)}" failures="{failures}" errors="{errors}" skipped="0">'
    cases = "\n".join(_case(row) for row in rows)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{head}\n{cases}\n</testsuite>\n</testsuites>\n'


def _case(row: Row) -> str:
    place = row.item.id.rsplit("/", 1)[0].replace("/", ".")
    attributes = f"classname={quoteattr(place)} name={quoteattr(row.item.title)}"
    if not row.code:
        return f"  <testcase {attributes}/>"
    tag = "failure" if row.code == 1 else "error"
    message = quoteattr(f"[{row.state}] {row.says}".strip())
    return f"  <testcase {attributes}><{tag} message={message}>{escape(row.item.text)}</{tag}></testcase>"


FORMATS: dict[str, Callable[[Cockpit, Phase, list[Row], int], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
}
