"""`mmcockpit init --discover`: queries systems, writes files whose signals answer, or shows what would change."""

import argparse
import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from mmcockpit import sources
from mmcockpit.cli import OK
from mmcockpit.cli.discovery_sources import host, specs
from mmcockpit.cli.discovery_table import table
from mmcockpit.cli.errors import CommandError
from mmcockpit.cli.imported import print_notes
from mmcockpit.config.load import load_cockpit, read_markdown_file
from mmcockpit.config.starter_files import write_folder
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.cockpit import SourceSpec
from mmcockpit.core.model.reading import Fault, FaultKind, ProbeError
from mmcockpit.core.model.verdict import Level
from mmcockpit.core.text import plain
from mmcockpit.core.words.verdicts import verdict_reason
from mmcockpit.discovery.budget import MOST_REQUESTS, Budget
from mmcockpit.discovery.connection import Connection
from mmcockpit.discovery.diff import changes
from mmcockpit.discovery.discover import Discovered, discover_all
from mmcockpit.discovery.files import COCKPIT, FileHead, written_files
from mmcockpit.discovery.findings import Findings, together
from mmcockpit.engine.survey import Poll, Survey
from mmcockpit.sources.common.request_limit import limited
from mmcockpit.sources.common.secrets import Secrets

LONGEST_POLLS_S = 30.0
"""Seconds for the polls of all found signals."""
UNCOUNTED = 5
"""Requests that are kept for what sources send themselves, such as the login of a connection."""


def discover(args: argparse.Namespace) -> int:
    """Run `init --discover`."""
    found_specs = specs(args)
    if not found_specs:
        raise CommandError("--discover needs a source, such as --prometheus URL or --context NAME", 2)
    place = _place(args)
    secrets, budget = Secrets(), Budget(MOST_REQUESTS - UNCOUNTED)
    with limited(budget):
        found = asyncio.run(_queried(found_specs, args, secrets, budget))
        findings = together(each.findings for each in found)
        polls = _polled(findings, place, secrets, budget)
    findings = _answering(findings, polls)
    for line in table(found, findings, polls, budget.used):
        print(secrets.redact(line))
    if not any(not each.fault for each in found):
        raise CommandError("no source responded; nothing was written")
    files = {name: secrets.redact(text) for name, text in written_files(findings, place).items()}
    return _write(args.folder, files)


async def _queried(
    found: Sequence[SourceSpec], args: argparse.Namespace, secrets: Secrets, budget: Budget
) -> list[Discovered]:
    connections = list[Connection]()
    try:
        for spec in found:
            try:
                source = sources.open_source(spec, secrets)
            except ProbeError as fault:
                where = host(spec)
                kind = "" if where.startswith(f"{spec.kind} ") else f"{spec.kind} "
                raise CommandError(f"{kind}{where}: {fault.message}", 2) from None
            connections.append(Connection(spec, source, args.namespace, tuple(args.job)))
        return await discover_all(connections, budget)
    finally:
        await asyncio.gather(*(each.source.close() for each in connections), return_exceptions=True)


def _place(args: argparse.Namespace) -> FileHead:
    name = plain(args.namespace or args.folder.resolve().name or "my-service", 60)
    around = f"{args.context or ''} {args.namespace}".lower()
    return FileHead(name, "production" if "prod" in around else "staging", _checklist(args.checklist))


def _checklist(path: Path | None) -> Checklist | None:
    """Return the checklist of a Markdown file, and print what was not taken from it."""
    if path is None:
        return None
    imported = read_markdown_file(path)
    print_notes(path, imported)
    return imported.checklist


def _polled(findings: Findings, place: FileHead, secrets: Secrets, budget: Budget) -> Mapping[str, Poll]:
    """Poll the found signals once, as a session with the written files would.

    The budget is for signals whose data no discoverer read; what is left of it is for the others.
    """
    polls: dict[str, Poll] = {}
    for seen in (False, True):
        signals = tuple(one for one in findings.signals if one.seen is seen and not one.unanswered)
        if signals:
            part = msgspec.structs.replace(findings, signals=signals, uses=())
            made = _polls_of(part, place, secrets, budget)
            polls |= {name: poll for name, poll in made.items() if not seen or not _refused(poll, budget)}
    return polls


def _polls_of(findings: Findings, place: FileHead, secrets: Secrets, budget: Budget) -> Mapping[str, Poll]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in written_files(findings, place).items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        cockpit = load_cockpit(Path(folder) / COCKPIT, sources).cockpit
    survey = Survey(cockpit, secrets)
    try:
        within_s = min(budget.left_s(), LONGEST_POLLS_S)
    except ProbeError:
        return {}
    asyncio.run(survey.run(within_s))
    return survey.polls


def _refused(poll: Poll, budget: Budget) -> bool:
    """Return whether the budget did not allow a poll."""
    return budget.is_used and isinstance(poll.answer, Fault) and poll.answer.kind is FaultKind.RATE_LIMITED


def _answering(findings: Findings, polls: Mapping[str, Poll]) -> Findings:
    """Return the findings; signals without a valid result get the reason."""
    signals = tuple(
        signal
        if signal.unanswered or (signal.seen and signal.name not in polls)
        else msgspec.structs.replace(signal, unanswered=_unanswered(polls.get(signal.name), signal.more))
        for signal in findings.signals
    )
    return msgspec.structs.replace(findings, signals=signals)


def _unanswered(poll: Poll | None, more: Mapping[str, object]) -> str:
    """Return why a signal has no valid result, empty if it has one."""
    if poll is None:
        return "not polled: the time of the discovery was over"
    if isinstance(poll.answer, Fault):
        return f"{poll.answer.kind}: {poll.answer.message}"
    if poll.signal.judged:
        return verdict_reason(poll.verdict) if poll.verdict.level is Level.UNKNOWN else ""
    if poll.answer.defect:
        return f"no value: {poll.answer.defect}"
    empty = poll.answer.value in ([], {}) and more.get("empty") != "value"
    return "no data: the result is empty" if empty else ""


def _write(folder: Path, files: Mapping[str, str]) -> int:
    """Write the files of a new folder; of one with files, print what would change."""
    if any((folder / name).exists() for name in files):
        diff = changes(folder, files)
        print(diff, end="")
        what = "the files differ as shown" if diff else "the files have all of it"
        print(f"{folder}: files exist, nothing was written; {what}")
        return OK
    schemas = write_folder(folder, files, sources)
    for name in files:
        print(folder / name)
    print(f"{schemas}: schemas for editors")
    print(f"next: read {folder / COCKPIT}, then mmcockpit run {folder / COCKPIT}")
    return OK
