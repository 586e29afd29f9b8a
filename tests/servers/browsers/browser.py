"""A real browser without a window that a test drives: its pages are watched while they change."""

import json
import os
import subprocess
import tempfile
import urllib.request
from base64 import b64decode
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import websocket

from tests.servers.browsers.chromium import QUIET, find_chromium
from tests.servers.needs import need
from tests.servers.wait import PATIENCE_S, wait_until


class Browser:
    """A running Chromium; a context manager that ends it."""

    def __init__(self) -> None:
        program = need(find_chromium(), "no chromium: run `make servers`")
        self._stack = ExitStack()
        folder = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        profile = Path(self._stack.enter_context(folder))
        argv = [program, *QUIET, f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
        env = {**os.environ, "HOME": os.fspath(profile)}
        self._process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
        self._stack.callback(self._end)
        ports = profile / "DevToolsActivePort"
        wait_until(lambda: ports.exists() and "\n" in ports.read_text(), "the browser can be driven")
        self._port = ports.read_text().splitlines()[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def open(self, url: str, dark: bool = False, size: tuple[int, int] = (1200, 900)) -> "BrowserPage":
        """Open a page, as a reader with this preference and a window of this size sees it."""
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            address = json.load(response)["webSocketDebuggerUrl"]
        page = BrowserPage(address)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.call("Emulation.setEmulatedMedia", features=[scheme])
        page.call(
            "Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1,
            mobile=size[0] < 600,
        )  # fmt: skip
        page.call("Page.navigate", url=url)
        return page

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE_S)


class BrowserPage:
    """A page of the browser, over its debugging protocol; `problems` are what its console printed."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, timeout=PATIENCE_S, suppress_origin=True)
        self._number = 0
        self.problems: list[str] = []
        self.requests: list[str] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol; return its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {
                "method": "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded",
                "params": params,
            }:
                self.problems.append(json.dumps(params))
            case {"method": "Network.requestWillBeSent", "params": {"request": {"url": url}}}:
                self.requests.append(url)

    def value(self, script: str) -> Any:
        """Return the value of a JavaScript expression."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def text(self, selector: str) -> str:
        """Return the text of the first element that a selector finds; empty without one."""
        return str(self.value(f"(document.querySelector({json.dumps(selector)}) || {{innerText: ''}}).innerText"))

    def shows(self, selector: str, text: str) -> None:
        """Wait until an element contains a text."""
        wait_until(lambda: text in self.text(selector), f"{selector} shows {text!r}")

    def picture(self) -> bytes:
        """Return the whole page as PNG."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return b64decode(shot["data"])

    def close(self) -> None:
        """Close the page."""
        self.call("Page.close")
        self._socket.close()
