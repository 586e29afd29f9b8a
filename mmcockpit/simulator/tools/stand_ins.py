"""Stand-ins for gitleaks, trivy, cosign, crane, gh and curl in the demo; run as `stand_ins.py NAME ARGUMENTS`.

The registry, GitHub and the API are queried on loopback, at the addresses in given.json beside this file. Runs without
the packages of the project.
"""

import json
import re
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPSConnection
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

FOUND = 3
"""The exit status that the signals choose for findings."""


def _get(url: str) -> tuple[Any, dict[str, str]]:
    """Return the body, parsed from JSON, and the headers of a response; never through a proxy."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as response:
        return json.loads(response.read()), {name.lower(): value for name, value in response.headers.items()}


def _option(words: Sequence[str], name: str) -> str:
    return next((after for word, after in pairwise(words) if word == name), "")


def _gitleaks(words: Sequence[str], given: dict[str, str]) -> int:
    return 0


def _pinned(words: Sequence[str], given: dict[str, str]) -> bool:
    """Return whether one of the arguments is the image of the release, by its digest."""
    return f"{given['image']}@{given['digest']}" in words


def _trivy(words: Sequence[str], given: dict[str, str]) -> int:
    print(f"{words[-1]} (debian 12.7)\n\nTotal: 0 (HIGH: 0, CRITICAL: 0)")
    return 0 if _pinned(words, given) else FOUND


def _cosign(words: Sequence[str], given: dict[str, str]) -> int:
    if not _pinned(words, given):
        print("Error: no signatures found", file=sys.stderr)
        return 10
    print(json.dumps([{"critical": {"image": {"docker-manifest-digest": given["digest"]}}}]))
    return 0


def _crane(words: Sequence[str], given: dict[str, str]) -> int:
    repository, _, tag = words[-1].rpartition(":")
    path = repository.partition("/")[2]
    print(_get(f"{given['registry']}/v2/{path}/manifests/{tag}")[1]["docker-content-digest"])
    return 0


def _gh(words: Sequence[str], given: dict[str, str]) -> int:
    base = f"{given['github']}/repos/{_option(words, '--repo')}"
    if words[0] == "pr":
        reviews, _ = _get(f"{base}/pulls/{words[2]}/reviews")
        approved = any(one["state"] == "APPROVED" for one in reviews)
        print(json.dumps({"reviewDecision": "APPROVED" if approved else "REVIEW_REQUIRED"}))
        return 0
    file, commit = _option(words, "--workflow"), _option(words, "--commit")
    path = f"{base}/actions" + (f"/workflows/{file}/runs" if file else "/runs")
    runs, _ = _get(path + (f"?{urlencode({'head_sha': commit})}" if commit else ""))
    fields = {"workflowName": "name", "conclusion": "conclusion"}
    asked = _option(words, "--json").split(",")
    print(json.dumps([{name: run[fields[name]] for name in asked} for run in runs["workflow_runs"]]))
    return 0


def _curl(words: Sequence[str], given: dict[str, str]) -> int:
    """Send the requests of `rate_burst`: all of them go to the API's own address."""
    context = ssl.create_default_context(cafile=given["ca"])
    front = urlsplit(given["api_tls"])
    connection = HTTPSConnection(str(front.hostname), front.port, timeout=10, context=context)
    for part in _parts(words, "--next"):
        (name, value), show = _header(_option(part, "--header")), _option(part, "--write-out")
        for url in _expanded(part[-1]):
            connection.request("GET", f"{url.path}?{url.query}", headers={"Host": str(url.hostname), name: value})
            response = connection.getresponse()
            body = response.read().decode()
            print((body if "--output" not in part else "") + show.replace("%{http_code}", str(response.status)), end="")
    return 0


def _parts(words: Sequence[str], mark: str) -> Iterator[list[str]]:
    part: list[str] = []
    for word in (*words, mark):
        if word == mark:
            yield part
            part = []
        else:
            part.append(word)


def _header(text: str) -> tuple[str, str]:
    line = Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _expanded(url: str) -> Iterator[SplitResult]:
    """Yield the URLs of one with a range such as [1-60]."""
    span = re.search(r"\[(\d+)-(\d+)\]", url)
    for number in range(int(span[1]), int(span[2]) + 1) if span else (0,):
        yield urlsplit(url.replace(span[0], str(number)) if span else url)


COMMANDS = {"curl": _curl, "gitleaks": _gitleaks, "trivy": _trivy, "cosign": _cosign, "crane": _crane, "gh": _gh}


def main(words: Sequence[str]) -> int:
    """Run one of the stand-ins; return its exit status."""
    given = json.loads((Path(__file__).parent / "given.json").read_text(encoding="utf-8"))
    try:
        return COMMANDS[words[0]](words[1:], given)
    except (urllib.error.URLError, OSError, KeyError, ValueError) as error:
        print(f"{words[0]}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
