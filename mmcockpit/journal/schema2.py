"""Converts the facts of schemas 1 and 2 to the current shapes, before they are decoded.

A conversion gets the body of a fact as a new dict, by field names, and returns the body in the current shape. It must
return a body unchanged that has the current shape already: a session that began with schema 2 and was resumed by this
version has both kinds of lines. `Observed`, which is positional in a line, is passed by its names: its positions are
those of schema 2, with new fields at the end.
"""

from collections.abc import Callable
from typing import Any

from mmcockpit.core.facts.reasons import ReasonKind
from mmcockpit.core.model.reading import FaultKind
from mmcockpit.core.model.refusal import Code
from mmcockpit.core.model.states import State
from mmcockpit.core.model.verdict import Basis
from mmcockpit.core.words.values import value_line

Conversion = Callable[[dict[str, Any]], dict[str, Any]]


def converted(tag: str, body: Any) -> Any:
    """Return the body of a fact of schema 1 or 2 in the current shape."""
    conversion = CONVERSIONS.get(tag)
    return conversion(body) if conversion is not None and isinstance(body, dict) else body


_BASES = {
    "does not apply here": Basis.NOT_APPLICABLE,
    "not asked yet": Basis.NOT_POLLED,
}
_SET_BY_COCKPIT = {"no answer for ": FaultKind.SILENT, "the result counted for ": FaultKind.EXPIRED}
"""The beginnings of the messages of stale faults that the cockpit set itself."""


def verdict(fields: dict[str, Any]) -> dict[str, Any]:
    """Return a verdict in the current shape; also that of `Observed`, whose fields contain those of its verdict."""
    because = fields.get("because", "")
    if because in _BASES:
        return {**fields, "because": "", "basis": _BASES[because]}
    if because.startswith("not ") and "value" in because and "value" in fields:
        # An early version quoted the broken rule, without the value: `not value < 1`.
        return {**fields, "because": f"{value_line(fields['value'])}: {because}"}
    return fault(fields, "fault", "flaw")


def fault(fields: dict[str, Any], kind: str, message: str) -> dict[str, Any]:
    """Return the fields of a fault in the current shape; `kind` and `message` are their names."""
    if fields.get(kind) != FaultKind.STALE:
        return fields
    begins = [new for text, new in _SET_BY_COCKPIT.items() if fields.get(message, "").startswith(text)]
    return {**fields, kind: begins[0]} if begins else fields


def _opened(body: dict[str, Any]) -> dict[str, Any]:
    """Convert the state that a journal carries over from the one before it."""
    continues = body.get("continues")
    if not isinstance(continues, dict) or not isinstance(continues.get("state"), dict):
        return body
    state = _state(continues["state"])
    calls = state.get("calls")
    if isinstance(calls, dict):
        state["calls"] = {name: _queued(call) if isinstance(call, dict) else call for name, call in calls.items()}
    return {**body, "continues": {**continues, "state": state}}


def _state(value: Any) -> Any:
    """Convert all facts and verdicts in a carried state, at any depth."""
    match value:
        case {"type": str(tag), **fields} if tag in CONVERSIONS:
            return {"type": tag, **converted(tag, {name: _state(part) for name, part in fields.items()})}
        case {"level": _, "raw": _}:
            return verdict(dict(value))
        case {"type": "fault"}:
            return fault(dict(value), "kind", "message")
        case dict():
            return {name: _state(part) for name, part in value.items()}
        case list() | tuple():
            return [_state(part) for part in value]
    return value


# A reason had a sentence and a key of joined words: `abort SIGNAL PHASE SECONDS`, `open ITEM`, `open`. A decision had
# the keys of its reasons with their counts, and the same keys followed by a failing member.
_RULES = {
    "abort": ReasonKind.ABORT,
    "failing": ReasonKind.ABORT_PENDING,
    "fails": ReasonKind.SIGNAL,
    "blind": ReasonKind.ABORT_NO_DATA,
    "return": ReasonKind.NO_RETURN,
    "held": ReasonKind.HOLD,
    "contacts": ReasonKind.CONTACTS,
    "unproven": ReasonKind.NOTHING_PROVEN,
}
_STATES = {state.name.lower(): state for state in State}


def _advised(body: dict[str, Any]) -> dict[str, Any]:
    reasons = body.get("reasons", ())
    if not any("key" in reason for reason in reasons):
        return body
    return {**body, "reasons": [_reason(reason) for reason in reasons]}


def _reason(old: dict[str, Any]) -> dict[str, Any]:
    kept = {name: part for name, part in old.items() if name not in ("key", "says")}
    return {**_about(old["key"])[0], **kept, "recorded": old.get("says", "")}


def _about(key: str) -> tuple[dict[str, Any], str]:
    """Return what a key of a reason is about, and the failing member that it names, if any."""
    word, *names = key.split(" ")
    if word in _STATES and not names:
        return {"kind": ReasonKind.ITEMS, "state": _STATES[word]}, ""
    if word in _STATES:
        return {"kind": ReasonKind.ITEM, "subject": names[0], "state": _STATES[word]}, " ".join(names[1:])
    subject = names[0] if names else ""
    about = {"kind": _RULES.get(word, ReasonKind.ITEM), "subject": subject}
    if word not in ("abort", "failing"):
        return about, " ".join(names[1:])
    phase, seconds = (*names[1:3], "", "")[:2]
    return {**about, "phase": phase, "for_s": _number(seconds)}, ""


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _decided(body: dict[str, Any]) -> dict[str, Any]:
    keys = body.get("seen")
    if not isinstance(keys, dict):
        return body
    seen: list[dict[str, Any]] = []
    # The key of a reason comes before those of its failing members.
    for key, count in keys.items():
        about, part = _about(key)
        if part and seen and about.items() <= seen[-1].items():
            seen[-1]["parts"].append(part)
        else:
            seen.append({**about, "count": count, "parts": []})
    return {**body, "seen": seen}


def _queued(body: dict[str, Any]) -> dict[str, Any]:
    """Convert a call for a procedure, as a fact or in a carried state."""
    if "because" not in body:
        return body
    causes = [_cause(cause) for cause in body.get("causes", ())]
    reason = {**(causes[0] if causes else {"kind": ReasonKind.ABORT, "signal": ""}), "recorded": body["because"]}
    reason["subject"] = reason.pop("signal")
    kept = {name: part for name, part in body.items() if name not in ("because", "causes")}
    return {**kept, "reason": reason, "causes": causes}


def _cause(old: Any) -> Any:
    if not isinstance(old, str):
        return old
    kind, _, signal = old.partition(" ")
    return {"kind": ReasonKind.ALERT if kind == "alert" else ReasonKind.ABORT, "signal": signal}


def _refused(body: dict[str, Any]) -> dict[str, Any]:
    """Keep the sentence of a refusal, which was all there was."""
    if "because" not in body:
        return body
    rest = {name: part for name, part in body.items() if name != "because"}
    return {**rest, "refusal": {"code": str(Code.RECORDED_TEXT), "text": body["because"]}}


CONVERSIONS: dict[str, Conversion] = {
    "Refused": _refused,
    "Opened": _opened,
    "Advised": _advised,
    "Decided": _decided,
    "ProcedureQueued": _queued,
}
"""By tag, for the facts whose shape differs. `Observed` is converted by `verdict`."""
