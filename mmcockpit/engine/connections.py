"""The open sources and their probes; each is opened when it is first polled."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import msgspec

from mmcockpit import sources
from mmcockpit.core.facts.event import AnyBody
from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.model.cockpit import Cockpit, SourceSpec
from mmcockpit.core.model.procedure import Cluster
from mmcockpit.core.model.reading import FaultKind, Probe, ProbeError
from mmcockpit.core.model.signal import BUILT_IN, Signal
from mmcockpit.core.rules.judge import passes_only_with
from mmcockpit.core.state.session import Session
from mmcockpit.engine.children.output import WITHHELD
from mmcockpit.engine.witness import SourceWitness
from mmcockpit.sources.common import secret_commands
from mmcockpit.sources.common.secrets import Secrets
from mmcockpit.sources.kubernetes.api.identity import differs, identity, watched

if TYPE_CHECKING:
    from mmcockpit.sources.alertmanager.source import AlertmanagerSource
    from mmcockpit.sources.common.contract import Source
    from mmcockpit.sources.prometheus.source import PrometheusSource

_RUNS_COMMANDS = frozenset({"command", "procedures"})
"""Kinds of sources whose polls run commands."""


class Connections:
    """One source per name and one probe per signal; a signal without a source is a fault at every poll."""

    def __init__(
        self,
        cockpit: Cockpit,
        secrets: Secrets,
        look: Callable[[], tuple[Session, float]],
        publish: Callable[[AnyBody], None],
        polls_again: bool = True,
    ) -> None:
        """Take whether signals are polled again, so that a check may wait for their data."""
        self._specs = {
            **{name: SourceSpec(name, name) for name in BUILT_IN},
            **{spec.name: spec for spec in cockpit.sources},
        }
        self._allowed = cockpit.allow.probe_commands
        self._cluster_of = cockpit.cluster_of
        outward = (cockpit.webhook, *(channel.secret for channel in cockpit.channels))
        store = cockpit.share.postgres if cockpit.share is not None else {}
        self._written = [store, *outward, *(spec.options for spec in self._specs.values())]
        """Everything that may refer to a secret."""
        self._secrets = secrets
        self._look = look
        self._publish = publish
        self._polls_again = polls_again
        self._sources: dict[str, Source] = {}
        self._probes: dict[str, Probe] = {}
        self._preparing: asyncio.Task[None] | None = None
        self._learning: asyncio.Task[None] | None = None

    async def probe(self, signal: Signal) -> Probe:
        """Return the signal's probe; ProbeError(configuration) if its source or a secret is missing."""
        probe = self._probes.get(signal.name)
        if probe is None:
            await self._prepare(signal.source)
        probe = self._probes.get(signal.name)
        if probe is None:
            probe = self._probes[signal.name] = self._make(signal)
        return probe

    async def _prepare(self, name: str) -> None:
        """Let the programs print the secrets of a source; those of all others follow, so that they are struck out."""
        if self._preparing is None:
            self._preparing = asyncio.create_task(self._secrets.prepare(self._written))
        spec = self._specs.get(name)
        if spec is not None and spec.kind in _RUNS_COMMANDS:
            # What a command prints may have the secret of any source.
            if unknown := await self.learn_secrets():
                raise ProbeError(FaultKind.CONFIGURATION, f"{WITHHELD}: {unknown}")
            return
        # An Alertmanager is compared with what the Prometheus sources send.
        also = "prometheus" if spec is not None and spec.kind == "alertmanager" else ""
        own = [each.options for each in self._specs.values() if each is spec or each.kind == also]
        await self._secrets.prepare(own)

    def _make(self, signal: Signal) -> Probe:
        spec = self._specs.get(signal.source)
        if spec is None:
            raise ProbeError(FaultKind.CONFIGURATION, f"the cockpit file has no source named {signal.source}")
        probe_kind = sources.kind(spec.kind).probes.get(signal.probe)
        if probe_kind is None:
            raise ProbeError(FaultKind.CONFIGURATION, f"a {spec.kind} source has no probe {signal.probe}")
        source = self._source(spec)
        # Imported with the first poll: the models of arguments must not delay the first frame.
        from mmcockpit.sources.common.contract import FollowsStart, Question

        args = probe_kind.args.model_validate(signal.args)
        if args.acts and not signal.active:
            raise ProbeError(FaultKind.CONFIGURATION, f"never polled automatically: {args.acts}")
        session, at = self._look()
        values = probe_kind.credential_values
        question = Question(
            args,
            signal.timeout,
            signal.stale_after,
            signal.fresh,
            refusable=values is not None and passes_only_with(signal, values, session, Stamp(0.0, at)),
            may_be_absent=signal.may_be_absent,
            judged=signal.judged,
            empty_is_value=signal.rule.empty == "value",
        )
        probe = probe_kind.make(source, question)
        if isinstance(probe, FollowsStart):
            probe.follow(lambda: self._look()[0].t0)
        return probe

    def _source(self, spec: SourceSpec) -> "Source":
        if spec.name not in self._sources:
            self._sources[spec.name] = self._witnessed(spec)
        return self._sources[spec.name]

    def _senders(self) -> "list[PrometheusSource]":
        """Return the Prometheus sources, which send the alerts."""
        return [
            cast("PrometheusSource", self._source(spec)) for spec in self._specs.values() if spec.kind == "prometheus"
        ]

    def _witnessed(self, spec: SourceSpec) -> "Source":
        from mmcockpit.sources.common.contract import Reports

        source, witness = self._open(spec), self._witness(spec.name)
        if isinstance(source, Reports):
            source.witness = witness
        return source

    def _witness(self, source: str) -> SourceWitness:
        return SourceWitness(source, lambda: self._look()[0], self._publish)

    def start(self) -> None:
        """Learn the secrets of the cockpit file, used or not, and report sources that verify nothing."""
        if any(self._written):
            self._learning = asyncio.create_task(self._learn_references())
        self.report_unverified()

    async def _learn_references(self) -> None:
        # Imported here: the first frame needs no threads.
        from mmcockpit.sources.common.workers import in_thread

        await in_thread(lambda: self._secrets.learn(self._written))

    def report_unverified(self) -> None:
        """Record for which sources the cockpit file turns off the verification of TLS certificates."""
        for spec in self._specs.values():
            try:
                described = sources.kind(spec.kind)
                why = described.unverified(described.options.model_validate(spec.options))
            except (KeyError, ValueError):
                # A kind or an option that this version does not know: its signals report that themselves.
                continue
            if why is not None:
                self._witness(spec.name).unverified(why)

    def _open(self, spec: SourceSpec) -> "Source":
        match spec.kind:
            case "command":
                # Only `allow:` in the cockpit file decides what may run, not the source's own options.
                spec = msgspec.structs.replace(spec, options={**spec.options, "allow": list(self._allowed)})
            case "alertmanager":
                alertmanager = cast("AlertmanagerSource", sources.open_source(spec, self._secrets))
                alertmanager.completeness.senders = self._senders
                return alertmanager
            case "session":
                from mmcockpit.sources.session.source import SessionSource

                session = SessionSource()
                session.look = self._look
                return session
            case "procedures":
                return self._procedures()
        return sources.open_source(spec, self._secrets)

    def _procedures(self) -> "Source":
        from mmcockpit.engine.readiness.checker import ReadinessChecker
        from mmcockpit.engine.readiness.trial import WITHIN_S
        from mmcockpit.sources.procedures.source import ProceduresSource

        procedures = ProceduresSource()
        patience_s = WITHIN_S if self._polls_again else 0.0
        procedures.checks = ReadinessChecker(self._secrets, self._now, self.elsewhere, patience_s).checks
        return procedures

    def _now(self) -> tuple[Session, Stamp]:
        """Return the session and the time of its last fact, which is the present one but for a second."""
        session, wall = self._look()
        return session, session.last or Stamp(0.0, wall)

    def elsewhere(self, name: str, where: str) -> str:
        """Return why a command for the API server `where` would not reach the watched cluster that it names.

        Empty if it would, or names none.
        """
        if not name:
            return ""
        spec = watched(tuple(self._specs.values()), name)
        recorded = self._cluster_of(name)
        session = self._look()[0]
        if spec and spec.name in session.strangers:
            return f"another system responds for the source {spec.name}: {session.strangers[spec.name]}"
        because = differs(recorded, identity(spec) if spec else Cluster(), where)
        server = getattr(self._sources.get(spec.name), "server", "") if spec else ""
        if because or not server or server == urlsplit(recorded.server).netloc:
            return because
        return f"the source {spec.name if spec else ''} watches {server}, the kubeconfig names {recorded.server}"

    async def learn_secrets(self) -> str:
        """Learn every secret of the cockpit file before a command starts, which may print one.

        Takes a few seconds at most. A secret whose program fails or is late stays unknown, and cannot be struck out:
        then return why, so that no output of the command is shown.
        """
        self._secrets.learn(self._written)
        with suppress(TimeoutError):
            async with asyncio.timeout(secret_commands.WITHIN_S + 1.0):
                await self._secrets.prepare(self._written)
        return self._secrets.unknown(self._written)

    async def close(self) -> None:
        """Close every probe and source; errors are ignored."""
        for task in filter(None, (self._preparing, self._learning)):
            task.cancel()
        parts: list[Probe | Source] = [*self._probes.values(), *self._sources.values()]
        closing = [part.close() for part in parts]
        await asyncio.gather(*closing, return_exceptions=True)
