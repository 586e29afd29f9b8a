"""The simulated production of the recorded session: `python -m tests.sample.production`, called like the simulator.

It has a scenario more: a release that fails soon after the rollout which the story announces.
"""

import sys

from mmcockpit.simulator.__main__ import main
from mmcockpit.simulator.scenarios import SCENARIOS, VERSION, ChangeKind, ScenarioChange

SPEED = 4.0
"""The simulated night goes four times as fast: a window of five minutes has passed in a little more than one."""

AHEAD_S = 20.0
"""How long the production runs before the session begins: everything answers by then."""

ROLLOUT_S = 45.0
"""The second of the session at which the rollout begins."""


def world(session_s: float) -> float:
    """Return the world's second at a second of the session."""
    return (AHEAD_S + session_s) * SPEED


NIGHT = (
    ScenarioChange(world(ROLLOUT_S), ChangeKind.ROLLOUT, version=VERSION),
    ScenarioChange(world(ROLLOUT_S + 15.0), ChangeKind.ERRORS, ramp=15.0 * SPEED, size=0.07, version=VERSION),
)

if __name__ == "__main__":
    assert isinstance(SCENARIOS, dict)
    SCENARIOS["night"] = NIGHT
    sys.exit(main(sys.argv[1:]))
