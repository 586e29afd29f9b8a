"""Strikes out what looks like a credential in log lines: the cockpit does not know the secrets of the programs."""

import re

from mmcockpit.sources.common.redaction import STRUCK_OUT

_NAME = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|(?:access|api|auth|private|secret|session)[_-]?(?:key|token)"
    r"|token|credentials?)"
)
"""Ends of the names of fields that hold a credential."""

_SHAPES = (
    # A private key, also one that is cut, on one line or several.
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), ""),
    (re.compile(r"\b((?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?(?:[a-z]+\s+)?)[^\s\"',;]+", re.IGNORECASE), r"\1"),
    (re.compile(r"\b((?:bearer|basic)\s+)(?=[^\s\"',;]*\d)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), r"\1"),
    (re.compile(r"\b(cookie[\"']?\s*[:=]\s*[\"']?)[^\s\"']+", re.IGNORECASE), r"\1"),
    # JSON Web Tokens, among them those of service accounts.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"), ""),
    # Prefixes by which services mark their keys: AWS, GitHub, GitLab, Slack, Google, Stripe, npm, PyPI, OpenAI, Vault.
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), ""),
    (re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|npm_|pypi-|hv[sbr]\.|dop_v1_)[A-Za-z0-9_-]{16,}"), ""),
    (re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"), ""),
    (re.compile(r"\bAIza[0-9A-Za-z_-]{30,}"), ""),
    (re.compile(r"\b(?:sk|pk|rk)[-_](?:live_|test_|ant-|proj-)?[A-Za-z0-9_-]{16,}"), ""),
    (re.compile(r"(://[^\s/@:]{0,200}:)[^\s/@]{1,200}(?=@)"), r"\1"),
    # After `=`, and between quotes, every value; after a colon only one with a digit: `token: expired` is a message.
    (re.compile(rf"({_NAME}\s*=\s*[\"']?)[^\s\"',;&]+", re.IGNORECASE), r"\1"),
    (re.compile(rf"({_NAME}\\*[\"']\s*:\s*\\*[\"'])(?:\\.|[^\"'\\])+", re.IGNORECASE), r"\1"),
    (re.compile(rf"({_NAME}\s*:\s+)(?=[^\s\"',;]*\d)[^\s\"',;]{{6,}}", re.IGNORECASE), r"\1"),
)
"""The pattern of each kind, and what stays in front of the mark."""


def strike_tokens(text: str) -> str:
    """Return a text in which everything that has the form of a password, key or token is struck out."""
    for pattern, kept in _SHAPES:
        text = pattern.sub(f"{kept}{STRUCK_OUT}", text)
    return text
