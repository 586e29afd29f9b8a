"""Sessions with many signals, in the automatic layout."""

import msgspec

from mmcockpit.core.model.cockpit import Abort, SourceSpec
from mmcockpit.core.model.cockpit import Cockpit as CockpitFile
from mmcockpit.core.model.signal import Rule, Signal
from mmcockpit.core.rules.automatic_layout import automatic_layout
from tests.core.sessions import manual, plan
from tests.ui.go_lives import GoLive

OK, BROKEN = 0.002, 0.081


def share(name: str, title: str = "", source: str = "prometheus") -> Signal:
    """Return a signal of a share: below 1% passes, below 5% warns."""
    rule = Rule("value < 0.01", "value < 0.05", numeric=True)
    return Signal(name, title or name, source, "query", rule=rule, unit="ratio", every=10.0)


def file(*signals: Signal, aborts: tuple[str, ...] = (), **changed: object) -> CockpitFile:
    """Return a cockpit file of these signals in the automatic layout."""
    made = plan(manual("deploy"), manual("check", "deployment"), signals=signals)
    rules = tuple(Abort(name, 60.0, "deployment") for name in aborts)
    sources = tuple(SourceSpec(name, "prometheus") for name in dict.fromkeys(signal.source for signal in signals))
    layout = automatic_layout(made.checklist, made.signals, rules, {})
    return msgspec.structs.replace(made, aborts=rules, sources=sources, layout=layout, **changed)


def shares(count: int) -> GoLive:
    """Return a session with as many signals, all of which pass."""
    names = [f"s{n}" for n in range(count)]
    return GoLive(file(*(share(name) for name in names))).see(**dict.fromkeys(names, OK))


def recorded(night: GoLive, seconds: int, **values: float) -> GoLive:
    """Let time pass in steps of ten seconds in which signals have these values."""
    for _ in range(seconds // 10):
        night.wait(10).see(**values)
    return night
