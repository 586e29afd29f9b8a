"""How a file names a kind of Kubernetes objects: by its short name, or by group, version and kind."""

import difflib
import re
from typing import NamedTuple

from mmcockpit.sources.kubernetes.api.kinds import KINDS

MAX_GROUP = 253
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile("[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?")
_GROUP = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_VERSION = re.compile(r"v[0-9]+((alpha|beta)[0-9]+)?")
_FORMS = "KIND.GROUP, PLURAL.GROUP or GROUP/VERSION/KIND"
_BY_PLURAL = {kind.plural: name for name, kind in KINDS.items()}


class KindName(NamedTuple):
    """A kind as it is written in a file: its name or plural, its group, and the version if one is given."""

    name: str
    group: str
    version: str = ""

    def __str__(self) -> str:
        """Return it for messages: `Rollout (group argoproj.io)`."""
        group = f"group {self.group}" if self.group else "core group"
        return f"{self.name} ({group}{', version ' + self.version if self.version else ''})"


def kind_name(text: str) -> KindName:
    """Return the parts of `Kind.group`, `plural.group`, `group/version/Kind` or `v1/Kind`; ValueError otherwise."""
    if "/" in text:
        named = _versioned(text)
    elif "." in text:
        name, _, group = text.partition(".")
        named = KindName(name, group)
    else:
        near = difflib.get_close_matches(text.lower(), [*KINDS, *_BY_PLURAL], n=1)
        hint = f"did you mean {_BY_PLURAL.get(near[0], near[0])}? Or " if near else ""
        raise ValueError(f"unknown kind {text!r}; {hint}write its API group: {text}.GROUP or GROUP/VERSION/{text}")
    if not _NAME.fullmatch(named.name):
        raise ValueError(f"kind {text!r}: {named.name!r} is not the name of a kind; write {_FORMS}")
    if named.group and (len(named.group) > MAX_GROUP or not _GROUP.fullmatch(named.group)):
        raise ValueError(f"kind {text!r}: {named.group!r} is not an API group; write {_FORMS}")
    version, _, group = named.group.partition(".")
    if is_version(version):
        raise ValueError(f"kind {text!r}: write the version in front: {group}/{version}/{named.name}")
    return named


def is_version(text: str) -> bool:
    """Return whether a text is a version as Kubernetes counts them: v1, v2beta1."""
    return _VERSION.fullmatch(text) is not None


def _versioned(text: str) -> KindName:
    *group, version, name = text.split("/")
    if len(group) > 1:
        raise ValueError(f"kind {text!r} has too many parts; write {_FORMS}")
    if is_version(name):
        raise ValueError(f"kind {text!r} has no name of a kind; write {text}/KIND")
    if group and not group[0]:
        raise ValueError(f"kind {text!r} has no group; write v1/KIND for the core group")
    if not (is_version(version) or (group and re.fullmatch(_LABEL, version))):
        raise ValueError(f"kind {text!r}: {version!r} is not a version; write GROUP/VERSION/KIND, or v1/KIND")
    return KindName(name, group[0] if group else "", version)
