"""CustomResourceDefinitions of the tests: kinds of any shape with a status, and their API paths."""

from mmcockpit.sources.kubernetes.api.kinds import ObjectKind
from tests.servers.wait import wait_until
from tests.sources.kubernetes.kubernetes_writer import Writer

CRDS = ObjectKind(
    "/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)


def install(writer: Writer, *kinds: ObjectKind) -> None:
    """Define kinds of one group and name; the last version is the one that is stored. Return when it is served."""
    newest = kinds[-1]
    name = f"{newest.plural}.{newest.group}"
    writer.make(CRDS, name, spec=definition(*kinds))
    wait_until(lambda: served(writer, newest), f"the kind {name}")


def uninstall(writer: Writer, kind: ObjectKind) -> None:
    """Remove a kind; return when it is not served any more."""
    writer.delete(CRDS, f"{kind.plural}.{kind.group}")
    wait_until(
        lambda: not writer.found(kind.path(writer.namespace)) and not writer.discovered(kind),
        f"the end of the kind {kind.plural}",
    )


def served(writer: Writer, kind: ObjectKind) -> bool:
    """Return whether the API serves a kind and lists it in its discovery document, which may be later than its path."""
    return writer.found(kind.path(writer.namespace)) and writer.discovered(kind)


def definition(*kinds: ObjectKind) -> dict[str, object]:
    """Return the spec of a definition whose objects may have any fields, and a status of their own."""
    newest = kinds[-1]
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "group": newest.group,
        "scope": "Namespaced" if newest.namespaced else "Cluster",
        "names": {"kind": newest.kind, "plural": newest.plural, "singular": newest.kind.lower()},
        "versions": [
            {
                "name": kind.prefix.rsplit("/", 1)[1],
                "served": True,
                "storage": kind is newest,
                "schema": schema,
                "subresources": {"status": {}},
            }
            for kind in kinds
        ],
    }
