"""Levels of log lines, as the logging libraries of many languages write them."""

import json
from time import perf_counter

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


@pytest.mark.parametrize(
    ("line", "level"),
    [
        # Numbers of pino and bunyan; between two steps the lower one.
        *(
            (f'{{"level":{number},"msg":"error"}}', level)
            for number, level in ((10, "DEBUG"), (20, "DEBUG"), (29, "DEBUG"))
        ),
        *(
            (f'{{"level":{number},"msg":"error"}}', level)
            for number, level in ((30, "INFO"), (35, "INFO"), (40, "WARNING"))
        ),
        *((f'{{"level":{number}}}', level) for number, level in ((50, "ERROR"), (55.5, "ERROR"), (60, "CRITICAL"))),
        *((f'{{"level":{number}}}', "OTHER") for number in (0, 3, 9, 61, -30, "true", "null", "[30]", 10**30, '"5"')),
        *(
            ('{"level":"50"}', "ERROR"),
            ('{"level":"audit","severity":"ERROR"}', "ERROR"),
            ('{"lvl":"warn"}', "WARNING"),
        ),
        *(('{"LogLevel":"Error"}', "ERROR"), ('{"log":{"level":"error"}}', "ERROR"), ('  {"level":"error"}', "ERROR")),
        # logfmt
        *(('level=error msg="x"', "ERROR"), ('time="2026-01-01 00:00:00" level=warning msg=x', "WARNING")),
        *(
            ("ts=1767225600.1 caller=a.go:1 lvl=odd level=info", "INFO"),
            ('msg="a \\"b\\" level=error" severity=INFO', "INFO"),
        ),
        *(("2026-01-01T00:00:00Z level=fatal msg=x", "CRITICAL"), ('level="error"', "ERROR"), ("a=b level=", "OTHER")),
        *(
            ("set the log level=error for all", "OTHER"),
            ('msg="level=error"', "OTHER"),
            ("a=b then level=error", "OTHER"),
        ),
        # klog and glog
        *(("E0512 10:00:00.000000       1 a.go:1] x", "ERROR"), ("W0512 10:00:00.000000 1 a.go:1] error", "WARNING")),
        *(("I20260512 10:00:00.000000 1 a.cc:1] x", "INFO"), ("F0512 10:00:00.0 1 a.go:1] x", "CRITICAL")),
        *(("E0512 is the code", "OTHER"), ("E051 10:00:00", "OTHER")),
        # A word before the message of a plain line
        *(
            ("ERROR: x", "ERROR"),
            ("ERROR x", "ERROR"),
            ("[error] x", "ERROR"),
            ("[ERROR   ] x", "ERROR"),
            ("error: x", "ERROR"),
        ),
        *(
            ("Error: connect ECONNREFUSED", "ERROR"),
            ("ERROR", "ERROR"),
            ("ERROR:root:x", "ERROR"),
            ("<warn> x", "WARNING"),
        ),
        *(("2026-01-01T00:00:00Z ERROR x", "ERROR"), ("2026-01-01 00:00:00,123 - shop.db - ERROR - x", "ERROR")),
        *(
            ("2026-01-01 00:00:00.1 | WARNING  | a:b:1 - error", "WARNING"),
            ("2026/01/01 00:00:00 [error] 7#7: *1 x", "ERROR"),
        ),
        *(
            ("[2026-01-01 00:00:00 +0000] [7] [ERROR] x", "ERROR"),
            ("[2026-01-01 00:00:00,000: ERROR/MainProcess] x", "ERROR"),
        ),
        *(
            ("00:00:00.000 [main] ERROR com.Shop - x", "ERROR"),
            ("2026-01-01T00:00:00.000Z  WARN 1 --- [main] x", "WARNING"),
        ),
        *(
            ("2026-01-01 00:00:00.000 UTC [12] FATAL:  x", "CRITICAL"),
            ("2026-01-01 00:00:00.000 UTC [12] LOG:  x", "INFO"),
        ),
        *(("2026-01-01T00:00:00.000Z\terror\tx", "ERROR"), ("2026-01-01T00:00:00+02:00 info error", "INFO")),
        *(("[Thu Jan 01 00:00:00.000000 2026] [core:error] [pid 1] x", "ERROR"), ("Jan  1 00:00:00 ERROR x", "ERROR")),
        *(
            ("[2026-01-01 00:00:00.000][1][error][main] x", "ERROR"),
            ("[00:00:00 ERR] x", "ERROR"),
            ("12:00AM INF x", "INFO"),
        ),
        *(("\x1b[31mERROR\x1b[0m x", "ERROR"), ("2026-01-01 00:00:00 [\x1b[1merror    \x1b[0m] x", "ERROR")),
        *(
            ("1767225600.123 ERROR x", "ERROR"),
            ("2026-01-01 00:00:00.000 1 ERROR nova x", "ERROR"),
            ("fail: Shop[0]", "ERROR"),
        ),
        # Never a word of a sentence
        *(
            ("no error", "OTHER"),
            ("Handled the ERROR: retry", "OTHER"),
            ("2026-01-01T00:00:00Z no ERROR found", "OTHER"),
        ),
        *(
            ("Alert rules are loaded", "OTHER"),
            ("2026-01-01T00:00:00Z Notice of error", "OTHER"),
            ("error handling is on", "OTHER"),
        ),
        *(
            ("2026-01-01T00:00:00Z trace of it", "OTHER"),
            ("ERRORS: 0", "OTHER"),
            ("Errors [error]", "OTHER"),
            ("", "OTHER"),
        ),
        *(
            ("GET /error 500", "OTHER"),
            ('10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "GET /ERROR" 500', "OTHER"),
            ("[", "OTHER"),
        ),
    ],
)
def test_a_level_counts_where_loggers_write_it(line: str, level: str) -> None:
    count = counted(f"{AT} {line}\n".encode(), 5.0)
    assert {name: number for name, number in count.by_level.items() if number} == {level: 1}


@pytest.mark.parametrize(
    "part", ["a=b ", "[x] ", "- ", "a" * 9, '"', 'a="', "1 ", "level=", "2026-01-01 ", "\x1b[0m", ": ", " "]
)
def test_a_long_line_is_read_in_little_time(part: str) -> None:
    began = perf_counter()
    counted(f"{AT} {part * (1024 * 1024 // len(part))}\n".encode(), 5.0)
    assert perf_counter() - began < 1.0
