"""Each procedure of the files gets a signal that checks it; the cockpit file may switch it off, not redefine it."""

from pathlib import Path

from tests.config.files import cockpit, loaded, mistakes, written

CHECKLIST = """\
name: c
title: C
phases: [{title: Cutover, sections: [{title: S, items: [{title: Move, procedure: forward}]}]}]
procedures:
  - {id: back, title: Go back, steps: [{title: Look, command: [ls], danger: reads}]}
  - {id: forward, title: Go forward, steps: [{title: Look, command: [ls], danger: reads}]}
"""
ALLOWED = "checklist: c.yaml\nallow: {procedures: true}\n"


def checked(folder: Path, more: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the signals that check procedures, and those on which a rollback depends."""
    written(folder, c=CHECKLIST)
    found = loaded(cockpit(folder, more)).cockpit
    return [signal.name for signal in found.signals if signal.procedure], found.readiness


def test_only_what_takes_a_release_back_is_part_of_the_rollback(tmp_path: Path) -> None:
    assert checked(tmp_path, ALLOWED) == (["ready_back", "ready_forward"], ("ready_back",))
    assert checked(tmp_path, "checklist: c.yaml\n") == ([], ()), "steps may not run, so nothing is checked"


def test_a_check_that_is_switched_off_counts_no_more(tmp_path: Path) -> None:
    assert checked(tmp_path, f"{ALLOWED}signals: {{ready_back: off}}\n") == (["ready_forward"], ())


def test_a_name_that_is_generated_or_unknown_is_a_mistake_with_its_way_out(tmp_path: Path) -> None:
    written(tmp_path, c=CHECKLIST)
    assert mistakes(cockpit(tmp_path, f"{ALLOWED}signals: {{ready_bakc: off}}\n")) == [
        "cockpit.yaml:5:11: unknown signal 'ready_bakc', which cannot be switched off; did you mean 'ready_back'?"
    ]
    own = "sources: {disk: {kind: file}}\nsignals: {ready_back: {disk.stat: /tmp, pass: value.exists}}\n"
    assert mistakes(cockpit(tmp_path, ALLOWED + own)) == [
        "cockpit.yaml:6:11: signal 'ready_back' is generated for a procedure; use another name"
    ]
