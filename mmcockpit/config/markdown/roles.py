"""Names of roles as people write them before and after the title of an item, and other words in their place."""

import re

_SHORT = r"(?:QA|QE|SRE|DBA|SDET|NOC|PM|PO|TPM|EM|CTO|CIO|CISO|IC|RM)s?|Dev(?:Sec)?Ops|Ops|Comms|On-?[Cc]all|on-?call"
_JOB = (
    r"(?:[\w&-]+ ){0,2}(?:team|lead|engineers?|developers?|analyst|architect|coordinator|officer|captain|testers?"
    r"|specialist|squad|sysadmins?|system administrators?)"
    r"|(?:release|incident|project|product|change|delivery|engineering|program|service|deployment|test) managers?"
    r"|incident commander|scrum master|product owner|(?:service|help) ?desk"
)
_ONE = rf"(?:{_SHORT}|(?i:{_JOB}))"
_ROLE = re.compile(rf"{_ONE}(?:\s*(?:[/+&,]|\band\b)\s*(?:{_ONE}|Devs?)){{0,3}}")
_TASK = re.compile(r"(?!(?:no-?)?go\b|yes\b|signature\b|name\b|date\b)[^\W\d_`\"'*(\[]\S*\s+\S|[`*]", re.IGNORECASE)
"""What follows a role before it: two words at least, and no line to sign on."""
_DAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tonight|tomorrow|yesterday"
_NO_ROLE = re.compile(
    r"(?:optional|required|mandatory|recommended|new|wip|todo|tb[dca]|draft|done|blocked|manual|automatic|automated"
    r"|nice to have|must|should|may|critical|important|urgent|high|medium|low|deprecated|skip(?:ped)?|repeat(?:ed)?"
    r"|prod|production|preprod|staging|stage|uat|test|dev|eu|us|go|no-go|n/a|ok|asap|fyi|nb|rfc|note|warning|caution"
    r"|(?:p|sev|v)-?\d.*|t\s*[-+\u2212].*|d\s?[-+]\s?\d.*|.* only|\d.*|in(?:ter)?nal|external|async|parallel"
    r"|twice|again|(?:if|when|where|in|at|on|by|after|before|during|until|since|from|within|for|with|without|not|no|only|first|then"
    r"|see|or|and|via|per|as|to|both|all|each|every|e\.g\.?|i\.e\.?)(?: .*|,.*)?|(?:after|before) \w+"
    r"|(?:day|week|phase|step|wave|round|batch|part|section|sprint|stage|group|tier|env|region)\s*[\dA-Z]\w*"
    rf"|{_DAYS}|(?:hour|dai|week|night|month)ly)",
    re.IGNORECASE,
)
"""What people write in brackets before a title that is no role."""
_STARTS = re.compile(
    r"^\s*(?P<mark>\*{1,3}|_{1,3})?(?P<role>[A-Za-z][\w /+&,-]{1,60}?)"
    r"(?:\s*:\s*(?(mark)(?P=mark)|)\s*|(?(mark)(?P=mark)|)\s*:\s+|(?(mark)(?P=mark)|)\s+[\u2013\u2014-]\s+)(?=\S)"
)
"""What may be a role before a title, and the sign after it."""


def is_role(text: str) -> bool:
    """Return whether a text names known roles: `QA`, `SRE and DBA`, `network team`, `Release manager`."""
    return _ROLE.fullmatch(text.strip()) is not None


def may_be_role(text: str) -> bool:
    """Return whether a text in brackets before a title may be a role, and is no state, place or time."""
    return _NO_ROLE.fullmatch(text.strip()) is None


def starting_role(title: str) -> tuple[str, str]:
    """Return the role before a title, and the title: `QA: run it`, `**Ops:** run it`, `SRE - run it`."""
    match = _STARTS.match(title)
    role, rest = (match["role"].strip(), title[match.end() :]) if match is not None else ("", title)
    return (role, rest) if is_role(role) and _TASK.match(rest) else ("", title)
