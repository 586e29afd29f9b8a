"""Words before commands that tell when these run: in one case only, never, or after a person changed them."""

import re

_OPTION = r"(?:option|variant|alternative|method|approach|scenario)\s+(?:\d|[A-Z]\b)"
_BEGINS = re.compile(
    r"[\W_]*(?:(?:and |or )?(?:if|unless|only|in case|in the (?:event|case) of|otherwise|else|alternatively|alternative"
    r"|should (?:the|this|it|that|any)|(?:up)?on (?:failure|error)|for example|e\.g|examples?|instead|do not"
    r"|don['\u2019]t|never|avoid|not (?:this|like this))\b"
    r"|(?:wrong|incorrect)(?: (?:way|example|order|command))?[\W_]*$"
    rf"|or(?:,|$|\b(?! (?:later|newer|above)))|{_OPTION}|[\w -]{{2,30}} only\s*(?::|$)"
    r"|(?:as a )?last resort"
    r"|\(?(?:run )?as (?:the )?(?:(?:user )?(?:root|postgres|oracle|mysql)|[\w-]+ user|user [\w-]+)\b)",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"\((?:only )?(?:if|when|in case|unless|or|otherwise|alternative|example)\b[^()]*\)[\W_]*$"
    r"|^(?!(?:check|verify|see|confirm|determine|assess|decide|find)\b).*\bif (?:\w+ ){0,3}(?:issues?|problems?"
    r"|needed|necessary|required|applicable|fails?|failed|wrong|errors?)[\W_]*$",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"(?:(?:emergency|fast|quick|full|manual|how) )?(?:to )?(?:roll(?:ing)? ?back|back(?:ing)? out)\b"
    r"|to (?:revert|undo)\b",
    re.IGNORECASE,
)
_PLACES = (
    r"(?:hosts?|servers?|nodes?|machines?|instances?|vms?|box(?:es)?|replicas?|primar(?:y|ies)|masters?|standbys?"
    r"|secondar(?:y|ies)|bastions?|workers?|controllers?|control planes?|clients?|containers?|droplets?|appliances?)\b"
)
_WHICH = r"(?:the |each |every |all |both |any |one |a |an |your |that |this )?(?:of the )?(?:[\w-]+ ){0,3}"
_ON = re.compile(rf"on (?=the|each|every|all|both|any|one|a|your|that|this){_WHICH}{_PLACES}", re.IGNORECASE)
"""Where commands are to run: `On the standby:`."""
_LOGS_IN = re.compile(
    rf"\b(?:ssh(?:ing)?|log ?(?:in|on)|sign in|connect|get a shell|open a shell|jump)`? ?(?:in|on)?to {_WHICH}{_PLACES}"
    r"|\bssh`? (?:in|on)?to\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:replace (?:\S+ ){0,3}(?:with|by)|replacing|substitut(?:e|ing)|placeholders?|fill(?:ing)? in|with your"
    r"|as (?:needed|appropriate|required|necessary)|(?:as|is|like|see) (?:an?|the) (?:\w+ )?example|an example of"
    r"|below as an example)\b",
    re.IGNORECASE,
)
"""Words that ask to change a command before it runs."""
_REMARK = re.compile(r"\b(?:adjust|adapt|change|replace|your|e\.g|example|optional|dry[ -]?run first)\b", re.IGNORECASE)
"""The same in a remark after a command."""
_RUN = re.compile(
    r"\b(?:run|execute|use|try)(?: (?:the )?following| this| these)?(?: commands?)?[\W_]*$", re.IGNORECASE
)
_OF_HOST = re.compile(r"only '(?:[^']*[.!?] )?on (?:the|each|every|all|both|any|one|a|your|that|this)\b", re.IGNORECASE)
_IF = re.compile(r"only '(?:if|in case|in the (?:event|case)|(?:up)?on (?:failure|error))\b", re.IGNORECASE)
_LONGEST = 60
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)")
_OTHER = re.compile(
    r"trouble ?shooting|(?:common|known) (?:issues?|problems?|errors?)|(?:worked )?examples?"
    r"|alternatives?|recovery|faq",
    re.IGNORECASE,
)
"""Headings below a step of what does not belong to each run of it."""


def case_of(text: str) -> str:
    """Return why commands after a label, a comment or a title do not just run; empty if they do."""
    text = " ".join(text.replace("*", "").split()).strip(" :_")
    if _BEGINS.match(text) or _ENDS.search(text) or _BACK.match(text) or _of_host(text):
        return f"only '{_shown(re.sub('^only ', '', text, flags=re.IGNORECASE))}'"
    return f"read first: '{_shown(text)}'" if _CHANGE.search(text) else ""


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(' ')[0]}\u2026"


def case_of_remark(remark: str) -> str:
    """Return why a command with a remark after it, `# only if empty`, does not just run."""
    return case_of(remark) or (f"read first: '{remark}'" if _REMARK.search(remark) else "")


def case_before(paragraph: str) -> str:
    """Return why commands after a paragraph do not just run, by its last sentence if that leads to them."""
    last = _SENTENCE.split(" ".join(paragraph.split()))[-1].strip()
    leads = (
        re.fullmatch(r"\W*or\W*", last, re.IGNORECASE) is not None
        or re.match(_OPTION, last, re.IGNORECASE) is not None
        or last.rstrip("*_ ").endswith(":")
        or _RUN.search(last) is not None
    )
    return case_of(last) if leads or _CHANGE.search(last) else ""


def case_below(title: str) -> str:
    """Return why commands below the heading of a part of a step do not just run."""
    return f"only '{title}'" if _OTHER.fullmatch(title.strip(" :")) else case_of(title)


def _of_host(text: str) -> bool:
    """Return whether a sentence of a text begins with the place of its commands: `Look. On the standby, run:`."""
    return any(map(_ON.match, _SENTENCE.split(text)))


def login_of(text: str) -> str:
    """Return the words with which a step logs in to a host; empty if it does not."""
    found = _LOGS_IN.search(text)
    return found[0].replace("`", "") if found is not None else ""


def is_if(why: str) -> bool:
    """Return whether a reason is that of a condition such as `if it fails`."""
    return _IF.match(why) is not None


def is_of_host(why: str) -> bool:
    """Return whether a reason is that a command is for a host: `On the standby:`."""
    return _OF_HOST.match(why) is not None
