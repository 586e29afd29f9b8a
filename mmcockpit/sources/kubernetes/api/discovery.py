"""Which kinds of objects a Kubernetes API server has: its discovery documents, read when needed and kept."""

import asyncio
import difflib
from typing import Any, Protocol

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.kubernetes.api.discovery_documents import (
    AGGREGATED,
    MAX_RESOURCES,
    Aggregated,
    Core,
    Groups,
    GroupVersion,
    Resources,
    Served,
)
from mmcockpit.sources.kubernetes.api.kind_names import KindName, kind_name
from mmcockpit.sources.kubernetes.api.kinds import KINDS, ObjectKind
from mmcockpit.sources.kubernetes.api.page import MAX_PAGE_BYTES, Query, Reply

REFRESH_AFTER_S = 10.0
"""Seconds for which a kind that was not found counts as missing: then the documents are read again."""
SHOWN = 3
"""Maximum number of similar kinds in a message."""
_ROOT: "msgspec.json.Decoder[Aggregated | Groups | Core]" = msgspec.json.Decoder(Aggregated | Groups | Core)
_RESOURCES = msgspec.json.Decoder(Resources)


class _Api(Protocol):
    """Sends requests to the API server."""

    @property
    def host(self) -> str: ...

    async def ask(self, method: str, path: str, query: Query, body: Any, limit: int, accept: str = ...) -> Reply: ...

    def decode(self, decoder: "msgspec.json.Decoder[Any]", reply: Reply) -> Any: ...


class _Catalog:
    """What is known of one root, /api or /apis: the versions of its groups, and when they were read."""

    def __init__(self, versions: list[GroupVersion], read_at: float) -> None:
        self.read_at = read_at
        self.groups: dict[str, list[GroupVersion]] = {}
        for version in versions:
            self.groups.setdefault(version.group, []).append(version)

    def served(self) -> list[Served]:
        """Return all kinds that are known."""
        return [one for versions in self.groups.values() for version in versions for one in version.served or ()]


class Discovery:
    """The kinds of one API server.

    Servers from 1.26 on describe all groups in one document, in which a group whose own API server does not respond is
    marked. Of older servers, only the documents of the group in question are read. So a broken group never affects
    another one.
    """

    def __init__(self, api: _Api) -> None:
        self._api = api
        self._catalogs: dict[str, _Catalog] = {}
        self._reading = asyncio.Lock()
        self._locks: dict[str, asyncio.Lock] = {}

    def forget(self) -> None:
        """Read the documents again for the next kind: another server may have other kinds."""
        self._catalogs.clear()

    def gone(self, kind: ObjectKind) -> None:
        """Read the documents again for the next kind of this root: the server has no such path any more."""
        root = "/apis" if kind.group else "/api"
        if (catalog := self._catalogs.get(root)) is not None and self._outdated(catalog):
            del self._catalogs[root]

    async def kind(self, text: str) -> ObjectKind:
        """Return the kind with this name: a short name of KINDS without a request, else as the server describes it.

        Without a version, the version that the server prefers. ProbeError(not found) if the server has no such kind,
        ProbeError(configuration) for a name that is not one of a kind.
        """
        if text in KINDS:
            return KINDS[text]
        try:
            named = kind_name(text)
        except ValueError as error:
            raise ProbeError(FaultKind.CONFIGURATION, f"{self._api.host}: {error}") from None
        root = "/apis" if named.group else "/api"
        # One lock for each group: one whose API server does not respond must not delay the others.
        async with self._locks.setdefault(named.group, asyncio.Lock()):
            catalog = self._catalogs.get(root)
            found = await self._find(catalog, named) if catalog is not None else None
            if found is None and (catalog is None or self._outdated(catalog)):
                found = await self._find(await self._renewed(root, catalog), named)
        if found is None:
            raise ProbeError(
                FaultKind.NOT_FOUND, f"{self._api.host}: the cluster has no kind {named}{self._near(named)}"
            )
        return found

    def _outdated(self, catalog: _Catalog) -> bool:
        return asyncio.get_running_loop().time() - catalog.read_at >= REFRESH_AFTER_S

    async def _renewed(self, root: str, known: _Catalog | None) -> _Catalog:
        """Return a newer catalog than the known one: read it, unless another poll just did."""
        async with self._reading:
            catalog = self._catalogs.get(root)
            if catalog is None or catalog is known:
                self._catalogs[root] = catalog = await self._read(root)
            return catalog

    async def _read(self, root: str) -> _Catalog:
        reply = await self._api.ask("GET", root, (), None, MAX_PAGE_BYTES, AGGREGATED)
        catalog = _Catalog(self._api.decode(_ROOT, reply).versions(), asyncio.get_running_loop().time())
        if len(catalog.served()) > MAX_RESOURCES:
            raise ProbeError(FaultKind.TOO_LARGE, f"{self._api.host}: {root} has more than {MAX_RESOURCES} kinds")
        return catalog

    async def _find(self, catalog: _Catalog, named: KindName) -> ObjectKind | None:
        """Return the kind in the first version that has it; the fault of a version that is not known if none has it."""
        fault: ProbeError | None = None
        versions = catalog.groups.get(named.group, [])
        for place, version in enumerate(versions):
            if named.version not in ("", version.version):
                continue
            try:
                served = versions[place] = await self._served(version)
            except ProbeError as error:
                fault = fault or error
                continue
            for one in served.served or ():
                if one.named(named.name):
                    return one.kind
        if fault is not None:
            raise fault
        return None

    async def _served(self, version: GroupVersion) -> GroupVersion:
        if version.served is not None:
            return version
        if version.stale:
            why = f"{self._api.host}: the API server of {version.group}/{version.version} does not respond"
            raise ProbeError(FaultKind.SERVER_ERROR, why)
        reply = await self._api.ask("GET", version.prefix, (), None, MAX_PAGE_BYTES)
        resources: Resources = self._api.decode(_RESOURCES, reply)
        return resources.read(version)

    def _near(self, named: KindName) -> str:
        """Return what to write instead: the same kind in other versions or groups, else similar names."""
        known = [one for catalog in self._catalogs.values() for one in catalog.served()]
        same = [one.kind for one in known if one.named(named.name)]
        here = [kind for kind in same if kind.group == named.group]
        if here:
            return f"; it has {' and '.join(kind.prefix.rsplit('/', 1)[1] for kind in here[:SHOWN])}"
        names = list(dict.fromkeys(_name(kind) for kind in same))
        if not names:
            group = {one.kind.kind: _name(one.kind) for one in known if one.kind.group == named.group}
            names = [group[name] for name in difflib.get_close_matches(named.name, group, n=SHOWN)]
        if not names:
            every = [_name(one.kind) for one in known]
            names = difflib.get_close_matches(f"{named.name}.{named.group}", every, n=SHOWN, cutoff=0.75)
        return f"; did you mean {' or '.join(names[:SHOWN])}?" if names else ""


def _name(kind: ObjectKind) -> str:
    """Return how a file names the kind."""
    return f"{kind.kind}.{kind.group}" if kind.group else f"{kind.api_version}/{kind.kind}"
