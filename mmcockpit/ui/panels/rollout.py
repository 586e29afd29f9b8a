"""The rollout: updated and ready replicas, the revision, the image, and why it does not progress."""

from collections.abc import Hashable, Iterator
from typing import Any

from mmcockpit.core.model.verdict import Level
from mmcockpit.core.state.signals import SignalState
from mmcockpit.ui.panels.readings import Readings
from mmcockpit.ui.render.text import Line, Role, wrap
from mmcockpit.ui.render.values import amount

STEPS = ("updated", "ready", "available")
BAR = 12


class Rollout(Readings):
    """Results of `kubernetes.rollout`, one block each."""

    title = "Rollout"

    def _inside(
        self, name: str, state: SignalState, value: dict[str, Any], width: int
    ) -> Iterator[tuple[Hashable, Line]]:
        """Return the rows of its replicas, revision, image and reason."""
        dim = self.lens.level(state) is Level.UNKNOWN
        return ((("row", name, n), line) for n, line in enumerate(_block(value, width, dim)))


def _block(value: dict[str, Any], width: int, dim: bool) -> list[Line]:
    if value.get("exists") is False:
        return [(("     does not exist", "muted" if dim else "fail"),)]
    lines: list[Line] = [_step(word, value, dim) for word in STEPS if word in value]
    paused = "  PAUSED" if value.get("paused") is True else ""
    unseen = "  not yet seen by its controller" if value.get("observed") is False else ""
    said: Line = (("     revision  ", "muted"), (amount(value.get("revision")), "text"), (paused + unseen, "warn"))
    lines.append(said)
    texts: list[tuple[str, Role]] = [(amount(value.get("image") or None), "text")]
    if value.get("complete") is not True:
        why = ": ".join(filter(None, (str(value.get(key) or "") for key in ("reason", "message"))))
        texts.append((why, "muted" if dim else "warn"))
    for text, role in texts:
        lines += [(("     " + part, role),) for part in wrap(text, max(10, width - 6))[:3] if part]
    return lines


def _step(word: str, value: dict[str, Any], dim: bool) -> Line:
    have, want = value.get(word), value.get("desired")
    counted = isinstance(have, int) and isinstance(want, int) and not isinstance(have, bool)
    share = min(1.0, have / want) if counted and want else 0.0
    full = counted and have == want
    role: Role = "muted" if dim else "pass" if full else "warn"
    cells = round(share * BAR)
    bar = "█" * cells + "░" * (BAR - cells)
    return (f"     {word:<10}", "muted"), (f"{amount(have)}/{amount(want)} ", role), (bar, role)


PANEL = Rollout
