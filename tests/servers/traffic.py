"""Traffic that never was: counters of an application that grow all the time, for Prometheus to scrape."""

import threading
import time
from types import TracebackType
from typing import Self

from tests.servers.http import Answer, HttpServer

TICK_S = 0.2
ROUTE = "/v1/chat/completions"


class Traffic:
    """Lets /metrics of a server tell of so many good and failed chats a second; both may change at any time.

    `gauges` are exported as they are.
    """

    def __init__(self, server: HttpServer, good_per_s: float = 50.0) -> None:
        self.server = server
        self.good_per_s, self.failed_per_s = good_per_s, 0.0
        self.gauges: dict[str, float] = {}
        self._good, self._failed = 1000.0, 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="traffic")

    def __enter__(self) -> Self:
        self._tell()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _go_on(self) -> None:
        before = time.monotonic()
        while not self._stopping.wait(TICK_S):
            now = time.monotonic()
            self._good += self.good_per_s * (now - before)
            self._failed += self.failed_per_s * (now - before)
            before = now
            self._tell()

    def _tell(self) -> None:
        good, failed = int(self._good), int(self._failed)
        lines = [
            f'http_requests_total{{route="{ROUTE}",status="200"}} {good}',
            f'http_requests_total{{route="{ROUTE}",status="502"}} {failed}',
            f'modelmuxer_provider_requests_total{{provider="one",outcome="success"}} {good}',
            f'modelmuxer_provider_requests_total{{provider="one",outcome="error"}} {failed}',
            *(f"{name} {value}" for name, value in dict(self.gauges).items()),
        ]
        self.server.answers["/metrics"] = Answer(200, "\n".join([*lines, ""]), {"Content-Type": "text/plain"})
