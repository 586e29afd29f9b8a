"""Reads of a check from the API server of a step, by kubectl, as the identity of the step."""

from typing import Any

import msgspec

from mmcockpit.core.model.procedure import Cluster
from mmcockpit.engine.readiness.trial import Trials

AT_MOST = 500
"""Most objects of a list that are read."""


class UnreadableError(Exception):
    """An object or a list could not be read: why, in one line."""


class KubeReader:
    """Reads objects with a kubectl command that begins with `prefix`."""

    def __init__(self, prefix: tuple[str, ...], cluster: Cluster, trials: Trials) -> None:
        self.prefix = prefix
        self.cluster = cluster
        self.trials = trials

    async def get(self, target: str) -> dict[str, Any]:
        """Return one object (`TYPE/NAME`); UnreadableError if it cannot be read."""
        return await self._json("get", target, "--output=json")

    async def items(self, path: str, selector: str = "") -> tuple[list[dict[str, Any]], bool]:
        """Return the first AT_MOST objects of a list of the API, and whether these are all."""
        chosen = f"&labelSelector={selector}" if selector else ""
        found = await self._json("get", f"--raw={path}?limit={AT_MOST}{chosen}")
        items = found.get("items")
        complete = not (found.get("metadata") or {}).get("continue")
        return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else [], complete

    async def namespace(self) -> str:
        """Return the namespace of the context; `default` if it has none."""
        tried, printed = await self.trials.read(
            (*self.prefix, "config", "view", "--minify", "--output=jsonpath={..namespace}"), self.cluster
        )
        return "" if tried.why else printed.decode(errors="replace").strip() or "default"

    async def _json(self, *words: str) -> dict[str, Any]:
        tried, printed = await self.trials.read((*self.prefix, *words), self.cluster)
        if tried.why:
            raise UnreadableError(tried.why)
        try:
            found = msgspec.json.decode(printed)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UnreadableError(f"kubectl {' '.join(words[:2])}: not valid JSON: {error}") from error
        return found if isinstance(found, dict) else {}
