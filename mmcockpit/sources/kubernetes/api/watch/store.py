"""The objects of one list in one form: whole as bytes, or only the fields that a probe reads."""

from collections.abc import Mapping
from typing import Any, Generic

import msgspec

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.sources.kubernetes.api.page import Item, ListPage

Labels = Mapping[str, str]
Form = Any
"""The type that objects are decoded to; WHOLE or BY_NAME for their bytes."""

WHOLE = dict
"""Objects of unknown shape, for lists: kept as bytes, decoded at each poll."""
BY_NAME = msgspec.Raw
"""The same, for polls of one object."""


MAX_LABEL_SETS = 50_000


class ObjectMark(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What identifies an object and selects it; `labels` are their JSON."""

    name: str = ""
    namespace: str | None = None
    labels: msgspec.Raw = msgspec.Raw(b"")
    resource_version: str = ""

    @property
    def key(self) -> str:
        """The key in the order of the API's lists."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class ObjectEnvelope(msgspec.Struct, frozen=True, gc=False):
    """An object of any kind; lists of kinds of Kubernetes itself leave the kind of their objects out."""

    metadata: ObjectMark = ObjectMark()
    kind: str = ""


class WatchEvent(msgspec.Struct, Generic[Item], frozen=True, gc=False):
    """One line of a watch."""

    type: str
    object: Item


class ObjectStore:
    """Objects by their key, each with its labels.

    `fault` is why the newest version of an object could not be decoded; `size` counts the bytes of whole objects.
    `revision` is another object after every change.
    """

    def __init__(self, form: Form) -> None:
        self.form = form
        self.whole = form is WHOLE or form is BY_NAME
        kept: Any = msgspec.Raw if self.whole else form
        self.page: Any = msgspec.json.Decoder(ListPage[kept])
        self.event: Any = msgspec.json.Decoder(WatchEvent[kept])
        self.objects: dict[str, tuple[Labels, Any]] = {}
        self.fault: ProbeError | None = None
        self.size = 0
        self.revision = object()
        # Lists come in the order of the keys: they are sorted only after a key that is less than the greatest one.
        self._sorted, self._greatest = True, ""

    def put(self, key: str, labels: Labels, item: Any) -> bool:
        """Keep the newest version of an object; return whether it differs from the one before."""
        before = self.objects.get(key)
        if self.whole:
            item = bytes(item)
            self.size += len(item) - (len(before[1]) if before else 0)
        if before is None and key >= self._greatest:
            self._greatest = key
        elif before is None:
            self._sorted = False
        self.objects[key] = labels, item
        changed = before is None or before[1] != item or before[0] != labels
        if changed:
            self.revision = object()
        return changed

    def remove(self, key: str) -> Labels | None:
        """Forget a deleted object; return its labels if it was known."""
        before = self.objects.pop(key, None)
        if before is None:
            return None
        self.revision = object()
        if self.whole:
            self.size -= len(before[1])
        return before[0]

    def snapshot(self) -> list[tuple[Labels, Any]]:
        """Return all objects in the order of a list of the API."""
        if not self._sorted:
            self.objects = {key: self.objects[key] for key in sorted(self.objects)}
            self._sorted = True
        return list(self.objects.values())


class LabelSets:
    """Decoded labels: pods of one workload have the same, and share them in memory."""

    def __init__(self) -> None:
        self._known: dict[bytes, Labels] = {}

    def decode(self, written: msgspec.Raw) -> Labels:
        """Return the labels of a JSON object; ValidationError if they are not texts."""
        raw = bytes(written)
        known = self._known.get(raw)
        if known is None:
            if len(self._known) >= MAX_LABEL_SETS:
                self._known.clear()
            known = self._known[raw] = (msgspec.json.decode(raw, type=dict[str, str] | None) if raw else None) or {}
        return known
