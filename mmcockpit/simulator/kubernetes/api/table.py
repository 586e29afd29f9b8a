"""The formats of responses: whole objects, Tables for `kubectl get`, metadata only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mmcockpit.simulator.kubernetes.api.columns import COLUMNS, DEFAULT, Column
from mmcockpit.simulator.kubernetes.api.errors import ApiError
from mmcockpit.simulator.kubernetes.api.resources import Resource
from mmcockpit.simulator.kubernetes.objects import Object


@dataclass(frozen=True, slots=True)
class Form:
    """The format selected by the Accept header, and what a Table includes of each object."""

    kind: str = ""
    """"Table", "PartialObjectMetadata", or "" for the object itself."""
    include: str = "Metadata"
    """Metadata, Object or None."""

    def one(self, resource: Resource, value: Object) -> Object:
        """Return one object in this format."""
        if self.kind == "Table":
            revision = {"resourceVersion": value["metadata"].get("resourceVersion", "")}
            return self._table(resource, [value], revision)
        return _metadata_only(value) if self.kind else value

    def many(self, resource: Resource, values: Sequence[Object], metadata: Object) -> Object:
        """Return a list of objects in this format."""
        if self.kind == "Table":
            return self._table(resource, values, metadata)
        if self.kind:
            items = [_metadata_only(value) for value in values]
            head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
            return head | {"metadata": metadata, "items": items}
        head = {"kind": f"{resource.kind}List", "apiVersion": resource.group_version}
        return head | {"metadata": metadata, "items": [_item(resource, value) for value in values]}

    def watched(self, resource: Resource, value: Object, first: bool) -> Object:
        """Return the object of a watch event; only the first Table of a watch has column definitions."""
        if self.kind != "Table":
            return self.one(resource, value)
        table = self.one(resource, value)
        return table if first else table | {"columnDefinitions": None}

    def bookmark(self, resource: Resource, revision: int, *, initial_end: bool) -> Object:
        """Return the object of a BOOKMARK event."""
        metadata: Object = {"resourceVersion": str(revision)}
        if initial_end:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        if self.kind == "Table":
            return self._table(resource, [], metadata)
        return {"kind": resource.kind, "apiVersion": resource.group_version, "metadata": metadata}

    def _table(self, resource: Resource, values: Sequence[Object], metadata: Object) -> Object:
        columns = COLUMNS.get(resource.kind, DEFAULT)
        return {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "columnDefinitions": [_definition(column) for column in columns],
            "rows": [self._row(columns, value) for value in values],
        }

    def _row(self, columns: Sequence[Column], value: Object) -> Object:
        row: Object = {"cells": [read(value) for _, _, read in columns]}
        if self.include == "Metadata":
            row["object"] = _metadata_only(value)
        elif self.include == "Object":
            row["object"] = value
        return row


def form_of(accept: str, include: str) -> Form:
    """Return the first supported format of an Accept header; ApiError 406 if there is none."""
    for entry in (accept or "*/*").split(","):
        media, *parameters = (part.strip() for part in entry.split(";"))
        if media not in ("application/json", "*/*", "application/*"):
            continue
        asked = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
        kind = asked.get("as", "").removesuffix("List")
        if kind in ("", "Table", "PartialObjectMetadata") and asked.get("v", "v1") == "v1":
            return Form(kind, include or "Metadata")
    message = "only the following media types are accepted: application/json"
    raise ApiError(406, "NotAcceptable", message)


def _definition(column: Column) -> Object:
    name, priority, _ = column
    form = "name" if name == "Name" else ""
    return {"name": name, "type": "string", "format": form, "description": name, "priority": priority}


def _metadata_only(value: Object) -> Object:
    head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    return head | {"metadata": value["metadata"]}


def _item(resource: Resource, value: Object) -> Object:
    """Return an item of a list: without its kind, except for custom resources."""
    if resource.custom:
        return value
    return {key: part for key, part in value.items() if key not in ("kind", "apiVersion")}
