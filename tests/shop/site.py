"""The shop as a process, and its customers."""

import http.client
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from mmcockpit.simulator.servers.process import HOST, ServerProcess

REPOSITORY = Path(__file__).parents[2]
VISIT = (("GET", "/catalog"), ("POST", "/cart/{}"), ("GET", "/cart/{}"), ("POST", "/checkout/{}"))
PAUSE_S = 0.5
"""Between two visits of the steady customer: 4 requests each, so 8 a second at most."""


class Site(ServerProcess):
    """The shop on a port of loopback; `carts` is a Redis URL, `orders` a DSN."""

    name = "shop"

    def __init__(self, folder: Path, carts: str, orders: str) -> None:
        super().__init__(folder)
        self._carts, self._orders = carts, orders
        self.is_broken = False

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        """HOST:PORT, the target that Prometheus scrapes."""
        return f"{HOST}:{self.port}"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.shop.application", str(self.port)]

    def working_folder(self) -> Path:
        return REPOSITORY

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, "SHOP_CARTS": self._carts, "SHOP_ORDERS": self._orders}

    def break_it(self, *, errors: float = 0.0, delay_s: float = 0.0) -> None:
        """Let this share of the requests fail, and all of them take so much longer."""
        self.is_broken = True
        self._post_faults({"errors": errors, "delay_s": delay_s})

    def repair(self) -> None:
        """Take all faults away."""
        self._post_faults({})
        self.is_broken = False

    def _post_faults(self, faults: Mapping[str, float]) -> None:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=10)
        connection.request("POST", "/faults", json.dumps(faults), {"Content-Type": "application/json"})
        assert connection.getresponse().status == 200
        connection.close()


class Customers:
    """One steady customer in a thread, who stays away while the site is broken, and rushes of visits on request."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._come_and_go, name="customers", daemon=True)

    def __enter__(self) -> Self:
        self.rush(5)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._thread.join()

    def rush(self, visits: int) -> None:
        """Make so many visits, one after the other and as fast as the shop serves them."""
        connection = http.client.HTTPConnection(HOST, self._site.port, timeout=10)
        for number in range(visits):
            _visit(connection, f"rush{number % 10}")
        connection.close()

    def _come_and_go(self) -> None:
        while not self._leaving.wait(PAUSE_S):
            if self._site.is_broken:
                continue
            connection = http.client.HTTPConnection(HOST, self._site.port, timeout=10)
            try:
                _visit(connection, f"steady{int(time.monotonic()) % 10}")
            except (OSError, http.client.HTTPException):
                # The shop is down for a moment, which is what some tests are about.
                continue
            finally:
                connection.close()


def _visit(connection: http.client.HTTPConnection, customer: str) -> None:
    for method, path in VISIT:
        connection.request(method, path.format(customer), headers={"Content-Length": "0"})
        connection.getresponse().read()
