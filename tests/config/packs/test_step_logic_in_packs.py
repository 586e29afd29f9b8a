"""Step logic and the work on items in a pack: names inside it follow its prefix, and mistakes are found in it."""

from pathlib import Path

from mmcockpit import sources
from mmcockpit.config.load import check_file
from tests.config.files import cockpit, loaded, written

PACK = """\
name: rollout
title: Rollout
about: Deploys.
needs: {prometheus: {kind: prometheus, about: metrics}}
signals:
  errors: {prometheus.query: a, pass: value < 0.1}
items:
  - {id: first, title: Copy, phase: deployment}
  - {title: Deployed, phase: deployment, signal: errors, procedure: deploy, needs: [first]}
procedures:
  - id: deploy
    title: Deploy
    steps:
      - title: Both
        parallel:
          - {title: A, signal: errors, on_fail: back}
          - {title: B, wait: {until: signals.errors.value < 1.0}, when: 'signals["errors"].verdict == "pass"'}
  - {id: back, title: Back, steps: [{title: Undo}]}
"""


def test_names_inside_a_pack_follow_its_prefix(tmp_path: Path) -> None:
    written(tmp_path, rollout=PACK)
    use = "use: [{pack: rollout.yaml, prefix: eu}]\nsources: {prometheus: {kind: prometheus, url: 'http://a'}}\n"
    found = loaded(cockpit(tmp_path, use)).cockpit.checklist
    (copy, deploy) = found.items
    assert (deploy.procedure, deploy.needs) == ("eu-deploy", (copy.id,))
    a, b = found.procedures[0].steps
    assert (found.procedures[0].id, a.signal, a.on_fail, a.group) == ("eu-deploy", "eu_errors", "eu-back", "both")
    assert b.when == 'signals["eu_errors"].verdict == "pass"'
    assert b.wait is not None
    assert b.wait.until == 'signals["eu_errors"].value < 1.0'


def test_mistakes_are_found_in_the_pack_itself(tmp_path: Path) -> None:
    text = PACK.replace("on_fail: back", "on_fail: deploy").replace("needs: [first]", "needs: [cop]")
    path = written(tmp_path, rollout=text.replace("signals.errors.value", "signals.erors.value")) / "rollout.yaml"
    assert sorted((error.line, error.column, error.message) for error in check_file(path, sources)) == [
        (9, 85, "unknown item 'cop'; did you mean 'copy'?"),
        (16, 49, "procedure 'deploy' names itself; write stop, ask or another procedure"),
        (17, 38, "unknown signal 'erors'; did you mean 'errors'?"),
    ]
