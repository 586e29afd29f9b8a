"""The revision of a cache: the same only while its objects are; what is computed from them is kept that long."""

import random
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from mmcockpit.sources.kubernetes.api.list_summary import SummarisedList
from mmcockpit.sources.kubernetes.api.page import Item, ListPage, Query, Reply
from mmcockpit.sources.kubernetes.api.watch.store import BY_NAME, WHOLE, Form, ObjectStore
from mmcockpit.sources.kubernetes.workload import Meta

KEYS, TURNS = "abc", 400
LABELS: tuple[dict[str, str], ...] = ({}, {"app": "x"}, {"app": "y"})


def item(form: Form, number: int) -> Any:
    return Meta(str(number)) if form is Meta else b'{"n": %d}' % number


def changed(store: ObjectStore, chance: random.Random) -> None:
    """Put or remove an object, often as it is."""
    if chance.random() < 0.2:
        store.remove(chance.choice(KEYS))
    else:
        store.put(chance.choice(KEYS), chance.choice(LABELS), item(store.form, chance.randrange(2)))


@pytest.mark.parametrize("form", [Meta, WHOLE, BY_NAME])
def test_objects_of_the_same_revision_are_the_same(form: Form) -> None:
    store, chance, unchanged = ObjectStore(form), random.Random(1), 0
    known = store.revision, store.snapshot()
    for _ in range(TURNS):
        changed(store, chance)
        same = store.revision is known[0]
        assert same == (store.snapshot() == known[1])
        unchanged += same
        known = store.revision, store.snapshot()
    assert 0 < unchanged < TURNS


def test_a_snapshot_is_in_the_order_of_the_keys() -> None:
    store, chance, keys = ObjectStore(Meta), random.Random(3), ["a", "a-b", "a/b", "b", "b/a", "c"]
    for _ in range(TURNS):
        if chance.random() < 0.4:
            store.remove(chance.choice(keys))
        else:
            key = chance.choice(keys)
            store.put(key, {}, Meta(key))
        if chance.random() < 0.5:
            names = [each.name for _, each in store.snapshot()]
            assert names == sorted(store.objects)


class Watched:
    """Lists of a store in parts of one object, as a cluster's cache yields them; `yielded` counts the parts."""

    def __init__(self, store: ObjectStore) -> None:
        self.store, self.yielded = store, 0

    async def pages(
        self, path: str, query: Query, page: type[ListPage[Item]], most: int
    ) -> AsyncGenerator[tuple[list[Item], Reply], None]:
        reply, rows = Reply(b"", 1.0, self.store.revision), self.store.snapshot()
        for labels, each in rows:
            if not query or labels.get("app") == query[0][1]:
                self.yielded += 1
                yield [each], reply
        if not rows:
            yield [], reply


class Names:
    """All names of a list."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def add(self, items: list[Meta]) -> None:
        self.names += [each.name for each in items]


@pytest.mark.anyio
async def test_a_kept_summary_is_that_of_the_list() -> None:
    watched, chance = Watched(ObjectStore(Meta)), random.Random(2)
    kept: SummarisedList[Meta, Names] = SummarisedList(ListPage[Meta])
    for _ in range(TURNS):
        changed(watched.store, chance)
        query = chance.choice([(), (("labelSelector", "x"),), (("labelSelector", "y"),)])
        cluster: Any = watched
        summary, _ = await kept.read(cluster, "/path", query, Names)
        afresh, _ = await SummarisedList[Meta, Names](ListPage[Meta]).read(cluster, "/path", query, Names)
        assert summary.names == afresh.names
        watched.yielded = 0
        again, _ = await kept.read(cluster, "/path", query, Names)
        assert again.names == afresh.names
        assert watched.yielded <= 1, "an unchanged list is not read to its end"
