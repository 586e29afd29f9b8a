"""What the title of a heading or a label tells about the lists, tables and commands below it."""

import re
from collections.abc import Iterable

_NUMBER = r"\d{1,2}[.)]\s+|\d{1,2}(?:\.\d{1,2})+[.)]?\s+"
_SECTION = re.compile(_NUMBER)
"""The number of a section or of a step: `2. Stop the writers`, `2.1 Stop the writers`."""
_STEP = re.compile(rf"(?:step|stage)\s*\d+[a-z]?\s*(?:[\u2014\u2013:.)-]+\s*)?|{_NUMBER}", re.IGNORECASE)
_PHASE = re.compile(r"(?:phase|part)\s*\d+[a-z]?\s*(?:[\u2014\u2013:.)-]+\s*)?", re.IGNORECASE)
"""A heading that is a step if it has commands, and no tasks."""
_BACK = r"(?:roll(?:ing)?[ -]?back|back(?:ing)?[ -]?out|revert|undo)"
_ROLLBACK = re.compile(
    rf"(?:emergency |how to )?{_BACK}(?: (?:plan|procedure|steps?|instructions|checklist|execution|actions|tasks))?"
    r"(?:\s+(?:of|for)\s.*|\s*[\u2014\u2013:(-].*)?",
    re.IGNORECASE,
)
_OUTCOME = r"(?:go|no-?go|roll ?back|abort|pass(?:ed)?|failed|failure|fail|success|yes|no)"
_OUTCOME_ALONE = re.compile(rf"[\W_]*{_OUTCOME}[\W_]*", re.IGNORECASE)
"""A label or an entry above others that is an outcome of a decision: `NO-GO:`."""
_ITEM_BRANCH = re.compile(
    r"^((?:only )?(?:if|in case of|in the event of|(?:up)?on)\s+(?:(?:a|the|it is|we are|decision is)\s+)?"
    r"(?:go|no-?go|roll(?:ed|ing)? ?back|abort(?:ed)?|fail\w*|success\w*)\b[^:,]*?)(?=\s*[:,\u2013\u2014]|$)"
    r"|\(((?:only )?(?:if|in case of|on)\s+(?:go|no-?go|roll(?:ed|ing)? ?back|abort(?:ed)?|fail\w*|success\w*))\)$"
    r"|\b((?:no-?go|roll ?back) only)$",
    re.IGNORECASE,
)
"""The case at the beginning or end of the title of an item: `If ROLLBACK: restore it`, `close it (only if GO)`."""
_ROLLBACK_STEPS = re.compile(rf"{_BACK} (?:steps?|instructions|execution|actions)\b", re.IGNORECASE)
_STATE = re.compile(r"\b(?:is|are|was|were|been|exists?|works?|ready|known|set|written|[a-z]{2,}ed)\b", re.IGNORECASE)
"""Words of entries that check a rollback, such as `tested`; one of its steps has none."""
_PROCEDURE = re.compile(
    r"roll(?:ing)?[ -]?back|back[ -]?out|revert|restore|restoring|restoration|recover|emergency|procedure|runbook"
    r"|steps?\b|deploy|cut[ -]?over|failover|fail over|abort|disaster",
    re.IGNORECASE,
)
_CONDITIONS = re.compile(
    r"\b(?:criteria|criterion|triggers?|thresholds?|(?:pre-?)?conditions?|pre-?requisites?|assumptions?"
    r"|when (?:to|should|do))\b|\b(?:details|requirements|risks?|roles?|responsibilities|stakeholders|contacts?"
    r"|participants|scope|goals?|objectives?|background|overview|summary|context|introduction|purpose|notes?"
    r"|do['\u2019]?s|don['\u2019]?ts|(?:best )?practices|considerations|recommendations?|improvements?|limitations|tips"
    r"|(?:common|known) issues|contributing|lessons learned|metrics(?: to \w+)?|benefits|principles|next steps"
    r"|questions?|references?|links?|resources|glossary|definitions|impact|faq|changelog|agenda|contents)\s*$",
    re.IGNORECASE,
)
_EXPLANATION = re.compile(
    r"(?:out of|not in) scope|legend|glossary|definitions|(?:status )?(?:key|symbols)|exclusions"
    r"|status (?:codes?|definitions|legend|values)|how to (?:use|read) this .*",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"\s*\([^()]*\)\s*$")
