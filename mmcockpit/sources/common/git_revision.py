"""Whether a revision that Argo CD or Flux reports is the one that a file asks for."""

import re

_COMMIT = re.compile(r"[0-9a-f]{7,64}")
"""A commit, or the beginning of one: fewer characters do not count."""
_KIND = re.compile(r"(?:sha1|sha256):")
_TAGGED = re.compile(r"(.+)\+([0-9a-f]{12})")
"""The version of a chart to which Flux adds 12 characters of its digest or commit."""


def is_revision(wanted: str, reported: str) -> bool:
    """Return whether a reported revision is the wanted commit (full or short), branch, tag or version.

    Reported revisions are a commit or a version (Argo CD), `main@sha1:COMMIT`, `refs/tags/v1.2.0@sha1:COMMIT`,
    `sha1:COMMIT`, `1.2.0@sha256:DIGEST`, `1.2.0` or `1.2.0+DIGEST` (Flux), `main/COMMIT` (Flux before 2.0).
    """
    if not wanted or not reported:
        return False
    if wanted == reported:
        return True
    name, between, commit = _parts(reported)
    short = wanted.lower().removeprefix("sha1:").removeprefix("sha256:")
    if commit and _COMMIT.fullmatch(short) and commit.startswith(short[: len(commit)] if between == "+" else short):
        return True
    return bool(name) and wanted in (name, name.removeprefix("refs/tags/").removeprefix("refs/heads/"))


def _parts(reported: str) -> tuple[str, str, str]:
    """Return branch, tag or version, a separator, and the commit or digest in lower case; empty if it has none."""
    name, at, commit = reported.rpartition("@")
    if at or _KIND.match(reported):
        return name, at, _KIND.sub("", commit).lower()
    if (tagged := _TAGGED.fullmatch(reported)) is not None:
        return tagged[1], "+", tagged[2]
    name, slash, commit = reported.rpartition("/")
    if slash and _COMMIT.fullmatch(commit.lower()):
        return name, slash, commit.lower()
    return ("", "", reported.lower()) if _COMMIT.fullmatch(reported.lower()) else (reported, "", "")
