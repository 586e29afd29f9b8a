"""Alertmanager's routing tree: the receivers of an alert, and which of them have integrations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mmcockpit.sources.alertmanager.matchers import Matcher, UnreadableMatcher, matchers

DEEPEST, MOST = 100, 5000
"""Most nested routes, and most routes in all."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver with the kinds of its integrations (webhook, pagerduty, email); without any it notifies no one."""

    name: str
    integrations: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Its name and its integrations."""
        return f"{self.name} ({', '.join(self.integrations) or 'no integration'})"


@dataclass(frozen=True, slots=True)
class Route:
    """A node of the tree; without a receiver of its own it has its parent's."""

    receiver: str
    matchers: tuple[Matcher, ...] = ()
    continues: bool = False
    routes: tuple["Route", ...] = ()

    def ends(self, labels: Mapping[str, str]) -> Iterator[str]:
        """Yield the receivers of an alert with these labels; nothing if this node does not match."""
        if not all(matcher.matches(labels) for matcher in self.matchers):
            return
        reached = False
        for route in self.routes:
            receivers = tuple(route.ends(labels))
            yield from receivers
            reached = reached or bool(receivers)
            if receivers and not route.continues:
                break
        if not reached:
            yield self.receiver


@dataclass(frozen=True, slots=True)
class Routing:
    """The routing tree and the receivers of one configuration."""

    root: Route
    receivers: Mapping[str, Receiver]

    def of(self, labels: Mapping[str, str]) -> list[Receiver]:
        """Return the receivers of an alert, each once, in the order of the tree."""
        return [self.named(name) for name in dict.fromkeys(self.root.ends(labels))]

    def named(self, name: str) -> Receiver:
        """Return a receiver; one that is not in the configuration has no integrations."""
        return self.receivers.get(name, Receiver(name))


def routing(config: str) -> Routing:
    """Read Alertmanager's configuration (YAML); Unreadable if it is not valid."""
    # Imported with the first configuration.
    import yaml

    try:
        document = yaml.load(config, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnreadableMatcher(f"the configuration is not YAML: {str(error).splitlines()[0]}") from error
    document = document if isinstance(document, dict) else {}
    root = document.get("route")
    if not isinstance(root, dict):
        raise UnreadableMatcher("the configuration has no route")
    receivers = [_receiver(entry) for entry in document.get("receivers") or () if isinstance(entry, dict)]
    return Routing(_route(root, "", [MOST]), {receiver.name: receiver for receiver in receivers})


def _receiver(written: Mapping[str, Any]) -> Receiver:
    kinds = [key.removesuffix("_configs") for key, value in written.items() if key.endswith("_configs") and value]
    return Receiver(str(written.get("name", "")), tuple(sorted(kinds)))


def _route(written: Mapping[str, Any], inherited: str, left: list[int], depth: int = 0) -> Route:
    left[0] -= 1
    if depth > DEEPEST or left[0] < 0:
        raise UnreadableMatcher(f"more than {DEEPEST} routes inside each other, or more than {MOST} in all")
    receiver = str(written.get("receiver") or inherited)
    below = [entry for entry in written.get("routes") or () if isinstance(entry, dict)]
    return Route(
        receiver,
        tuple(_conditions(written)),
        written.get("continue") is True,
        tuple(_route(entry, receiver, left, depth + 1) for entry in below),
    )


def _conditions(written: Mapping[str, Any]) -> Iterator[Matcher]:
    for key, operator in (("match", "="), ("match_re", "=~")):
        for name, value in (written.get(key) or {}).items():
            yield Matcher(str(name), operator, str(value))
    lines = written.get("matchers") or ()
    for line in (lines,) if isinstance(lines, str) else lines:
        yield from matchers(str(line))
