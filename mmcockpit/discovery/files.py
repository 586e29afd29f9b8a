"""Writes findings as a cockpit file and a checklist, with comments."""

from collections.abc import Sequence
from typing import NamedTuple

from mmcockpit.config.checklist.export import beside_phases, section_entry
from mmcockpit.config.text.writer import write
from mmcockpit.core.model.checklist import Checklist, Section
from mmcockpit.discovery.findings import (
    ROLLOUT,
    Findings,
    FoundItem,
    FoundSignal,
    FoundSource,
    FoundUse,
)
from mmcockpit.discovery.phases import phases_of
from mmcockpit.discovery.rollbacks import confirmed, queued_by
from mmcockpit.discovery.yaml_lines import YamlLines, flow

COCKPIT, CHECKLIST = "cockpit.yaml", "checklist.yaml"


class FileHead(NamedTuple):
    """What goes live and where, for the head of the files, and the checklist that the team has, if any."""

    name: str
    environment: str
    checklist: Checklist | None = None


def written_files(findings: Findings, place: FileHead) -> dict[str, str]:
    """Return the files: name to text. Signals without data, and what was not found, are comments with the reason."""
    return {COCKPIT: _cockpit(findings, place), CHECKLIST: _checklist(findings, place)}


def _cockpit(findings: Findings, place: FileHead) -> str:
    lines = YamlLines()
    lines.line("# yaml-language-server: $schema=.schemas/cockpit.schema.json")
    lines.comment("Written by `mmcockpit init --discover`: what its sources have now. Edit it freely.")
    lines.line(f"#   mmcockpit doctor {COCKPIT} --signals   polls every signal once")
    lines.line(f"#   mmcockpit run {COCKPIT}                starts the session")
    lines.blank()
    lines.entry("name", f"{place.name} go-live")
    lines.line(f"environment: {place.environment}   # always on the screen; `production` is highlighted")
    lines.line("people:")
    lines.line("- {name: me, role: conductor}   # the people who may act", 2)
    lines.entry("checklist", CHECKLIST)
    live = [signal for signal in findings.signals if not signal.unanswered]
    aborts = [signal for signal in live if signal.abort_for and signal.passing]
    _sources(lines, findings.sources)
    _uses(lines, list(confirmed(findings.uses, aborts)))
    _signals(lines, findings)
    _aborts(lines, aborts)
    _procedures(lines, findings.uses, aborts)
    _baseline(lines, live)
    return lines.text


def _sources(lines: YamlLines, sources: Sequence[FoundSource]) -> None:
    lines.blank()
    lines.line("sources:" if any(not source.unanswered for source in sources) else "sources: {}")
    for source in sources:
        part = YamlLines()
        part.entry(source.name, {"kind": source.kind, **source.options})
        if source.unanswered:
            lines.comment(f"did not respond: {source.unanswered}", 2)
        if source.comment:
            lines.comment(source.comment, 2)
        lines.append(part, 2, off=bool(source.unanswered))


def _uses(lines: YamlLines, uses: Sequence[FoundUse]) -> None:
    if not uses:
        return
    lines.blank()
    lines.line("use:")
    for use in uses:
        lines.comment(use.comment, 2)
        lines.line(f"- {flow({'pack': use.pack, **use.options})}", 2)
    lines.line("# allow: {procedures: true}   # without it, steps of runbooks are shown and not run")


def _signals(lines: YamlLines, findings: Findings) -> None:
    lines.blank()
    live = any(not signal.unanswered for signal in findings.signals)
    lines.line("signals:" if live else "signals: {}")
    names = [*(signal.section for signal in findings.signals), *(missing.section for missing in findings.missing)]
    for section in dict.fromkeys(names):
        lines.blank()
        lines.comment(f"--- {section or 'Other'} ---", 2)
        for signal in findings.signals:
            if signal.section == section:
                _signal(lines, signal)
        for missing in findings.missing:
            if missing.section == section:
                lines.comment(f"no signal for {missing.what}: {missing.reason}", 2)


