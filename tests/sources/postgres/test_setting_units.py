"""Settings of servers that were built with other sizes of blocks are in bytes, too."""

import msgspec
import pytest

from mmcockpit.sources.common.contract import Question
from mmcockpit.sources.postgres.connection import ResultTable
from mmcockpit.sources.postgres.probes import Settings
from mmcockpit.sources.postgres.source import SettingsArgs

pytestmark = pytest.mark.anyio


class OneSetting(msgspec.Struct):
    """A database with one row of pg_settings."""

    row: tuple[str, str, str | None, str]
    host: str = "postgres"
    pooled: bool = False

    async def ask(self, sql: str, limit: int, timeout: float) -> ResultTable:
        return ResultTable(("name", "setting", "unit", "vartype"), [self.row])


@pytest.mark.parametrize(
    ("setting", "unit", "kind", "expected"),
    [
        *(("1024", "8kB", "integer", 8_388_608), ("1024", "32kB", "integer", 33_554_432)),
        *(("16", "4kB", "integer", 65_536), ("64", "MB", "integer", 67_108_864), ("2", "B", "integer", 2)),
        *(("250", "ms", "integer", 0.25), ("0.5", "ms", "real", 0.0005), ("5", "min", "integer", 300)),
        *(
            ("-1", "8kB", "integer", -1),
            ("0", "32kB", "integer", 0),
            ("7", None, "integer", 7),
            ("on", None, "bool", True),
        ),
    ],
)
async def test_a_setting_is_in_bytes_or_seconds(
    setting: str, unit: str | None, kind: str, expected: float | bool
) -> None:
    database = OneSetting(("work_mem", setting, unit, kind))
    question = Question(SettingsArgs(names=("work_mem",)), 5.0, 60.0)
    found = (await Settings(database, question).read()).value["work_mem"]
    assert (found, type(found)) == (expected, type(expected))
