"""Recording a baseline as soon as there are readings for it."""

from mmcockpit.core.decide import command as commands
from tests.items.item_session import ItemSession

WITHIN_S = 180.0
BASELINE = ["error_rate", "over_2500", "p95", "rps", "traffic", "mean_latency"]


def record_baseline(asked: ItemSession) -> None:
    """Record the baseline as soon as there is enough to record."""

    def recorded() -> bool:
        if asked.session.baseline is None and asked.session.signals["traffic"].points:
            asked.watcher.do(commands.RecordBaseline("ana"))
        return asked.session.baseline is not None

    asked.until(lambda _: recorded(), "the baseline is recorded", WITHIN_S)
