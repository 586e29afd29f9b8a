"""The result of `mmcockpit gate` as text, Markdown, JSON or JUnit XML."""

import json
from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

import msgspec

from mmcockpit.core.model.checklist import Item, Phase
from mmcockpit.core.model.cockpit import Cockpit
from mmcockpit.core.model.states import State
from mmcockpit.core.state.signals import SignalState
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.values import value_line
from mmcockpit.core.words.verdicts import signal_line

GO, NO_GO, HOLD = 0, 1, 2
WORDS = {GO: "GO", NO_GO: "NO-GO", HOLD: "HOLD"}
UNPROVEN = "nothing is proven: no signal passes and nothing is ticked"


class GateRow(msgspec.Struct, frozen=True):
    """The result for an item or a judged signal: `code` is the exit code that it would cause on its own.

    `undecided` is whether waiting may change it, `proves` whether a signal passes or a tick is valid, `warns` whether a
    signal warns without keeping a gate closed.
    """

    item: Item
    state: State
    code: int
    level: str
    says: str
    hold_s: float
    undecided: bool
    proves: bool = False
    warns: bool = False

    @property
    def tolerated(self) -> bool:
        """Whether it fails or has no data, but keeps no gate closed: an optional item, or a signal without one."""
        return self.code == GO and self.state in (State.UNKNOWN, State.BAD, State.REGRESSED)

    @property
    def listed(self) -> bool:
        """Whether people have to see it: it is open or failing, warns, or has no data."""
        return bool(self.code) or self.warns or self.tolerated


