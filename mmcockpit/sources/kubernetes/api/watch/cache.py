"""The objects of one list, kept up to date by its watch; one store for each form that probes read."""

from collections.abc import Callable, Iterable

import msgspec

from mmcockpit.core.model.reading import FaultKind, ProbeError
from mmcockpit.core.text import plain
from mmcockpit.sources.kubernetes.api.page import ListPage
from mmcockpit.sources.kubernetes.api.watch.poll import Reader, uptime
from mmcockpit.sources.kubernetes.api.watch.store import (
    Form,
    Labels,
    LabelSets,
    ObjectEnvelope,
    ObjectMark,
    ObjectStore,
    WatchEvent,
)

MAX_WHOLE_BYTES = 16 * 1024 * 1024
"""Most bytes of whole objects that one store keeps."""

_EVENT = msgspec.json.Decoder(WatchEvent[ObjectEnvelope])
_GONE = 410
Interest = Callable[[str, Labels], bool]
"""Whether a reader reads the object with this key and labels."""


class _Status(msgspec.Struct, frozen=True, gc=False):
    code: int = 0
    message: str = ""


_ERROR = msgspec.json.Decoder(WatchEvent[_Status])


class WatchFailed(Exception):
    """A watch ended before its time; the list must be read again."""


class NotAWatch(Exception):
    """The server does not offer this watch: the list has to be polled."""


class Cache:
    """The objects as of `version`; `alive_at` is the last sign of life of the watch (in `uptime`).

    `kinds_listed` is whether the list has the kind of each object, as of custom resources.
    """

    def __init__(self, forms: Iterable[Form]) -> None:
        self.stores = {form: ObjectStore(form) for form in forms}
        self.version = ""
        self.alive_at = 0.0
        self.kinds_listed = False
        self.listeners: dict[Reader, list[tuple[Form, Interest]]] = {}
        self._labels = LabelSets()
        self._dated: tuple[float, float] | None = None

    @property
    def count(self) -> int:
        """How many objects it has."""
        return max((len(store.objects) for store in self.stores.values()), default=0)

    @property
    def date(self) -> float | None:
        """The server's time in Unix seconds, from the latest response that had one."""
        if self._dated is None:
            return None
        server, here = self._dated
        return server + uptime() - here

    def alive(self, date: float | None = None) -> None:
        """Note a sign of life, with the server's time if it has one."""
        self.alive_at = uptime()
        if date is not None:
            self._dated = date, self.alive_at

    def listen(self, reader: Reader, form: Form, interest: Interest) -> None:
        """Tell a reader of the first change to the objects that it just read."""
        self.listeners.setdefault(reader, []).append((form, interest))

    def add_page(self, store: ObjectStore, page: ListPage[ObjectEnvelope], body: bytes, host: str) -> None:
        """Add a page of the list to one store; an object that does not fit its form becomes the store's fault."""
        marks = page.items or []
        if marks:
            self.kinds_listed = any(each.kind for each in marks)
        kind = b'{"kind":%b,"apiVersion":%b,' % (
            msgspec.json.encode(page.kind.removesuffix("List")),
            msgspec.json.encode(page.api_version),
        )
        try:
            items = store.page.decode(body).items or []
            for each, item in zip(marks, items, strict=True):
                if store.whole and not each.kind:
                    # Single objects and events have it.
                    item = kind + bytes(item).lstrip()[1:]
                store.put(each.metadata.key, self._labels.decode(each.metadata.labels), item)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            store.fault = ProbeError(FaultKind.MALFORMED, f"{host}: {plain(str(error), 200)}")

    def apply(self, line: bytes, host: str) -> None:
        """Apply one event; WatchFailed or NotAWatch if the watch cannot continue."""
        try:
            event = _EVENT.decode(line)
            mark = event.object.metadata
            match event.type:
                case "ADDED" | "MODIFIED":
                    self._put(mark, line, host)
                case "DELETED":
                    self._remove(mark)
                case "ERROR":
                    status = _ERROR.decode(line).object
                    raise WatchFailed(f"{status.code} {plain(status.message, 200)}")
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise NotAWatch("the response is not a watch") from None
        self.version = mark.resource_version or self.version

    def _put(self, mark: ObjectMark, line: bytes, host: str) -> None:
        labels, changed = self._labels.decode(mark.labels), list[Form]()
        selected_by = [labels]
        for form, store in self.stores.items():
            if (before := store.objects.get(mark.key)) and before[0] != labels:
                selected_by = [labels, before[0]]
            try:
                if store.put(mark.key, labels, store.event.decode(line).object):
                    changed.append(form)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                store.fault = ProbeError(FaultKind.MALFORMED, f"{host}: {plain(str(error), 200)}")
                changed.append(form)
        self._tell(changed, mark.key, *selected_by)

    def _remove(self, mark: ObjectMark) -> None:
        for form, store in self.stores.items():
            labels = store.remove(mark.key)
            if labels is not None:
                self._tell([form], mark.key, labels)

    def _tell(self, forms: list[Form], key: str, *labels: Labels) -> None:
        """Tell each reader of a change once; it listens again when it polls."""
        for reader, interests in list(self.listeners.items()):
            if any(form in forms and any(reads(key, each) for each in labels) for form, reads in interests):
                del self.listeners[reader]
                reader.changed()
