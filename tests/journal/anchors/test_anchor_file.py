"""`anchor:` in a cockpit file, and every mistake in it."""

from pathlib import Path

import pytest

from mmcockpit.core.model.cockpit import Anchor
from tests.config.files import cockpit, loaded, mistakes


def test_a_key_and_a_namespace_are_as_written(tmp_path: Path) -> None:
    anchor = loaded(cockpit(tmp_path, "anchor: {key: ~/.ssh/id_ed25519.pub}\n")).cockpit.anchor
    assert anchor == Anchor("~/.ssh/id_ed25519.pub", "mmcockpit")
    assert loaded(cockpit(tmp_path, "")).cockpit.anchor is None


@pytest.mark.parametrize(
    ("anchor", "says"),
    [
        ("{key: ~/.ssh/id_ed25519}", "must be the public key, which ends in .pub; the private one stays in ssh-agent"),
        ("{key: id.pub}", "must be an absolute path or begin with ~/, such as ~/.ssh/id_ed25519.pub"),
        ("{key: /k.pub, namespace: a b}", "anchor.namespace"),
        ("{namespace: x}", "missing 'key' in anchor; add `key: ...`"),
        ("{key: /k.pub, sign: always}", "unknown key 'sign'"),
    ],
)
def test_a_mistake_has_its_place_and_a_way_out(tmp_path: Path, anchor: str, says: str) -> None:
    (found,) = mistakes(cockpit(tmp_path, f"anchor: {anchor}\n"))
    assert found.startswith("cockpit.yaml:3:")
    assert says in found
