"""Levels of log lines, as the logging libraries of many languages write them."""

import json

import pytest

from mmcockpit.sources.kubernetes.logs import counted

AT = "2026-11-30T05:00:00.123456789+02:00"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        *(({"level": "dpanic"}, "CRITICAL"), ({"level": "panic"}, "CRITICAL"), ({"severity": "EMERGENCY"}, "CRITICAL")),
        *(({"severity": "ERROR"}, "ERROR"), ({"levelname": "ERROR"}, "ERROR"), ({"log.level": "error"}, "ERROR")),
        *(({"level": "err"}, "ERROR"), ({"level": "SEVERE"}, "ERROR"), ({"level": "", "severity": "Error"}, "ERROR")),
        *(({"level": "notice"}, "INFO"), ({"level": "Information"}, "INFO"), ({"level": "trace"}, "DEBUG")),
        *(({"level": "audit"}, "OTHER"), ({"message": "error"}, "OTHER"), ({"severity": None}, "OTHER")),
    ],
)
def test_a_level_is_read_from_the_field_that_has_it(line: dict[str, str | None], level: str) -> None:
    count = counted(f"{AT} {json.dumps(line)}\n".encode(), 5.0)
    assert {name: number for name, number in count.by_level.items() if number} == {level: 1}
    assert count.errors_a_minute == (0.2 if level in ("CRITICAL", "ERROR") else 0.0)