class GateResult(msgspec.Struct, frozen=True):
    """The result of a gate: its items, the judged signals, and notes that do not affect the exit code."""

    items: tuple[GateRow, ...]
    signals: tuple[GateRow, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[GateRow, ...]:
        """Items and signals together."""
        return (*self.items, *self.signals)

    @property
    def proven(self) -> bool:
        """Whether a signal of an item passes, or an item is ticked."""
        return any(row.proves for row in self.items)

    @property
    def warnings(self) -> int:
        """The number of signals that warn without keeping a gate closed."""
        return len({row.item.signal for row in self.rows if row.warns})

    @property
    def code(self) -> int:
        """The exit code: GO only if something was proven."""
        codes = {row.code for row in self.rows}
        return NO_GO if NO_GO in codes else HOLD if HOLD in codes or not self.proven else GO

    @property
    def words(self) -> str:
        """The verdict with its warnings: `GO, 2 warnings`."""
        count = self.warnings
        return WORDS[self.code] + (f", {counted(count, 'warning')}" if count else "")


def text_line(state: SignalState) -> str:
    """Return a signal as one line: name, verdict, N of M, value or reason."""
    value = "" if state.fault or not state.reading else value_line(state.value, state.signal)
    return signal_line(state.signal.name, value, state.verdict)


def as_text(cockpit: Cockpit, phase: Phase, answer: GateResult) -> str:
    """Return a line for each item and judged signal that is not satisfied or warns, then the notes and the verdict."""
    lines = [_line(row) for row in answer.items if row.listed]
    lines += [_line(row) for row in answer.signals if row.listed and not _named(row, answer)]
    lines += [f"note: {note}" for note in answer.notes]
    return "\n".join([*lines, f"{answer.words}: {phase.title}: {_satisfied(answer)}"]) + "\n"


def _named(row: GateRow, answer: GateResult) -> bool:
    """Return whether the line of an item already shows this signal."""
    items = [one for one in answer.items if one.item.signal == row.item.signal]
    return any(one.code == NO_GO or one.warns or (row.tolerated and one.listed) for one in items)


def _satisfied(answer: GateResult) -> str:
    satisfied = sum(row.code == GO and not row.tolerated for row in answer.items)
    unproven = f"; {UNPROVEN}" if not answer.proven else ""
    return f"{satisfied} of {counted(len(answer.items), 'item')} satisfied{unproven}"


def _line(row: GateRow) -> str:
    number = f"{row.item.number:3}" if row.item.number else "   "
    return f"[{row.state}] {number} {row.item.title}  {'warning: ' if row.warns else ''}{row.says}"


def as_json(cockpit: Cockpit, phase: Phase, answer: GateResult) -> str:
    """Return the result as one JSON object."""
    head = {
        "cockpit": cockpit.name,
        "environment": cockpit.environment,
        "phase": phase.id,
        "answer": WORDS[answer.code],
        "exit": answer.code,
        "proven": answer.proven,
        "warnings": answer.warnings,
        "notes": list(answer.notes),
    }
    rows = {"items": list(map(_fields, answer.items)), "signals": list(map(_fields, answer.signals))}
    return json.dumps({**head, **rows}, indent=2) + "\n"


def as_markdown(cockpit: Cockpit, phase: Phase, answer: GateResult) -> str:
    """Return the result for people who read it on a page: what is open, failing or warns, the notes, then the rest."""
    # Imported here: the other formats need no report.
    from mmcockpit.report.render import escape_markdown

    def table(rows: list[GateRow]) -> list[str]:
        cells = ((f"`[{row.state}]`", _title(row), f"{'warning: ' if row.warns else ''}{row.says}") for row in rows)
        lines = [f"| {state} | {escape_markdown(item)} | {escape_markdown(says)} |" for state, item, says in cells]
        return ["", "| State | Item | Result |", "| --- | --- | --- |", *lines] if lines else []

    rest = [row for row in answer.rows if not row.listed]
    folded = ["", f"<details><summary>{counted(len(rest), 'other')}</summary>", *table(rest), "", "</details>"]
    lines = [
        f"### {answer.words}: {escape_markdown(phase.title)}",
        "",
        f"{escape_markdown(cockpit.name)} ({escape_markdown(cockpit.environment)}): {_satisfied(answer)}",
        *table([row for row in answer.rows if row.listed]),
        *(["", *(f"- {escape_markdown(note)}" for note in answer.notes)] if answer.notes else []),
        *(folded if rest else []),
    ]
    return "\n".join(lines) + "\n"


def _title(row: GateRow) -> str:
    return f"{row.item.number} {row.item.title}" if row.item.number else row.item.title


def _fields(row: GateRow) -> dict[str, object]:
    return {
        "id": row.item.id,
        "number": row.item.number,
        "title": row.item.title,
        "mode": str(row.item.mode),
        "required": row.item.required,
        "state": f"[{row.state}]",
        "answer": WORDS[row.code],
        "signal": row.item.signal,
        "level": row.level,
        "says": row.says,
        "warns": row.warns,
    }


def as_junit(cockpit: Cockpit, phase: Phase, answer: GateResult) -> str:
    """Return a test suite with a test case for each item and judged signal.

    It is failed for NO-GO, an error for HOLD, and skipped if it fails or has no data, but no gate requires it.
    """
    rows = answer.rows
    if not answer.proven:
        says = GateRow(Item(f"{phase.id}/proof", 0, "Something is proven"), State.OPEN, HOLD, "", UNPROVEN, 0.0, False)
        rows = (*rows, says)
    failures = sum(row.code == NO_GO for row in rows)
    errors = sum(row.code == HOLD for row in rows)
    skipped = sum(row.tolerated for row in rows)
    name = quoteattr(f"{cockpit.name}: {phase.title}")
    counts = f'failures="{failures}" errors="{errors}" skipped="{skipped}"'
    head = f'<testsuite name={name} tests="{len(rows)}" {counts}>'
    cases = "\n".join(_case(row) for row in rows)
    notes = "".join(f"  <system-out>{escape(note)}</system-out>\n" for note in answer.notes)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{head}\n{cases}\n{notes}</testsuite>\n</testsuites>\n'
    )


def _case(row: GateRow) -> str:
    place = row.item.id.rsplit("/", 1)[0].replace("/", ".")
    attributes = f"classname={quoteattr(place)} name={quoteattr(row.item.title)}"
    message = quoteattr(f"[{row.state}] {row.says}".strip())
    if row.tolerated:
        return f"  <testcase {attributes}><skipped message={message}/></testcase>"
    if not row.code:
        return f"  <testcase {attributes}/>"
    tag = "failure" if row.code == 1 else "error"
    return f"  <testcase {attributes}><{tag} message={message}>{escape(row.item.text)}</{tag}></testcase>"


FORMATS: dict[str, Callable[[Cockpit, Phase, GateResult], str]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "markdown": as_markdown,
}
SUFFIXES = {".txt": "text", ".json": "json", ".xml": "junit", ".md": "markdown"}
"""The format of a file, by its suffix."""
