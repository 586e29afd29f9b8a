"""A section of INFO, of one server or of all masters of a cluster."""

from typing import Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.sources.redis.account import Address
from mmcockpit.sources.redis.cluster_info import summed
from mmcockpit.sources.redis.topology import MastersProbe

_OF_DATA = {"", "default", "all", "everything", "memory", "stats", "keyspace", "commandstats"}
"""Sections whose numbers are incomplete while the data set is loaded."""


class Info(MastersProbe):
    """A section of INFO; `fields` that the server does not send are left out.

    A section without fields is an empty value, such as the keyspace of a server without keys. While a server loads its
    data set, its INFO numbers are incomplete: a fault. With `cluster: true`, counts and sizes are summed over the
    masters, fields that differ otherwise are left out, and `nodes` has each master; one that does not respond makes
    the result partial.
    """

    async def value(self) -> Any:
        if not self.server.cluster:
            return await self._section(None)
        rows = await self.of_masters(self._section)
        return {**summed(rows), "nodes": [{"address": name, **fields} for name, fields in rows]}

    async def _section(self, address: Address | None) -> dict[str, Any]:
        section = self.args.section
        reply = await self.server.ask("INFO", *filter(None, [section]), address=address)
        values = await self.fields(reply)
        if section.lower() in _OF_DATA:
            self.loaded(values if "loading" in values else await self.info("persistence", address=address))
        if not values and not self.text(reply).startswith("#"):
            why = f"INFO has no section {section}; check section, e.g. memory, stats or keyspace"
            raise ProbeError(FaultKind.NOT_FOUND, f"{self.server.host}: {why}")
        return {name: values[name] for name in self.args.fields or values if name in values}
