"""What an operator does in the incident of the canary demo, as the journal tells it: by keys and by lines alike."""

from typing import Any

CANARY_DEEDS = [
    ("phase", "release"),
    ("opened", "deploy"),
    ("set-the-new-image", "running"),
    ("set-the-new-image", "ok"),
    ("closed", "deploy"),
    ("opened", "promote-shop"),
    ("promote", "running"),
    ("promote", "ok"),
    ("closed", "promote-shop"),
    ("opened", "abort-shop"),
    ("abort", "running"),
    ("abort", "ok"),
    ("effect", "waiting"),
    ("effect", "ok"),
    ("closed", "abort-shop"),
    ("opened", "rollback"),
    ("show-the-revisions", "running"),
    ("show-the-revisions", "ok"),
    ("set-the-previous-image", "running"),
    ("set-the-previous-image", "ok"),
    ("errors-are-back-to-normal", "running"),
    ("errors-are-back-to-normal", "ok"),
    ("closed", "rollback"),
    ("release/canary/the-new-version-has-all-traffic", "defer"),
    ("phase", "verification"),
    ("verification/outcome/the-outcome-is-announced", "done"),
    ("ended", "rolled back to 2.4.0"),
]
"""Phases opened, procedures, states of steps, marks and the end, in order."""


def deeds(bodies: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return what was done, in order; a step that runs, and then waits for its effect, is one deed."""
    done: list[tuple[str, str]] = []
    for body in bodies:
        match body["type"]:
            case "PhaseChanged":
                done.append(("phase", body["now"]))
            case "ProcedureOpened":
                done.append(("opened", body["procedure"]))
            case "ProcedureClosed":
                done.append(("closed", body["procedure"]))
            case "StepChanged" if done[-1:] != [(body["step"], body["now"])]:
                done.append((body["step"], body["now"]))
            case "ItemMarked":
                done.append((body["item"], body["mark"]))
            case "Closed":
                done.append(("ended", body["outcome"]))
    return done