_ABORT = re.compile(
    r"(?:roll(?:ing)?[ -]?back|back[ -]?out|abort|revert|stop|fail[ -]?over).*(?:criteri|trigger|threshold|condition)"
    r"|when (?:to|should|do)\b.*(?:roll(?:ing)?[ -]?back|back[ -]?out|abort|revert|stop|fail[ -]?over)"
    r"|^no[ -]?go (?:criteri|condition|reason)"
    r"|^(?:no[ -]?go|abort|stop|halt|roll ?back|back out|revert|(?:do not|don't|never) \w+(?: \w+)?)"
    r" (?:if|when)(?: (?:any|all|one|either|some|at least|the following|these)\b.*)?$",
    re.IGNORECASE,
)
_AGREED = re.compile(
    r"\b(?:agreed|approved|communicated|configured|defined|documented|known|prepared|ready|reviewed|set|tested|verified|written)\b",
    re.IGNORECASE,
)
"""Words of entries that check the conditions of a rollback, and are none of them."""
_BRANCH = re.compile(
    r"^(?:only )?(?:if|in case(?: of)?|in the event of|when(?! to\b)|unless)\s+(?=\S)|^(?:else|otherwise)\b"
    r"|^(?:up)?on (?:a )?(?:roll ?back|failure|success|error|abort|go|no-?go|approval|rejection)\b"
    r"|^should (?:the|a|an|any|it|this|that|something|anything)\b"
    r"|^(?:scenario|option|alternative|variant|case) (?:\d|[A-Z]\b)"
    r"|^plan b\b|^(?:decision|outcome|result)\s*[:\u2013\u2014-]\s*(?:go|no-?go|roll ?back|abort|success|failure)$"
    r"|^(?:go|no-?go|roll ?back|abort|success|failure|happy|unhappy) (?:path|branch|case|scenario|track)\b"
    r"|\b(?:no-?go|roll ?back|failure) only$"
    r"|\((?:only )?(?:if|when|in case)\s[^()]*\)$",
    re.IGNORECASE,
)
"""A heading whose items apply in one case only."""


def unnumbered(title: str) -> str:
    """Return a title without the number of its section."""
    number = _SECTION.match(title)
    return title[number.end() :] if number else title


def is_numbered(title: str) -> bool:
    """Return whether a title begins with the number of a section or step."""
    return _SECTION.match(title) is not None


def step_title(title: str) -> str:
    """Return a title without `Step 2:` or a number before it."""
    match = _STEP.match(title) or _PHASE.match(title)
    return title[match.end() :] if match else title


def may_be_step(title: str, runs: bool) -> bool:
    """Return whether a heading begins as a step does; one with commands (`runs`) may also begin as a phase does."""
    return _STEP.match(title) is not None or (runs and _PHASE.match(title) is not None)


def is_procedure(title: str) -> bool:
    """Return whether the commands below a heading are steps of a procedure, such as a rollback."""
    return _PROCEDURE.search(title) is not None and not is_condition(title)


def is_rollback(title: str) -> bool:
    """Return whether the bullets below a heading are steps of a rollback, not conditions of one."""
    return _ROLLBACK.fullmatch(unnumbered(title).strip()) is not None and not is_condition(title)


def is_back(title: str) -> bool:
    """Return whether a procedure restores what was before: `Full rollback`, `Emergency restore`."""
    return re.search(rf"{_BACK}|restore|restoring|recover|emergency", title, re.IGNORECASE) is not None


def is_condition(title: str) -> bool:
    """Return whether a heading is of conditions or descriptions, whose lists are no steps: `Rollback criteria`."""
    return _CONDITIONS.search(_PARENTHESES.sub("", title).rstrip(" :?.!\u2705\u274c")) is not None


def is_explanation(title: str) -> bool:
    """Return whether a heading is of what is no part of the checklist: `Legend`, `Out of scope`."""
    return _EXPLANATION.fullmatch(unnumbered(title).rstrip(" :?.")) is not None


def is_abort_condition(title: str) -> bool:
    """Return whether a heading is of the conditions of a rollback, which are no items: `Abort criteria`, `No-go if`."""
    return _ABORT.search(unnumbered(title).rstrip(" :?.\u2026")) is not None


def are_conditions(entries: Iterable[str]) -> bool:
    """Return whether entries below such a heading are conditions; a tick of `errors above 5%` would mean no-go."""
    return not any(map(_AGREED.search, entries))


def are_steps(entries: Iterable[str]) -> bool:
    """Return whether entries with boxes below a rollback are its steps, not checks of it: `rollback was tested`."""
    return not any(map(_STATE.search, entries))


def is_branch(title: str) -> bool:
    """Return whether what is below a heading applies in one case only: `If ROLLBACK`, `Rollback steps`."""
    title = unnumbered(title)
    return _BRANCH.search(title) is not None or _ROLLBACK_STEPS.match(title) is not None


def is_outcome(title: str) -> bool:
    """Return whether a label or an entry above others is a branch, or only an outcome such as `NO-GO:`."""
    return is_branch(title) or _OUTCOME_ALONE.fullmatch(title) is not None


def item_case(title: str) -> str:
    """Return the case in which alone an item applies, by its title; empty without one."""
    case = _ITEM_BRANCH.search(title)
    return next(filter(None, case.groups()), "").strip() if case is not None else ""
