"""When Redis last saved its data as an RDB file; `rdb_last_save_time` alone does not show that."""

from typing import Any

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.redis.probes import RedisProbe

START_S = 2
"""Seconds by which a save must be later than the start if the server does not count its saves."""


class Snapshot(RedisProbe):
    """The last snapshot on disk: its age, and changes since then.

    A server counts its start as a save. If it has saved nothing since then, and loaded nothing at its start, `saved` is
    false. If it loaded an older file, the age of that file is not visible: no data, until the server itself has run for
    `max_age_s`; then no snapshot is younger than that.
    """

    async def value(self) -> Any:
        server, persistence = await self.info("server"), await self.info("persistence")
        self.loaded(persistence)
        now, up = await self._now(server), self.number(server, "uptime_in_seconds")
        last, saves = self.number(persistence, "rdb_last_save_time"), persistence.get("rdb_saves")
        saved = saves > 0 if isinstance(saves, int) else last > now - up + START_S
        if not saved and persistence.get("rdb_last_load_keys_loaded") != 0 and up < self.args.max_age_s:
            why = f"no snapshot since the server started {duration(up)} ago; the age of an older file is not visible"
            raise ProbeError(FaultKind.NO_DATA, f"{self.server.host}: {why}; run BGSAVE")
        value = {
            "saved": saved,
            "last_ok": persistence.get("rdb_last_bgsave_status") == "ok",
            "changes": self.number(persistence, "rdb_changes_since_last_save"),
            "running": persistence.get("rdb_bgsave_in_progress") == 1,
        }
        return {**value, "age_s": max(0, now - last)} if saved else value

    async def _now(self, server: dict[str, Any]) -> int:
        """Return the server's own time: its clock and ours may differ."""
        if isinstance(micros := server.get("server_time_usec"), int):
            return micros // 1_000_000
        reply = await self.server.ask("TIME")
        if not isinstance(reply, list) or not reply or not str(reply[0]).isdecimal():
            raise self.malformed("TIME returned no seconds")
        return int(reply[0])