def _signal(lines: YamlLines, signal: FoundSignal) -> None:
    part = YamlLines()
    part.line(f"{signal.name}:")
    part.entry("title", signal.title, 2)
    if signal.tags:
        part.entry("tags", signal.tags, 2)
    part.entry(f"{signal.source}.{signal.probe}", {} if signal.args is None else signal.args, 2)
    if signal.unit:
        part.entry("unit", signal.unit, 2)
    for key, value in signal.more.items():
        part.entry(key, value, 2)
    if signal.fresh:
        part.entry("fresh", signal.fresh, 2)
    if signal.comment:
        part.comment(signal.comment, 2)
    if signal.informational:
        part.line("informational: true", 2)
    if signal.passing:
        part.entry("pass", signal.passing, 2)
    if signal.warn:
        part.entry("warn", signal.warn, 2)
    if signal.persist > 1:
        part.entry("persist", signal.persist, 2)
    lines.blank()
    if signal.unanswered:
        lines.comment(f"no data now: {signal.unanswered}", 2)
    lines.append(part, 2, off=bool(signal.unanswered))


def _aborts(lines: YamlLines, aborts: Sequence[FoundSignal]) -> None:
    if aborts:
        lines.blank()
        lines.comment("ROLLBACK is advised when one of these fails for that long, from this phase on.")
        lines.line("abort:")
        for signal in aborts:
            lines.line(f"- {{signal: {signal.name}, for: {signal.abort_for}, from: {ROLLOUT}}}", 2)


def _procedures(lines: YamlLines, uses: Sequence[FoundUse], aborts: Sequence[FoundSignal]) -> None:
    queued = queued_by(uses, aborts)
    if queued:
        lines.blank()
        lines.comment("While one of these signals advises ROLLBACK, its rollback is queued; `E` opens it.")
        lines.line("procedures:")
        for procedure, signals in queued.items():
            lines.line(f"- {{id: {procedure}, queued_by: {{abort: [{', '.join(signals)}]}}}}", 2)
    elif any(use.procedures for use in uses):
        lines.blank()
        lines.comment("No abort rule was drafted, so nothing queues the rollbacks; `E` opens them.")


def _baseline(lines: YamlLines, live: Sequence[FoundSignal]) -> None:
    compared = [signal.name for signal in live if signal.baseline]
    if compared:
        lines.blank()
        lines.comment("Recorded before the change; rules may compare with `baseline`.")
        lines.line("baseline:")
        lines.entry("over", "1h", 2)
        lines.entry("before", ROLLOUT, 2)
        lines.entry("signals", compared, 2)


def _checklist(findings: Findings, place: FileHead) -> str:
    lines = YamlLines()
    lines.line("# yaml-language-server: $schema=.schemas/checklist.schema.json")
    lines.comment("What has to be true before, during and after the change: phases with sections and items.")
    lines.comment("An item with a signal is decided by it; the others are ticked by a person.")
    lines.entry("title", place.checklist.title if place.checklist is not None else f"{place.name} go-live")
    lines.blank()
    lines.line("phases:")
    answering = {signal.name for signal in findings.signals if not signal.unanswered}
    for phase in phases_of(place.checklist):
        lines.line(f"- id: {phase.id}", 2)
        lines.entry("title", phase.title, 4)
        lines.line("sections:", 4)
        _given(lines, phase.sections)
        found = [*phase.manual, *(item for item in findings.items if item.phase == phase.id)]
        for name in dict.fromkeys(item.section for item in found):
            _section(lines, name, [item for item in found if item.section == name], answering)
        lines.blank()
    _beside(lines, findings, place.checklist)
    return lines.text


def _given(lines: YamlLines, sections: Sequence[Section]) -> None:
    """Write the sections of the team's own checklist as they are."""
    for section in sections:
        for n, line in enumerate(write(section_entry(section)).splitlines()):
            lines.line(f"{'  ' if n else '- '}{line}", 6)


def _beside(lines: YamlLines, findings: Findings, given: Checklist | None) -> None:
    """Write procedures and contacts of the team's own checklist, and all links."""
    beside = beside_phases(given) if given is not None else {}
    links = [*beside.pop("links", []), *({"title": link.title, "url": link.url} for link in findings.links)]
    for line in write(beside).splitlines() if beside else ():
        lines.line(line)
    if links:
        lines.line("links:")
        for link in links:
            lines.line(f"- {{title: {flow(link['title'])}, url: {flow(link['url'])}}}", 2)


def _section(lines: YamlLines, title: str, items: Sequence[FoundItem], answering: set[str]) -> None:
    live = [item for item in items if not item.signal or item.signal in answering]
    lines.line("- title: " + flow(title), 6)
    lines.line("items:" if live else "items: []", 8)
    for item in items:
        part = YamlLines()
        part.line("- title: " + flow(item.title))
        if item.signal:
            part.entry("signal", item.signal, 2)
        if item.hold:
            part.entry("hold", item.hold, 2)
        if item.comment:
            lines.comment(item.comment, 10)
        lines.append(part, 10, off=item not in live)
