"""Writes Kubernetes objects through the API, without controllers."""

import base64
import json
import ssl
from pathlib import Path
from typing import Any, Self

import httpx
import yaml

from mmcockpit.sources.kubernetes.api.discovery_documents import AGGREGATED
from mmcockpit.sources.kubernetes.api.kinds import KINDS, ObjectKind
from tests.servers.wait import PATIENCE_S


class Writer:
    """Uses the API of a kubeconfig's current context as its user, within one namespace."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self.kubeconfig, self.namespace = kubeconfig, namespace
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        data = base64.b64decode(cluster.get("certificate-authority-data", "")).decode()
        trust = ssl.create_default_context(cafile=cluster.get("certificate-authority"), cadata=data or None)
        headers = {"Authorization": f"Bearer {user['token']}"}
        self._client = httpx.Client(
            base_url=cluster["server"], headers=headers, verify=trust, trust_env=False, timeout=PATIENCE_S
        )

    def __enter__(self) -> Self:
        self.make("namespace", self.namespace)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.delete(KINDS["namespace"].path("", self.namespace))
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def make(self, kind: str | ObjectKind, name: str, status: Any = None, **fields: Any) -> None:
        """Create an object with these fields beside its name, then write its status."""
        where = _known(kind)
        metadata = {"name": name, **fields.pop("metadata", {})}
        named = {"apiVersion": where.api_version, "kind": where.kind, "metadata": metadata}
        answer = self._client.post(where.path(self.namespace), json={**named, **fields})
        assert answer.status_code == 201, answer.text
        if status is not None:
            self.patch(kind, name, {"status": status}, "/status")

    def patch(self, kind: str | ObjectKind, name: str, change: Any, part: str = "") -> None:
        """Merge a change into an object or its status."""
        merge = {"Content-Type": "application/merge-patch+json"}
        path = _known(kind).path(self.namespace, name) + part
        answer = self._client.patch(path, content=json.dumps(change), headers=merge)
        assert answer.status_code == 200, answer.text

    def delete(self, kind: str | ObjectKind, name: str) -> None:
        """Delete an object at once, or mark it as being deleted where a finalizer holds it."""
        query = {"gracePeriodSeconds": "0"}
        answer = self._client.delete(_known(kind).path(self.namespace, name), params=query)
        assert answer.status_code == 200, answer.text

    def remove_namespace(self) -> None:
        """Delete the namespace with its pods, as the namespace controller does."""
        path = KINDS["namespace"].path("", self.namespace)
        self._client.delete(path)
        self._client.delete(KINDS["pod"].path(self.namespace), params={"gracePeriodSeconds": "0"})
        found = self._client.get(path).json()
        found["spec"]["finalizers"] = []
        answer = self._client.put(f"{path}/finalize", json=found)
        assert answer.status_code == 200, answer.text

    def uid(self, kind: str | ObjectKind, name: str) -> str:
        """Return the UID of an object."""
        answer = self._client.get(_known(kind).path(self.namespace, name))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["metadata"]["uid"])

    def discovered(self, kind: ObjectKind) -> bool:
        """Return whether the discovery document of the API's groups has this kind, in its version."""
        groups = self._client.get("/apis", headers={"Accept": AGGREGATED}).json().get("items", ())
        return any(
            f"/apis/{group['metadata']['name']}/{version['version']}" == kind.prefix
            and any(resource["resource"] == kind.plural for resource in version.get("resources", ()))
            for group in groups
            for version in group["versions"]
        )

    def found(self, path: str) -> bool:
        """Return whether the API serves this path."""
        return self._client.get(path).status_code == 200


def _known(kind: str | ObjectKind) -> ObjectKind:
    return KINDS[kind] if isinstance(kind, str) else kind
