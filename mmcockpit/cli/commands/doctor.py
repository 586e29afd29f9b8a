"""`mmcockpit doctor`: checks every source once; with --signals polls signals, with --procedures checks steps."""

import argparse
import asyncio
import shutil
from collections import Counter
from pathlib import Path

import msgspec

from mmcockpit import sources
from mmcockpit.cli import FAILED, OK
from mmcockpit.cli.doctor.queries import mistaken_queries
from mmcockpit.cli.errors import CommandError
from mmcockpit.config.load import load_cockpit
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.model.signal import BUILT_IN
from mmcockpit.core.text import clean
from mmcockpit.core.words.amounts import counted
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.contract import Health, Source
from mmcockpit.sources.common.secrets import Secrets

PATIENCE_S = 10.0
_EXITS = """\
exit codes: 0 every source, every channel and what `share:` and `anchor:` name respond (with --signals: every judged
signal passes or warns, too; with --procedures: no check of a step fails, too), 1 otherwise, 3 invalid file"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "cockpit", nargs="?", type=Path, default=Path("cockpit.yaml"), help="the cockpit file; default: ./cockpit.yaml"
    )
    parser.add_argument(
        "--signals", action="store_true", help="poll every signal once, too; active ones are listed, never run"
    )
    parser.add_argument(
        "--procedures",
        action="store_true",
        help="check every step, changing nothing: runs reading commands and server-side dry runs",
    )
    parser.add_argument(
        "--role",
        action="store_true",
        help="print the Kubernetes Roles that allow what the signals read, and nothing more, for kubectl apply -f -",
    )
    parser.add_argument(
        "--for",
        dest="subject",
        metavar="WHO",
        help="with --role: user:NAME, group:NAME or serviceaccount:NAMESPACE:NAME; default: a new account mmcockpit",
    )
    parser.epilog = f"{parser.epilog}\n\n{_EXITS}"


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    cockpit = load_cockpit(args.cockpit, sources).cockpit
    if args.role or args.subject:
        return _print_roles(cockpit, args.subject)
    secrets = Secrets()
    if not cockpit.sources and not (args.signals or args.procedures):
        if cockpit.share is not None or cockpit.anchor is not None or cockpit.webhook or cockpit.channels:
            return OK if _print_others(cockpit, secrets) else FAILED
        print(f"{args.cockpit}: no sources, nothing to poll")
        return OK
    healths = _print_sources(cockpit, secrets)
    if any(one.offer is None for one in cockpit.checklist.procedures):
        print(_procedures(cockpit))
    recorded = _print_others(cockpit, secrets)
    served = _print_missing_sources(cockpit)
    if any(health.findings for spec, health in healths if spec.kind == "kubernetes"):
        print(f"mmcockpit doctor {args.cockpit} --role prints Roles with all that the signals must be allowed")
    good = recorded and served and all(map(_is_good, (health for _, health in healths)))
    if not args.signals:
        mistakes = asyncio.run(mistaken_queries(cockpit, secrets))
        for line in mistakes:
            print(secrets.redact(line))
        good = good and not mistakes
    else:
        # Imported here: only this and --procedures need the engine.
        from mmcockpit.cli.doctor.signals import survey

        good = survey(cockpit, secrets) and good
    good = (not args.procedures or _check_steps(cockpit, secrets)) and good
    return OK if good else FAILED


def _print_sources(cockpit: Cockpit, secrets: Secrets) -> list[tuple[SourceSpec, Health]]:
    """Check every source at once, and print a line for each, with what it lacks below it; return the results."""
    specs = tuple(_allowed(spec, cockpit) for spec in cockpit.sources)
    healths = list(zip(specs, asyncio.run(_check_all(specs, cockpit, secrets)), strict=True))
    for spec, health in healths:
        print(secrets.redact(_line(spec, health)))
        for line in (*health.findings, *filter(None, [health.note])):
            print(secrets.redact(clean(f"{'':8} {spec.name:12} {line}", 400)))
    return healths


def _print_missing_sources(cockpit: Cockpit) -> bool:
    """Print which sources signals name and the cockpit does not have; return whether it has all of them."""
    known = {*BUILT_IN, *(spec.name for spec in cockpit.sources)}
    missing = Counter(signal.source for signal in cockpit.signals if signal.source not in known)
    for name, count in sorted(missing.items()):
        without = f"{counted(count, 'signal')} {'has' if count == 1 else 'have'} no data"
        print(f"MISSING  {name:12} unknown source, {without}: add it under sources:, or switch them off")
    return not missing


def _is_good(health: Health) -> bool:
    return health.reachable and health.authorised and not (health.missing or health.findings)


def _check_steps(cockpit: Cockpit, secrets: Secrets) -> bool:
    from mmcockpit.cli.doctor.procedures import check_procedures

    return check_procedures(cockpit, secrets)


def _allowed(spec: SourceSpec, cockpit: Cockpit) -> SourceSpec:
    """Return a source as a session opens it, with the commands that the cockpit file allows."""
    if spec.kind != "command":
        return spec
    return msgspec.structs.replace(spec, options={**spec.options, "allow": list(cockpit.allow.probe_commands)})


def _print_others(cockpit: Cockpit, secrets: Secrets) -> bool:
    """Print whether messages can be sent, the session shared and its journal anchored; return whether all of it can."""
    good = _print_share(cockpit, secrets)
    # Imported here, both: few cockpits have channels or a key.
    if cockpit.webhook or cockpit.channels:
        from mmcockpit.cli.doctor.channels import print_channels

        good = print_channels(cockpit, secrets) and good
    if cockpit.anchor is not None:
        from mmcockpit.cli.doctor.anchor import print_anchor

        good = print_anchor(cockpit.anchor) and good
    return good


def _print_share(cockpit: Cockpit, secrets: Secrets) -> bool:
    """Print what the socket and the store of a shared session lack; return whether they lack nothing."""
    if cockpit.share is None:
        return True
    # Imported here: few cockpits have a store.
    from mmcockpit.cli.doctor.share import share_report

    report = share_report(cockpit, secrets)
    for line in report.lines:
        print(line)
    return report.good


def _procedures(cockpit: Cockpit) -> str:
    """Return a line on procedures: whether steps may be run from here, and which of their programs are missing."""
    procedures = [one for one in cockpit.checklist.procedures if one.offer is None]
    programs = sorted({step.argv[0] for procedure in procedures for step in procedure.steps if step.argv})
    lacking = [name for name in programs if shutil.which(name) is None]
    may = "may be run from here" if cockpit.allow.procedures else "may not be run, only copied"
    lacks = f"; not found: {', '.join(lacking)}" if lacking else ""
    return clean(f"{'steps':8} procedures   {len(procedures)}, {may}{lacks}", 400)


def _print_roles(cockpit: Cockpit, who: str | None) -> int:
    # Imported here: only this and the check of a cluster need the Kubernetes probes.
    from mmcockpit.cli.doctor.permissions import KIND, roles
    from mmcockpit.sources.kubernetes.roles import RoleSubject

    if not any(spec.kind == KIND for spec in cockpit.sources):
        raise CommandError("--role: the cockpit file has no source of kind kubernetes")
    try:
        print(asyncio.run(roles(cockpit, Secrets(), RoleSubject.parse(who) if who else None)), end="")
    except ValueError as error:
        raise CommandError(f"--for {who}: {error}") from None
    except ProbeError as error:
        raise CommandError(f"--role: {error.message}") from None
    return OK


async def _check_all(specs: tuple[SourceSpec, ...], cockpit: Cockpit, secrets: Secrets) -> list[Health]:
    """Check every source; one that does not respond once more.

    The first request also imports the client of its source: on a slow machine, all clients together take longer than a
    response may.
    """
    healths = await asyncio.gather(*(_checked(spec, cockpit, secrets) for spec in specs))
    late = [n for n, health in enumerate(healths) if not health.reachable]
    for n, health in zip(
        late, await asyncio.gather(*(_checked(specs[n], cockpit, secrets) for n in late)), strict=True
    ):
        healths[n] = health
    return healths


async def _checked(spec: SourceSpec, cockpit: Cockpit, secrets: Secrets) -> Health:
    await secrets.prepare(spec.options)
    try:
        source = sources.open_source(spec, secrets)
    except ProbeError as error:
        return Health(False, False, message=error.message)
    try:
        async with asyncio.timeout(PATIENCE_S):
            health = await source.check()
            if health.reachable and health.authorised:
                findings, note = await _findings(source, cockpit, spec), await _note(source, cockpit, spec)
                return msgspec.structs.replace(health, findings=findings, note=note)
            return health
    except TimeoutError:
        return Health(False, False, message=f"no response within {duration(PATIENCE_S)}")
    finally:
        await source.close()


async def _findings(source: Source, cockpit: Cockpit, spec: SourceSpec) -> tuple[str, ...]:
    """Return what the signals of a source need that it does not provide."""
    if spec.kind == "kubernetes":
        from mmcockpit.cli.doctor.permissions import missing_permissions

        return tuple(await missing_permissions(source, cockpit, spec))
    if spec.kind == "prometheus":
        from mmcockpit.cli.doctor.targets import failing_targets

        return tuple(await failing_targets(source, cockpit, spec))
    return ()


async def _note(source: Source, cockpit: Cockpit, spec: SourceSpec) -> str:
    """Return what the source could do better, which is no failure."""
    if spec.kind == "kubernetes":
        from mmcockpit.cli.doctor.permissions import unwatched

        return await unwatched(source, cockpit, spec)
    return ""


def _line(spec: SourceSpec, health: Health) -> str:
    described = sources.kind(spec.kind)
    options = described.options.model_validate(spec.options)
    target = described.target(options)
    state = "ok" if health.reachable and health.authorised else "REFUSED" if health.reachable else "DOWN"
    if (health.missing or health.findings) and state == "ok":
        state = "LACKS"
    off = health.unverified or described.unverified(options)
    tls = f"TLS not verified ({off})" if off else ""
    what = "  ".join(filter(None, [health.version, health.message, health.identity, ", ".join(health.missing), tls]))
    return clean(f"{state:8} {spec.name:12} {spec.kind:11} {health.ms:6.0f} ms  {target}  {what}", 400).rstrip()
