"""Imports single modules of the official Kubernetes client.

Its packages import everything they have: the client without asyncio, informers, leader election, OpenID logins of
`requests-oauthlib`. That takes longer than all that is used of it, and 9 MB.
"""

import sys
import threading
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

_PACKAGES = ("kubernetes", "kubernetes.aio")
_importing = threading.Lock()


def client_module(name: str) -> Any:
    """Import one module below `kubernetes.aio`, without the other modules of the packages above it.

    Imported by name, so that type checkers do not read ten thousand generated models.
    """
    with _importing:
        added = {package: _empty(package) for package in _PACKAGES if package not in sys.modules}
        try:
            return import_module(name)
        finally:
            # Whoever imports a package itself later gets the whole one.
            for package, module in added.items():
                if module is not None and sys.modules.get(package) is module:
                    del sys.modules[package]


def _empty(package: str) -> ModuleType | None:
    """Add a package that has imported nothing yet; None if it is not installed."""
    above, _, name = package.rpartition(".")
    path = list(sys.modules[above].__path__) if above else None
    spec = PathFinder.find_spec(package if not above else name, path)
    if spec is None or spec.submodule_search_locations is None:
        return None
    module = ModuleType(package)
    module.__path__ = list(spec.submodule_search_locations)
    sys.modules[package] = module
    return module
