"""A psycopg cursor that refuses a row too large to be parsed within one turn of the engine's loop."""

import json
from collections.abc import Generator
from typing import Any

import psycopg
from psycopg.types.json import set_json_loads

from mmcockpit.core.model.reading import FaultKind, ProbeError

MAX_ROW = 256 * 1024
"""Most bytes of one row as sent by the server: parsing JSON and arrays takes about 0.1 s per MiB."""


class BoundedCursor(psycopg.AsyncCursor[Any]):
    """Raises ProbeError(too large) before the values of a row of more than MAX_ROW bytes are parsed."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], host: str) -> None:
        super().__init__(connection)
        self._host = host
        self._refused = False
        set_json_loads(self._loads, self)

    def _stream_fetchone_gen(self, first: bool) -> Generator[Any, Any, Any]:
        result = yield from super()._stream_fetchone_gen(first)
        # The rest of the result after a refused row is only read to its end.
        if result is None or self._refused:
            return result
        if sum(len(result.get_value(0, column) or b"") for column in range(result.nfields)) > MAX_ROW:
            self._refused = True
            raise ProbeError(FaultKind.TOO_LARGE, f"{self._host}: more than {MAX_ROW} characters in one row")
        return result

    def _loads(self, text: str | bytes) -> Any:
        try:
            return json.loads(text)
        except RecursionError:
            raise ProbeError(FaultKind.TOO_LARGE, f"{self._host}: JSON nested too deeply") from None
