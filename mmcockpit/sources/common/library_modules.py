"""Imports single modules of client libraries, without all that their packages import.

The Kubernetes client imports the client without asyncio, informers, leader election and OpenID logins; redis imports
clusters, sentinels and the commands of all its modules; requests imports a detector of encodings, and httpx its command
line with click, pygments and more of rich than the screen. That takes longer than all that is used of them, and 19 MB.
"""

import sys
import threading
import warnings
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_ENCODINGS = "charset_normalizer"
_COMMAND_LINE = "httpx._main"
_OPTIONAL = "sniffio"
"""A module that httpx looks for several times with every request, and that is usually not installed."""
_importing = threading.RLock()


class LatePackage(ModuleType):
    """A package that imports what it contains only when something of it is used that no single module has."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__all__", "__version__"):
            raise AttributeError(name)
        with _importing:
            if sys.modules.get(self.__name__) is self:
                _complete(self.__name__.partition(".")[0])
        return getattr(sys.modules[self.__name__], name)


def _complete(library: str) -> None:
    """Import the whole library, in the order in which its packages import each other."""
    late = [name for name, module in sys.modules.items() if type(module) is LatePackage]
    late = [name for name in late if f"{name}.".startswith(f"{library}.")]
    for name in reversed(late):
        above, _, last = name.rpartition(".")
        if above:
            delattr(sys.modules[above], last)
        del sys.modules[name]
    for name in late:
        import_module(name)
    for name, module in sorted(sys.modules.items()):
        above, _, last = name.rpartition(".")
        # What was imported before has been added to the late packages only.
        if name.startswith(f"{library}.") and above in sys.modules and not hasattr(sys.modules[above], last):
            setattr(sys.modules[above], last, module)


def library_module(name: str, packages: tuple[str, ...]) -> Any:
    """Import one module of a library, without what these packages above it import, the outermost first.

    Imported by name, so that type checkers do not read ten thousand generated models.
    """
    with _importing:
        for package in packages:
            if package not in sys.modules:
                _add(package)
        return import_module(name)


def http_library() -> Any:
    """Import httpx; it goes without its command line where a module of that cannot be imported."""
    with _importing:
        # None in place of a module makes its import fail, at once: a search through all folders takes 0.1 ms.
        if _OPTIONAL not in sys.modules and find_spec(_OPTIONAL) is None:
            sys.modules[_OPTIONAL] = None  # type: ignore[assignment]
        if "httpx" in sys.modules:
            return import_module("httpx")
        sys.modules[_COMMAND_LINE] = None  # type: ignore[assignment]
        try:
            return import_module("httpx")
        finally:
            sys.modules.pop(_COMMAND_LINE, None)


def requests_library() -> Any:
    """Import requests without its detector of encodings: responses of Prometheus are JSON."""
    with _importing:
        if "requests" in sys.modules or _ENCODINGS in sys.modules:
            return import_module("requests")
        # None in place of a module makes its import fail; requests then warns.
        sys.modules[_ENCODINGS] = None  # type: ignore[assignment]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return import_module("requests")
        finally:
            del sys.modules[_ENCODINGS]


def _add(package: str) -> None:
    """Add a package that has imported nothing yet, if it is installed."""
    above, _, name = package.rpartition(".")
    path = list(sys.modules[above].__path__) if above in sys.modules else None
    spec = PathFinder.find_spec(package, path)
    if spec is None or spec.submodule_search_locations is None:
        return
    module = LatePackage(package)
    module.__spec__, module.__loader__, module.__file__ = spec, spec.loader, spec.origin
    module.__package__, module.__path__ = package, list(spec.submodule_search_locations)
    sys.modules[package] = module
    if above:
        setattr(sys.modules[above], name, module)
