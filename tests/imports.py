"""The import graph of packages: `python -m tests.imports [FOLDER]` prints modules, arrows and circles.

FOLDER is a checkout of this project, today's by default; for an old commit: `git worktree add /tmp/old COMMIT`.
Imports below `TYPE_CHECKING` count.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "ui", "config", "sources", "journal", "engine", "report", "cli")


@dataclass(frozen=True, slots=True)
class Graph:
    """Modules of a package, imports between them, those that go up, and the modules of each circle.

    An import goes up if it leads from a lower layer to a higher one: without it there is no circle of folders.
    """

    modules: int
    arrows: int
    upward: tuple[tuple[str, str], ...]
    circles: tuple[tuple[str, ...], ...]


def graphs(root: Path = ROOT) -> dict[str, Graph]:
    """Return the graph of each package of a checkout."""
    sys.path.insert(0, str(root))
    try:
        graph = grimp.build_graph("mmcockpit", cache_dir=None)
    finally:
        sys.path.remove(str(root))
    return {name: _of_package(graph, f"mmcockpit.{name}") for name in PACKAGES}


def _of_package(graph: grimp.ImportGraph, package: str) -> Graph:
    modules = graph.find_descendants(package) | {package}
    imports = {module: graph.find_modules_directly_imported_by(module) & modules for module in modules}
    upward = sorted(
        breaker
        for folder in modules
        if graph.find_children(folder)
        for breaker in graph.nominate_cycle_breakers(folder)
    )
    return Graph(len(modules), sum(map(len, imports.values())), tuple(upward), tuple(_circles(imports)))


def _circles(imports: dict[str, set[str]]) -> list[tuple[str, ...]]:
    """Return the groups of modules that import each other, directly or not."""
    reached = {module: _reach(module, imports) for module in imports}
    groups = {
        tuple(sorted(other for other in reached[module] if module in reached[other]))
        for module in imports
        if module in reached[module]
    }
    return sorted(groups)


def _reach(module: str, imports: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [module]
    while waiting:
        for target in imports[waiting.pop()] - reached:
            reached.add(target)
            waiting.append(target)
    return reached


def main() -> None:
    """Print a line for each package, and the modules of each circle below it."""
    print(f"{'package':10}{'modules':>8}{'arrows':>8}{'upward':>8}{'circles':>8}")
    for name, graph in graphs(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT).items():
        print(f"{name:10}{graph.modules:8}{graph.arrows:8}{len(graph.upward):8}{len(graph.circles):8}")
        for circle in graph.circles:
            print(f"  circle of {len(circle)}: {' '.join(module.removeprefix('mmcockpit.') for module in circle)}")
        for source, target in graph.upward:
            print(f"  upward: {source.removeprefix('mmcockpit.')} -> {target.removeprefix('mmcockpit.')}")


if __name__ == "__main__":
    main()
